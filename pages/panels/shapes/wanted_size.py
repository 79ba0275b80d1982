"""Settings that reach a wanted output size with the chosen kernel; one click takes them over."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.shapes.formula import SizeFormula
from core.shapes.search import DILATIONS, reach, reaching
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.shared.number import number

words = PageWords("shapes")

SHOWN = 6
AXES = ("height", "width")


def backwards(kind: str, sizes: tuple[int, int], params: Mapping[str, Any], rectangular: bool) -> None:
    """Show which settings reach the wanted size along one axis."""
    axis = 0
    if rectangular:
        name = choice(
            st.segmented_control,
            words("wanted.axis"),
            AXES,
            AXES[0],
            key="shapes.wanted.axis",
            format_func=words.__call__,
            required=True,
        )
        axis = AXES.index(name)
    size, kernel_size = sizes[axis], params["kernel_size"][axis]
    wanted = _wanted(size)
    limits: dict[str, Any] = {"pool": kind != "Conv2d", "ceil_mode": params.get("ceil_mode", False)}
    limits["dilations"] = (1,) if kind == "AvgPool2d" else DILATIONS
    found = reaching(size, wanted, kernel_size, **limits)
    if found:
        st.markdown(
            words("wanted.found", size=size, wanted=wanted, kernel_size=kernel_size, count=len(found))
        )
        _offer(found[:SHOWN], axis, rectangular, kind)
    else:
        within = reach(size, kernel_size, **limits)
        key = "wanted.none" if within else "wanted.never"
        least, most = (within[0], within[-1]) if within else (0, 0)
        st.warning(words(key, size=size, wanted=wanted, kernel_size=kernel_size, least=least, most=most))
    if wanted == size and kernel_size % 2 == 0 and kind == "Conv2d":
        st.caption(words("wanted.even", kernel_size=kernel_size))


def _wanted(size: int) -> int:
    """Show the choice of the wanted size: the same, half, or the learner's own number."""
    goal = choice(
        st.segmented_control,
        words("wanted"),
        ["same", "half", "own"],
        "same",
        key="shapes.wanted",
        format_func=lambda name: words(f"wanted.{name}"),
        required=True,
    )
    if goal == "own":
        own: int = number(
            st.number_input, words("wanted.size"), 1, 512, 16, key="shapes.wanted.size", name="wanted"
        )
        return own
    return size if goal == "same" else max(1, size // 2)


def _offer(found: list[SizeFormula], axis: int, rectangular: bool, kind: str) -> None:
    with st.container(horizontal=True):
        for index, row in enumerate(found):
            settings = {"stride": row.stride, "padding": row.before, "dilation": row.dilation}
            label = words("wanted.setting" if row.dilation == 1 else "wanted.setting.dilated", **settings)
            if row.unread:
                label += words("wanted.loses", count=len(row.unread))
            st.button(
                label, key=f"shapes.wanted.{index}", on_click=_take, args=(settings, axis, rectangular, kind)
            )


def _take(settings: Mapping[str, int], axis: int, rectangular: bool, kind: str) -> None:
    """Put the settings into the controls above."""
    for name, value in settings.items():
        if name != "dilation" or kind != "AvgPool2d":
            st.session_state[f"shapes.{name}.width" if rectangular and axis else f"shapes.{name}"] = value
