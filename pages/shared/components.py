"""What the browser components of assets/components are built from, and what they send back."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.app.page_table import ROOT

FOLDER = ROOT / "assets" / "components"


def component(path: str, html: str = "", *, style: str = "", uses: Sequence[str] = ()) -> Any:
    """The component in assets/components/<path>.js, with the style sheet of that name beside it, and the .html where none is given.

    `style` names another style sheet. `uses` are scripts that come first in the same module, so that its code can call theirs.
    """
    script = "".join(_text(f"{part}.js") for part in (*uses, path))
    return st.components.v2.component(
        path.rpartition("/")[2],
        html=html or _text(f"{path}.html"),
        css=_text(f"{style or path}.css"),
        js=script,
    )


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def chosen_tile(value: object, tiles: int) -> int | None:
    """What the browser sent, if it is the number of a tile; a browser may send 3.0 for 3."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < tiles else None


def chosen_cell(value: object, classes: int) -> tuple[int, int] | None:
    """What the browser sent, if it is a cell of the matrix."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    true, predicted = value
    inside = all(type(index) is int and 0 <= index < classes for index in value)
    return (true, predicted) if inside else None
