"""Canvases of the optimizer arena: the race, a still map with arrows, and the table of winners."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.app.components import chosen_cell, component
from pages.app.language import PageWords

words = PageWords("optimizers")

_RACE = component("optimizers/arena", uses=("lib/canvas", "lib/dom", "lib/numbers", "optimizers/contours"))
_MAP = component(
    "optimizers/map",
    '<div class="still"><canvas class="map" role="img"></canvas>'
    '<p class="under"></p><ul class="key"></ul></div>',
    style="optimizers/arena",
    uses=("lib/canvas", "lib/dom", "lib/numbers", "optimizers/contours"),
)
_RANKING = component("optimizers/ranking", uses=("lib/dom", "lib/numbers"))


def race_canvas(
    data: Mapping[str, Any],
    *,
    key: str,
    on_start: Callable[[float, float], None],
    on_moment: Callable[[int], None],
) -> None:
    """Show the race on its contours.

    `on_start` gets a point of the map, `on_moment` the step at which the learner let go of the scrubber.
    """

    def started() -> None:
        point = chosen_point(st.session_state[key].start)
        if point is not None:
            on_start(*point)

    def let_go() -> None:
        step = st.session_state[key].moment
        if type(step) is int and 0 <= step <= data["steps"]:
            on_moment(step)

    _RACE(key=key, data=dict(data), on_start_change=started, on_moment_change=let_go)


def still_map(data: Mapping[str, Any], *, key: str) -> None:
    """Show contours with lines and arrows; `data`: field, flat, lines, arrows, words (map, here), id."""
    _MAP(key=key, data={"flat": [], "lines": [], "arrows": [], **data})


def ranking_table(data: Mapping[str, Any], *, key: str, on_cell: Callable[[int, int], None]) -> None:
    """Show the table of winners; `on_cell` gets the indices of a learning rate and a start."""

    def clicked() -> None:
        cell = chosen_cell(st.session_state[key].cell, max(len(data["rates"]), len(data["starts"])))
        if cell is not None and cell[0] < len(data["rates"]) and cell[1] < len(data["starts"]):
            on_cell(*cell)

    _RANKING(key=key, data=dict(data), on_cell_change=clicked)


def chosen_point(value: object, furthest: float = 1e3) -> tuple[float, float] | None:
    """Point sent by the browser; None unless `value` is a point within the arena's bounds."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    numbers = [
        float(part)
        for part in value
        if type(part) in (int, float) and math.isfinite(part) and abs(part) <= furthest
    ]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
