"""Words put together in code, with the punctuation of the visitor's language."""

from collections.abc import Iterable
from functools import reduce

from pages.app.language import shared


def listed(parts: Iterable[str]) -> str:
    """List the parts: a, b, c."""
    return _joined("join.list", parts)


def sentences(*parts: str) -> str:
    """Put whole sentences after each other, without those that are empty."""
    return _joined("join.sentences", filter(None, parts))


def labelled(name: str, value: object) -> str:
    """Put a name before its value: name: value."""
    return shared("join.label", name=name, value=value)


def noted(name: str, note: object) -> str:
    """Put a note in brackets after a name: name (note)."""
    return shared("join.note", name=name, note=note)


def together(quantity: object) -> str:
    """Keep a number and its unit, a range or a shape on one line."""
    return str(quantity).replace(" ", "\N{NO-BREAK SPACE}")


def patterns() -> dict[str, str]:
    """The same for components, which fill the places themselves."""
    return {name: shared(f"join.{name}") for name in ("list", "sentences", "label", "note")}


def _joined(key: str, parts: Iterable[str]) -> str:
    rest = list(parts)
    return reduce(lambda first, second: shared(key, first=first, second=second), rest) if rest else ""
