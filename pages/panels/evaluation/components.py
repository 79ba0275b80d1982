"""The clickable confusion matrix in the browser."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared.components import chosen_cell, component

_CONFUSION = component(
    "evaluation/confusion", '<div class="frame"><table></table></div>', uses=("lib/dom", "lib/numbers")
)


def confusion_table(
    counts: Sequence[Sequence[int]],
    classes: Sequence[str],
    *,
    percent: bool,
    labels: dict[str, str],
    selected: tuple[int, int] | None,
    key: str,
    on_click: Callable[[int, int], None],
) -> None:
    """Draw the clickable matrix; `on_click` gets the true and the predicted class of a cell.

    labels: corner, label, sentence.
    """

    def clicked() -> None:
        cell = chosen_cell(st.session_state[key].cell, len(classes))
        if cell is not None:
            on_click(*cell)

    data = {"counts": counts, "classes": classes, "percent": percent, "selected": selected, **labels}
    _CONFUSION(key=key, data=data, on_cell_change=clicked)
