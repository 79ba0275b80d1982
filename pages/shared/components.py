"""What the browser components of assets/components are built from, and what they send back."""

from pages.app.page_table import ROOT


def source(name: str) -> str:
    return (ROOT / "assets" / "components" / name).read_text(encoding="utf-8")


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
