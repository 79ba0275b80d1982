"""Declaration and checks of settings: numbers in bounds, a few values, known names. Imports no torch."""

import numbers
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from core.errors import InputError, shown


class Range(Protocol):
    """A closed range of numbers, whole numbers where `low` is an int."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


class Bounds(NamedTuple):
    """A range on its own."""

    low: float
    high: float


@dataclass(frozen=True)
class Number:
    """A numeric setting: its default and its closed range, whole where the bounds are."""

    default: float
    low: float
    high: float

    def checked(self, name: str, value: Any) -> Any:
        """Return `value` as an int or a float. Raises InputError."""
        return within(name, value, self)

    def read(self, text: str) -> "Value":
        """Read a number from a link's text; other text is returned unchanged, for `checked` to refuse."""
        try:
            return type(self.default)(text)
        except ValueError:
            return text


@dataclass(frozen=True)
class Option:
    """A setting with a few allowed values."""

    default: bool | str
    allowed: tuple[bool | str, ...]

    def checked(self, name: str, value: Any) -> Any:
        """Return `value` if it is allowed. Raises InputError for anything else."""
        return one_of(name, value, self.allowed)

    def read(self, text: str) -> "Value":
        """Read a value that `short` wrote; other text is returned unchanged, for `checked` to refuse."""
        return {short(value): value for value in self.allowed}.get(text, text)


Value = bool | int | float | str


def short(value: Value) -> str:
    """Text of a value as a link carries it."""
    return str(int(value)) if isinstance(value, bool) else str(value)


SEED = Bounds(0, 2**31 - 1)


def within(name: str, value: Any, bounds: Range) -> Any:
    """Return `value` as an int or a float, whichever its bounds are.

    Raises InputError for a value out of bounds, a boolean, a NaN, or anything that isn't a number.
    """
    whole = isinstance(bounds.low, int)
    is_number = isinstance(value, numbers.Integral if whole else numbers.Real) and not isinstance(value, bool)
    if not is_number or not bounds.low <= value <= bounds.high:
        raise InputError(
            "setting_out_of_range", name=name, value=shown(value), low=bounds.low, high=bounds.high
        )
    return int(value) if whole else float(value)


def one_of(name: str, value: Any, allowed: Iterable[Any], written: Callable[[Any], str] = str) -> Any:
    """Return `value` if one of `allowed` equals it and has its type: 1 is not True.

    Raises InputError, which names the allowed values as `written` formats them.
    """
    options = tuple(allowed)
    if not any(type(value) is type(option) and value == option for option in options):
        raise InputError("setting_wrong", name=name, value=shown(value), allowed=tuple(map(written, options)))
    return value


def known(names: Iterable[Any], allowed: Iterable[str]) -> None:
    """Check names from outside. Raises InputError for the first that isn't allowed."""
    options = tuple(allowed)
    for name in names:
        if name not in options:
            raise InputError("setting_unknown", name=shown(name), allowed=options)


def settings(values: object, names: Iterable[str]) -> Mapping[str, Any]:
    """Return `values` if it is a mapping with known names only. Raises InputError for anything else."""
    if not isinstance(values, Mapping):
        raise InputError("setting_wrong", name="config", value=shown(values), allowed="{name: value}")
    known(values, names)
    return values
