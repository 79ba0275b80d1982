"""The small browser components of assets/components as functions."""

import base64
from collections.abc import Callable, Sequence

import streamlit as st
from torch import Tensor

from core.figures.palette import SEQUENTIAL
from core.layout import row_of
from core.tiles import sheet
from pages.shared.page_table import ROOT

COLUMNS = 12  # tiles a row of the picture that is sent, however many the screen shows


def source(name: str) -> str:
    return (ROOT / "assets" / "components" / name).read_text(encoding="utf-8")


_GRID = st.components.v2.component("image_grid", html='<div class="grid"></div>', css=source("image_grid.css"), js=source("image_grid.js"))
_CONFUSION = st.components.v2.component(
    "confusion", html='<div class="frame"><table></table></div>', css=source("confusion.css"), js=source("confusion.js")
)


_PIXELS = st.components.v2.component(
    "pixel_map",
    html='<div class="frame"><output aria-live="polite"></output><canvas tabindex="0" role="img"></canvas>'
    '<div class="scale" aria-hidden="true">0<div class="bar"></div>255</div></div>',
    css=source("pixel_map.css"),
    js=source("pixel_map.js"),
)
_UNFOLDING = st.components.v2.component(
    "unfolding",
    html='<div class="frame"><canvas></canvas><p class="told" aria-live="polite"></p><div class="controls">'
    '<button type="button" class="play"></button><button type="button" class="back"></button>'
    '<button type="button" class="step"></button><input type="range" min="0" max="400" value="0"></div></div>',
    css=source("unfolding.css"),
    js=source("unfolding.js"),
)


def image_grid(
    images: Tensor,
    captions: Sequence[str],
    *,
    key: str,
    size: int = 96,
    names: Sequence[str] | None = None,
    opened: int | None = None,
    on_click: Callable[[int], None] | None = None,
) -> None:
    """uint8 images [N, 3, H, W] with a caption under each, which is their alternative text too unless `names` says more; `size` in pixels.

    With `on_click` the tiles are buttons: it gets the number of the tile, `opened` is the one that is pressed.
    """
    columns = min(COLUMNS, len(captions))
    picture = f"data:image/png;base64,{base64.b64encode(sheet(images, columns)).decode()}"
    data = {"sheet": picture, "columns": columns, "captions": list(captions), "size": size}
    if on_click is None:
        _GRID(key=key, data=data)
        return

    def clicked() -> None:
        tile = chosen_tile(st.session_state[key].tile, len(captions))
        if tile is not None:
            on_click(tile)

    data |= {"clickable": True, "names": names and list(names), "opened": opened}
    _GRID(key=key, data=data, on_tile_change=clicked)


def chosen_tile(value: object, tiles: int) -> int | None:
    """What the browser sent, if it is the number of a tile; a browser may send 3.0 for 3."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < tiles else None


def pixel_map(image: Tensor, channel: int, *, labels: dict[str, str], key: str) -> None:
    """One channel of an image uint8 [3, 32, 32] as a heat map that reads out the pixel under the pointer.

    labels: label, hint, and sentence with {row}, {column}, {red}, {green}, {blue}.
    """
    _PIXELS(key=key, data={"pixels": _encoded(image), "channel": channel, "stops": SEQUENTIAL, **labels})


def unfolding(image: Tensor, *, labels: dict[str, str | list[str]], key: str) -> None:
    """The 3,072 numbers of an image uint8 [3, 32, 32] on their way from a row of the file into planes, and into the image.

    labels: label, play, pause, step, back, scrub; lists: runs (3), planes (3 and the image), stages (5 sentences).
    """
    _UNFOLDING(key=key, data={"pixels": _encoded(image), **labels})


def _encoded(image: Tensor) -> str:
    return base64.b64encode(row_of(image).numpy().tobytes()).decode()


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
