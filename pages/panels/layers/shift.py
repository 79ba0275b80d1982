"""Pooling tab of the layer lab, second part: effect of a shifted image on maps and a network's answers."""

import math
from pathlib import Path

import streamlit as st
from torch import Tensor

from core.dataset import ImageSet
from core.errors import InputError
from core.figures.layers import accuracy_chart, changes_chart
from core.files import locations
from core.layers.kernels import Kernel
from core.layers.shifts import FARTHEST, Changes, changes, shifted, stages
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.panels.layers import kernel_choice
from pages.shared import loaders
from pages.shared.images.number_map import NumberMap, Reads, number_maps
from pages.shared.number import number

words = PageWords("layers")

JUDGED = 400  # validation images; nine shifts of them take LeNet a quarter of a second
STAGES = ("image", "convolution", "pooled", "pooled_twice")


@st.fragment
def shift(kernel: Kernel, image: Tensor) -> None:
    """Show the same picture some pixels further right, and how much every map changed."""
    st.header(words("shift"), anchor=False)
    st.markdown(words("shift.idea"))
    pixels = number(st.slider, words("shift.pixels"), 0, FARTHEST, 1, key="layers.shift")
    moved = [kernel_choice.fed(kernel.name, shifted(image, step)) for step in range(FARTHEST + 1)]
    here, there = (stages(x, kernel.weight, kernel.bias) for x in (kernel.x, moved[pixels]))
    _pairs(here, there, image, shifted(image, pixels))
    course = [changes(kernel.x, x, kernel.weight, kernel.bias) for x in moved]
    st.markdown(_changes_sentence(course[pixels], pixels))
    labels = {key: words(f"stage.{key}") for key in STAGES} | {
        "pixels": words("shift.axis"),
        "change": words("change.axis"),
    }
    left, right = st.columns(2)
    with left:
        alt = words(
            "shift.alt", first=_percent(course[1].pooled_twice), last=_percent(course[-1].pooled_twice)
        )
        st.echarts_chart(changes_chart(course, labels), height=300, alt=alt, key="layers.changes")
    with right:
        _accuracy()


def _pairs(here: tuple[Tensor, ...], there: tuple[Tensor, ...], image: Tensor, moved: Tensor) -> None:
    names = [words(f"channel.{name}") for name in ("red", "green", "blue")]
    groups = []
    for index, stage in enumerate(STAGES):
        limit = float(here[index].abs().max())
        pair = []
        for version, maps, picture in (("here", here, image), ("there", there, moved)):
            title = words(f"stage.{version}", stage=words(f"stage.{stage}"))
            if index == 0:
                pair.append(NumberMap(maps[0][0], title, title, picture=picture[0], names=names, size=150))
            else:
                pair.append(NumberMap(maps[index][0, 0], title, title, limit=limit, size=150))
        groups.append(pair)
    number_maps(
        groups,
        reads=[Reads(i, i + 1 - 2 * (i % 2)) for i in range(2 * len(STAGES))],
        key="layers.shifted",
        hint=False,
    )


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f}%"


def _changes_sentence(changed: Changes, pixels: int) -> str:
    percentages = {stage: _percent(getattr(changed, stage)) for stage in STAGES}
    return words("shift.told", pixels=pixels, **percentages)


def _accuracy() -> None:
    """Show the shipped network's accuracy on shifted validation images, on request."""
    root = locations.locate("sketches")
    if root is None:
        st.caption(words("shift.no_data"))
        return
    if st.session_state.get("layers.measured") is None:
        st.markdown(words("shift.measure.why"))
        st.button(
            words("shift.measure"), key="layers.measure", on_click=_measure, icon=":material/play_arrow:"
        )
        return
    try:
        shares, count = _measured(str(root))
    except InputError as error:
        show_error(error)
        return
    labels = {"pixels": words("shift.axis"), "accuracy": words("accuracy.axis")}
    percentages = {f"at{step}": f"{100 * shares[step]:.1f}" for step in (0, 1, 2, 4, 8)}
    st.echarts_chart(
        accuracy_chart(shares, labels),
        height=300,
        alt=words("accuracy.told", n=count, **percentages),
        key="layers.accuracy",
    )
    st.caption(words("accuracy.told", n=count, **percentages))


def _measure() -> None:
    st.session_state["layers.measured"] = True


@st.cache_data(show_spinner=False, max_entries=4)
def _measured(root: str) -> tuple[list[float], int]:
    """Accuracy at each shift, and the number of images."""
    from core.evaluation.robustness import accuracy  # imports torchvision

    images, model = loaders.image_set(Path(root), "validation"), loaders.shipped("sketches")
    every = max(1, len(images) // JUDGED)
    sample = ImageSet(images.images[::every][:JUDGED], images.labels[::every][:JUDGED], images.name)
    network = model.lenet()
    return [
        accuracy(network, sample, "shift", pixels, model.mean, model.std) for pixels in range(FARTHEST + 1)
    ], len(sample)
