"""The confusion matrix as a table in the browser, its cells clickable where that is of use."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.app.class_names import class_names
from pages.app.components import chosen_cell, component
from pages.app.language import shared as words

_CONFUSION = component(
    "shared/confusion", '<div class="frame"><table></table></div>', uses=("lib/dom", "lib/numbers")
)
LABELS = ("corner", "label", "sentence")


def confusion_table(
    counts: Sequence[Sequence[int]],
    *,
    key: str,
    percent: bool = False,
    selected: tuple[int, int] | None = None,
    on_click: Callable[[int, int], None] | None = None,
) -> None:
    """Draw counts [true, predicted]; `on_click` gets the true and the predicted class of a cell."""
    names = class_names()

    def clicked() -> None:
        cell = chosen_cell(st.session_state[key].cell, len(names))
        if cell is not None and on_click is not None:
            on_click(*cell)

    labels = {name: words(f"confusion.{name}") for name in LABELS}
    data = {"counts": counts, "classes": names, "percent": percent, "selected": selected, **labels}
    _CONFUSION(key=key, data=data | {"clickable": on_click is not None}, on_cell_change=clicked)
