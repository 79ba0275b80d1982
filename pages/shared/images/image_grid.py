"""Images as tiles with captions, sent to the browser as one picture."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.figures.tiles import sheet
from pages.app.components import chosen_tile, component

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

COLUMNS = 12  # tiles per row of the picture that is sent, however many the screen shows
_GRID = component("shared/image_grid", '<div class="grid"></div>', uses=("lib/dom",))


def image_grid(
    images: "Tensor | NDArray[np.uint8]",
    captions: Sequence[str],
    *,
    key: str,
    size: int = 96,
    names: Sequence[str] | None = None,
    opened: int | None = None,
    on_click: Callable[[int], None] | None = None,
) -> None:
    """Draw uint8 images [N, channels, H, W] as tiles with a caption under each; `size` in pixels.

    A caption is its tile's alternative text too, unless `names` says more. With `on_click` the tiles are
    buttons: it gets the number of the tile, and `opened` is the pressed one.
    """
    columns = min(COLUMNS, len(captions))
    pixels = np.asarray(images).tobytes()
    picture = _picture(hashlib.blake2b(pixels).hexdigest(), tuple(images.shape), columns, images)
    data = {"sheet": picture, "columns": columns, "captions": list(captions), "size": size}
    data["names"] = names and list(names)
    if on_click is None:
        _GRID(key=key, data=data)
        return

    def clicked() -> None:
        tile = chosen_tile(st.session_state[key].tile, len(captions))
        if tile is not None:
            on_click(tile)

    data |= {"clickable": True, "opened": opened}
    _GRID(key=key, data=data, on_tile_change=clicked)


@st.cache_resource(show_spinner=False, max_entries=128)  # 0.1 MB each; 7 ms for 48 tiles
def _picture(digest: str, shape: tuple[int, ...], columns: int, _images: "Tensor | NDArray[np.uint8]") -> str:
    return f"data:image/png;base64,{base64.b64encode(sheet(_images, columns)).decode()}"
