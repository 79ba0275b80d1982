"""Ten logits shared by the classification panels: in the link, as sliders, from buttons or a real image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from core.dataset import CLASSES
from core.errors import InputError
from core.files import locations
from core.losses.cross_entropy import descend
from core.normalise import normalise
from core.written.numbers import signed
from pages.app.choice import choice, put
from pages.app.class_names import class_names
from pages.app.components import component
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.panels.losses.number_list import NumberList
from pages.shared import data_set, loaders
from pages.shared.images.image_grid import image_grid

words = PageWords("losses")

LINE = NumberList(
    "losses.logits",
    (-1.2, -0.8, 0.6, 2.1, 0.3, 2.6, 0.4, -0.2, -1.5, -1.0),
    -100.0,
    100.0,
    len(CLASSES),
    len(CLASSES),
)
TARGET = "losses.target"
LOW, HIGH, STEP = -10.0, 10.0, 0.1  # of a slider; typed numbers may go further
OFFERED = 12  # images of a class


@dataclass(frozen=True)
class Column:
    """A value for each class: `signed` bars start in the middle; `marks` are lines across the bars."""

    title: str
    values: Sequence[float]
    signed: bool = False
    marks: Sequence[float] | None = None

    def to_json(self) -> dict[str, object]:
        """The column as the browser component reads it."""
        scale = max(1.0, *map(abs, self.values))
        texts = [signed(value, 3) if self.signed else share(value) for value in self.values]
        marks = list(self.marks) if self.marks is not None else None
        return {
            "title": self.title,
            "values": list(self.values),
            "signed": self.signed,
            "marks": marks,
            "scale": scale,
            "texts": texts,
        }


class Controls(NamedTuple):
    """What a panel starts with: the logits, the true class, and its places."""

    values: tuple[float, ...]
    target: int
    top: DeltaGenerator  # the row of buttons
    bars: DeltaGenerator  # above the line of logits
    right: DeltaGenerator


def controls() -> Controls:
    """Draw the true class, the presets and the line of logits; leave room for the bars and beside them."""
    top = st.container(horizontal=True, vertical_alignment="bottom", key="losses.presets")
    left, right = st.columns([3, 2], gap="large")
    with top:
        chosen = target()
        presets(chosen)
    box = left.container()
    with left:
        values = LINE.control(words("logits"), help=words("logits.help"))
    return Controls(values, chosen, top, box, right)


def share(p: float) -> str:
    """Format a probability with three digits, or its power of ten where these would be zeros."""
    return f"{p:.3f}" if p >= 0.001 or p == 0 else f"{p:.0e}"


def target() -> int:
    """Show the control for the right class; return its index."""
    names = dict(zip(CLASSES, class_names(), strict=True))
    name = choice(
        st.selectbox, words("target"), CLASSES, "cat", key=TARGET, format_func=names.__getitem__, width=170
    )
    return CLASSES.index(name)


def presets(right: int) -> None:
    """Show a button for each situation worth seeing."""
    wrong = (right + 2) % len(CLASSES)
    for name, logits in {
        "start": [0.0] * len(CLASSES),
        "right": _with(right, 8.0),
        "wrong": _with(wrong, 8.0),
        "far": _with(wrong, 60.0, right, -60.0),
    }.items():
        help = words(f"preset.{name}.help")
        st.button(
            words(f"preset.{name}"), help=help, on_click=LINE.put, args=(logits,), key=f"losses.preset.{name}"
        )


def downhill(logits: Sequence[float], right: int, temperature: float, smoothing: float) -> None:
    """Show a button that takes one step of gradient descent on the logits themselves."""
    st.button(
        words("downhill"),
        help=words("downhill.help"),
        icon=":material/south_east:",
        on_click=lambda: LINE.put(descend(logits, right, temperature, smoothing)),
        key="losses.downhill",
    )


def bars(logits: Sequence[float], right: int, columns: Sequence[Column], *, key: str) -> None:
    """Show a row for each class.

    A click on a name makes that class the right one, a drag or the arrow keys move its logit.
    """

    def moved() -> None:
        values = LINE.sent(st.session_state[key].logits)
        if values is not None:
            LINE.put(values)

    def named() -> None:
        index = st.session_state[key].target
        if type(index) is int and 0 <= index < len(CLASSES):
            put(TARGET, CLASSES[index])

    data = {
        "names": class_names(),
        "target": right,
        "logits": list(logits),
        "low": LOW,
        "high": HIGH,
        "step": STEP,
        "columns": [column.to_json() for column in columns],
        "labels": {name: words(f"bars.{name}") for name in ("class", "logit", "table", "choose", "slider")},
    }
    _BARS(key=key, data=data, on_logits_change=moved, on_target_change=named)


def from_image() -> None:
    """Show images of one class with the shipped network's answers; a button takes an image's ten logits."""
    root = locations.locate("sketches")
    if root is None:
        data_set.about("sketches", None)
        return
    names = dict(zip(CLASSES, class_names(), strict=True))
    first, second, third = st.columns([2, 1, 2], vertical_alignment="bottom")
    with first:
        name = choice(
            st.selectbox,
            words("image.class"),
            CLASSES,
            "cat",
            key="losses.image.class",
            format_func=names.__getitem__,
        )
    try:
        images, logits = _of_class(str(root), CLASSES.index(name))
    except InputError as error:  # damaged files
        show_error(error)
        return
    with second:
        numbers = [str(number) for number in range(1, len(images) + 1)]
        number = choice(
            st.selectbox, words("image.number"), numbers, "1", key="losses.image", format_func=str
        )
    third.button(
        words("image.take"),
        on_click=_take,
        args=(logits[int(number) - 1], name),
        key="losses.image.take",
        type="primary",
    )
    predicted = logits.argmax(dim=1).tolist()
    captions = [words("image.said", n=n + 1, said=names[CLASSES[index]]) for n, index in enumerate(predicted)]
    image_grid(images, captions, key="losses.images", size=64)
    st.caption(words("image.about"))


def _take(logits: torch.Tensor, name: str) -> None:
    LINE.put(logits.tolist())
    put(TARGET, name)


@st.cache_resource(show_spinner=False, max_entries=len(CLASSES))
def _of_class(root: str, label: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first validation images of a class, uint8 [N, 3, 32, 32], and their logits [N, 10]."""
    data, weights = loaders.load_splits(root).validation, loaders.shipped("sketches")
    images = data.images[data.labels == label][:OFFERED]
    with torch.no_grad():
        return images, weights.network()(normalise(images, weights.mean, weights.std))


def _with(index: int, value: float, other: int = 0, other_value: float = 0.0) -> list[float]:
    logits = [0.0] * len(CLASSES)
    logits[other] = other_value
    logits[index] = value
    return logits


_BARS = component("losses/logit_bars", '<div class="frame"></div>', uses=("lib/dom", "lib/numbers"))
