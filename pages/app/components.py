"""Builds the browser components of assets/components, and checks what they send back."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.figures import palette
from pages.app.page_table import ROOT

FOLDER = ROOT / "assets" / "components"


def component(path: str, html: str = "", *, style: str = "", uses: Sequence[str] = ()) -> Any:
    """Build the component assets/components/<path>.js with the style sheet of that name.

    Without `html`, the .html file of that name is used. `style` names another style sheet. `uses` names
    scripts that come first in the same module, so that the component's code can call theirs.
    """
    script = "".join(_text(f"{part}.js") for part in (*uses, path))
    return st.components.v2.component(
        path.rpartition("/")[2],
        html=html or _text(f"{path}.html"),
        css=palette_variables() + _text(f"{style or path}.css"),
        js=script,
    )


def palette_variables() -> str:
    """Return the palette as CSS variables of a component: --lab-right, --lab-window-reading, --lab-runs-0."""
    rows = {name: row for name, row in vars(palette).items() if name.isupper()}
    lines = (line for name, row in rows.items() for line in _variables(f"--lab-{name}", row))
    return f":host {{ {' '.join(lines)} }}\n"


def _variables(name: str, row: Any) -> list[str]:
    """Return the declarations for a colour, for colours by key or by number, or for the colour of a mark."""
    if isinstance(row, palette.Mark):
        row = row.colour
    if isinstance(row, str):
        return [f"{name.lower().replace('_', '-')}: {row};"]
    parts = row.items() if isinstance(row, Mapping) else enumerate(row)
    return [line for key, part in parts for line in _variables(f"{name}-{key}", part)]


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def chosen_tile(value: object, tiles: int) -> int | None:
    """Return the browser's value if it is the number of a tile, else None; a browser may send 3.0 for 3."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < tiles else None


def chosen_cell(value: object, classes: int) -> tuple[int, int] | None:
    """Return the browser's value if it is a cell of the matrix, else None."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    true, predicted = value
    inside = all(type(index) is int and 0 <= index < classes for index in value)
    return (true, predicted) if inside else None
