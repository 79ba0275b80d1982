"""What has become of a run's network, as two small pictures: the kernels of conv1, and the last confusion."""

import numpy as np
import streamlit as st

from core.figures.tiles import confusion_image
from core.jobs import Run
from core.jobs.history import KERNELS, Confusion, History, Kernels
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.shared.image_grid import image_grid
from pages.shared.runs import is_lenet

words = PageWords("training")
inside = PageWords("inside")  # which draws the same kernels

KERNEL = 52  # pixels; six fit beside each other on a telephone
MATRIX = 120  # pixels, as many as the image has


def pictures(run: Run, course: History) -> None:
    """Show both beside each other; nothing of a run from before there were any."""
    if not (run.active or course.kernels or course.confusion):
        return
    with st.container(key="training.pictures"):  # the style sheet keeps their place free until they come
        places = iter(st.columns(2))
    if is_lenet(run):
        with next(places):
            if course.kernels:
                _kernels(course.kernels)
    with next(places):
        if course.confusion:
            _confusion(course.confusion)
        elif run.active or run.resumable:
            st.caption(words("confusion.later"))


def _kernels(kernels: Kernels) -> None:
    count, step = KERNELS[0], f"{kernels.step:,}"
    image_grid(
        np.frombuffer(kernels.images, np.uint8).reshape(KERNELS),
        [inside("filters.caption", n=index) for index in range(count)],
        names=[words("kernels.alt", n=index, step=step) for index in range(count)],
        key="training.kernels",
        size=KERNEL,
    )
    st.caption(words("kernels", step=step))


def _confusion(confusion: Confusion) -> None:
    with st.container(horizontal=True, wrap=False):
        with st.container(width=MATRIX):
            image_grid(
                confusion_image(confusion.counts),
                [""],
                names=[words("confusion.alt", epoch=confusion.epoch)],
                key="training.confusion",
                size=MATRIX,
            )
        st.caption(_sentence(confusion))


def _sentence(confusion: Confusion) -> str:
    names, (first, second, n) = class_names(), confusion.mixed_up
    return words(
        "confusion" if n else "confusion.none",
        epoch=confusion.epoch,
        right=f"{confusion.right:,}",
        total=f"{confusion.total:,}",
        first=names[first],
        second=names[second],
        n=n,
    )
