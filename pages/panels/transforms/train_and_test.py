"""The training pipeline beside the test pipeline, and the cost of forgetting Normalize in one of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.dataset import ImageSet
from core.errors import InputError
from core.evaluation import evaluate
from core.files import locations
from core.files.locations import DataSet
from core.normalisations import AS_IT_IS
from core.transforms import pipeline
from core.transforms.pipeline import Steps, undoing, without_augmentation, written
from core.transforms.trace import pixels
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.panels.transforms import pipeline_editor as editor
from pages.panels.transforms.pipeline import drawn, show_refusal
from pages.shared import loaders
from pages.shared.images.image_grid import image_grid

words = PageWords("transforms")

IMAGES, DRAWN = 3, 3
TILE = 96  # pixels; three in a row


def train_and_test(images: ImageSet, data_set: DataSet) -> None:
    """Show the learner's pipeline, and the same without augmentation, on the same images."""
    steps = editor.current()
    st.markdown(words("splits"))
    left, right = st.columns(2, gap="large")
    with left:
        _side("train", steps, images, data_set)
    with right:
        _side("test", without_augmentation(steps), images, data_set)
    st.markdown(words("splits.why"))
    _forgotten()


def _side(side: str, steps: Steps, images: ImageSet, data_set: DataSet) -> None:
    st.header(words(f"splits.{side}"), anchor=False)
    values: list[Any] = []
    for index in range(IMAGES):
        result = drawn(written(steps), data_set, index, 0, DRAWN, images)
        values += result.values
    st.code(
        pipeline.code(steps).partition("\n\n")[2] or pipeline.code(steps), language="python", wrap_lines=True
    )
    if result.refusal is not None:
        show_refusal(result.refusal, steps)
    with st.container(width=IMAGES * (TILE + 14)):
        captions = [
            words("splits.draw", image=image + 1, n=n + 1) for image in range(IMAGES) for n in range(DRAWN)
        ]
        image_grid(
            pixels(values, undoing(steps[: result.finished])), captions, key=f"transforms.{side}", size=TILE
        )
    st.caption(words("splits.same" if _same(values) else "splits.differ"))


def _same(values: Sequence[Any]) -> bool:
    """Whether all draws of each image are alike."""
    tiles = pixels(values, AS_IT_IS).unflatten(0, (IMAGES, DRAWN))
    return bool((tiles == tiles[:, :1]).all())


def _forgotten() -> None:
    """Show the shipped network's accuracy as it was trained, and fed without Normalize."""
    root = locations.locate("sketches")
    if root is None:
        st.caption(words("forgotten.no_sketches"))
        return
    try:
        right, wrong, count = forgotten(str(root))
    except InputError as error:
        show_error(error)
        return
    st.header(words("forgotten"), anchor=False)
    st.markdown(words("forgotten.about", n=f"{count:,}"))
    with st.container(horizontal=True, gap="large"):
        st.metric(words("forgotten.right"), f"{100 * right:.1f}%", width="content")
        points = words("forgotten.points", n=f"{100 * (wrong - right):+.1f}")
        st.metric(words("forgotten.wrong"), f"{100 * wrong:.1f}%", points, width="content")


@st.cache_data(show_spinner=False, max_entries=2)
def forgotten(root: str) -> tuple[float, float, int]:
    """Validation accuracy with training's Normalize and with ToTensor alone, and the image count; 0.1 s."""
    weights, images = loaders.shipped("sketches"), loaders.image_set(Path(root), "validation")
    ways = ((weights.mean, weights.std), AS_IT_IS)
    right, wrong = (
        evaluate(weights.network(), images.images, images.labels, mean=mean, std=std).accuracy
        for mean, std in ways
    )
    return right, wrong, len(images)
