"""The small browser components of assets/components as functions."""

import base64
from collections.abc import Callable, Sequence

import streamlit as st
from torch import Tensor

from core.tiles import sheet
from pages.shared.page_table import ROOT

COLUMNS = 12  # tiles a row of the picture that is sent, however many the screen shows


def source(name: str) -> str:
    return (ROOT / "assets" / "components" / name).read_text(encoding="utf-8")


_GRID = st.components.v2.component("image_grid", html='<div class="grid"></div>', css=source("image_grid.css"), js=source("image_grid.js"))
_CONFUSION = st.components.v2.component(
    "confusion", html='<div class="frame"><table></table></div>', css=source("confusion.css"), js=source("confusion.js")
)


def image_grid(images: Tensor, captions: Sequence[str], *, key: str, size: int = 96) -> None:
    """uint8 images [N, 3, H, W] with a caption under each, which is their alternative text too; `size` in pixels."""
    columns = min(COLUMNS, len(captions))
    picture = base64.b64encode(sheet(images, columns)).decode()
    _GRID(key=key, data={"sheet": f"data:image/png;base64,{picture}", "columns": columns, "captions": list(captions), "size": size})


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
    """The clickable matrix; `on_click` gets the true and the predicted class of a cell. `labels`: corner, label, sentence."""

    def clicked() -> None:
        cell = chosen_cell(st.session_state[key].cell, len(classes))
        if cell is not None:
            on_click(*cell)

    data = {"counts": counts, "classes": classes, "percent": percent, "selected": selected, **labels}
    _CONFUSION(key=key, data=data, on_cell_change=clicked)


def chosen_cell(value: object, classes: int) -> tuple[int, int] | None:
    """What the browser sent, if it is a cell of the matrix."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    true, predicted = value
    inside = all(type(index) is int and 0 <= index < classes for index in value)
    return (true, predicted) if inside else None
