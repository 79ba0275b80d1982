"""Maps of numbers as enlarged pixels: read by pointer or arrow keys, linked to each other, cells clickable.

number_maps(
    [
        [NumberMap(image, "input", "the image", picture=pixels)],
        [NumberMap(out, "output", "the feature map", clickable=True)],
    ],
    reads=[Reads(source=1, target=0, kernel=5)],  # a cell of map 1 is made from 5 x 5 cells of map 0
    selected=(1, 0, 3, 4),
    on_click=lambda cell: ...,
    key="page.maps",
)
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from torch import Tensor

from core.figures.palette import NEGATIVE, POSITIVE, ZERO
from pages.app.components import component
from pages.app.language import shared as words
from pages.app.punctuation import patterns

Cell = tuple[int, int, int, int]  # map, tile, row, column, all from 0; maps are counted through all groups

_MAPS = component(
    "shared/number_map",
    '<div class="frame"><div class="maps"></div><div class="status" role="status"></div></div>',
    uses=("lib/canvas", "lib/dom", "lib/numbers"),
)


@dataclass(frozen=True, eq=False)
class NumberMap:
    """One map: values float [H, W], or [N, H, W] for N tiles in rows of `columns`.

    With a `picture`, uint8 [3, H, W], that is painted, and values [C, H, W] are the numbers read out for each
    cell, under `names`. `limit` is the largest absolute value of the scale; without it the map's own. `size`
    is the width in pixels where there is room. `padding` cells are hatched around the map; `padding_text` is
    read out for them. `marks` are dots on (tile, row, column). `legend` is the strip of the scale below. With
    `bars`, names of the rows of one column [H, 1], each row is a bar from zero.
    """

    values: Tensor
    title: str
    alt: str
    scale: Literal["diverging", "grey"] = "diverging"
    limit: float | None = None
    picture: Tensor | None = None
    names: Sequence[str] = ()
    size: int = 320
    columns: int = 4
    padding: int = 0
    padding_text: str = "0"
    clickable: bool = False
    marks: Sequence[tuple[int, int, int]] = ()
    legend: bool = True
    bars: Sequence[str] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Tiles, height and width."""
        height, width = self.values.shape[-2:]
        return (1 if self.picture is not None or self.values.ndim == 2 else len(self.values)), height, width

    def data(self) -> dict[str, Any]:
        """The map as it is sent to the browser."""
        tiles, height, width = self.shape
        finite = self.values[self.values.isfinite()]
        largest = self.limit if self.limit is not None else float(finite.abs().max()) if len(finite) else 0.0
        grey = self.scale == "grey" and len(finite) > 0
        return {
            "title": self.title,
            "alt": self.alt,
            "tiles": tiles,
            "height": height,
            "width": width,
            "values": _base64(self.values.detach().float()),
            "picture": None if self.picture is None else _base64(self.picture),
            "names": list(self.names),
            "scale": self.scale,
            "low": float(finite.min()) if grey else -largest,
            "high": float(finite.max()) if grey else largest,
            "size": self.size,
            "columns": self.columns,
            "padding": self.padding,
            "padding_text": self.padding_text,
            "clickable": self.clickable,
            "marks": list(self.marks),
            "legend": self.legend and self.picture is None and not self.bars,
            "bars": list(self.bars),
        }


@dataclass(frozen=True)
class Reads:
    """The cells of map `target` from which those of map `source` are made.

    Row r is made from the rows r x stride + i x dilation - padding, i < kernel; columns alike, or with the
    second number of a pair. Each `made` tiles read `read` of the target's where it has several, by `share`
    (read, made); with `whole` the whole of a tile.
    """

    source: int
    target: int
    kernel: int | tuple[int, int] = 1
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] = 0
    dilation: int | tuple[int, int] = 1
    share: tuple[int, int] = (1, 1)
    whole: bool = False


def number_maps(
    groups: Sequence[Sequence[NumberMap]],
    *,
    key: str,
    reads: Sequence[Reads] = (),
    selected: Cell | None = None,
    on_click: Callable[[Cell], None] | None = None,
    hint: bool = True,
    stacked: bool = False,
) -> None:
    """Draw groups of maps side by side; the maps of a group are stacked where there is room, or always.

    The line below them describes the cell under the pointer; until then, with `hint`, how to use the maps.
    """
    maps = [number_map for group in groups for number_map in group]

    def clicked() -> None:
        cell = chosen_place(st.session_state[key].cell, maps)
        if cell is not None and on_click is not None:
            on_click(cell)

    data = {
        "groups": [[number_map.data() for number_map in group] for group in groups],
        "reads": [vars(read) for read in reads],
        "selected": selected,
        "stacked": stacked,
        "colours": {"negative": NEGATIVE, "zero": ZERO, "positive": POSITIVE},
        "words": {name: words(f"map.{name}") for name in ("cell", "tile")} | patterns(),
        "hint": words("map.hint.click" if any(number_map.clickable for number_map in maps) else "map.hint")
        if hint
        else "",
    }
    _MAPS(key=key, data=data, on_cell_change=clicked)


def chosen_place(value: object, maps: Sequence[NumberMap]) -> Cell | None:
    """Return the browser's value if it is a cell of a clickable map, else None."""
    if not isinstance(value, list | tuple) or len(value) != 4 or not all(type(part) is int for part in value):
        return None
    index, tile, row, column = value
    if not 0 <= index < len(maps) or not maps[index].clickable:
        return None
    tiles, height, width = maps[index].shape
    return (
        (index, tile, row, column)
        if 0 <= tile < tiles and 0 <= row < height and 0 <= column < width
        else None
    )


def _base64(values: Tensor) -> str:
    return base64.b64encode(values.contiguous().numpy().tobytes()).decode()
