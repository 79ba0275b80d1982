"""What has become of a run's network, as two small pictures: its first kernels, and the last confusion."""

import numpy as np
import streamlit as st

from core.figures.tiles import confusion_image
from core.jobs import Run
from core.jobs.history import Confusion, History, Kernels
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.shared.images.image_grid import image_grid
from pages.shared.runs import keeps_weights

words = PageWords("training")

KERNEL = 48  # pixels; three beside each other in the column, six on a telephone
MATRIX = 100  # pixels


def pictured(run: Run, course: History) -> bool:
    """Whether there are pictures, or will be; not of a run from before there were any."""
    return bool(run.active or course.kernels or course.confusion)


def pictures(run: Run, course: History) -> None:
    """Show one below the other, beside the curves."""
    with st.container(key="training.pictures"):  # the style sheet keeps their place free until they come
        if keeps_weights(run) and course.kernels:
            _kernels(course.kernels)
        if course.confusion:
            _confusion(course.confusion)
        elif run.active or run.resumable:
            st.caption(words("confusion.later"))


def _kernels(kernels: Kernels) -> None:
    count, step = kernels.count, f"{kernels.step:,}"
    image_grid(
        np.frombuffer(kernels.images, np.uint8).reshape(count, *kernels.shape),
        [""] * count,
        names=[words("kernels.alt", n=index, step=step) for index in range(count)],
        key="training.kernels",
        size=KERNEL,
    )
    st.caption(words("kernels", step=step), help=words("kernels.help"))


def _confusion(confusion: Confusion) -> None:
    image_grid(
        confusion_image(confusion.counts),
        [""],
        names=[words("confusion.alt", epoch=confusion.epoch)],
        key="training.confusion",
        size=MATRIX,
    )
    st.caption(_sentence(confusion), help=words("confusion.help"))


def _sentence(confusion: Confusion) -> str:
    names, (first, second, n) = class_names(), confusion.mixed_up
    return words(
        "confusion" if n else "confusion.none",
        epoch=confusion.epoch,
        right=f"{confusion.right:,}",
        total=f"{confusion.total:,}",
        first=names[first],
        second=names[second],
    )
