"""Settings from outside, declared and checked: a number within bounds, one of a few values, known names. Imports no torch."""

import numbers
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from core.errors import InputError, shown


class Range(Protocol):
    """A closed range of numbers; of whole numbers where `low` is an int."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


class Bounds(NamedTuple):
    """A range by itself."""

    low: float
    high: float


@dataclass(frozen=True)
class Number:
    """A setting that is a number in a closed range, whole where its bounds are, and what it is when nobody sets it."""

    default: float
    low: float
    high: float

    def checked(self, name: str, value: Any) -> Any:
        """`value` as an int or a float. Raises InputError."""
        return within(name, value, self)

    def read(self, text: str) -> "Value":
        """The number of this text from a link; text that is none comes back as it is, for `checked` to refuse."""
        try:
            return type(self.default)(text)
        except ValueError:
            return text


@dataclass(frozen=True)
class Option:
    """A setting that is one of a few values."""

    default: bool | str
    allowed: tuple[bool | str, ...]

    def checked(self, name: str, value: Any) -> Any:
        """Raises InputError for anything else."""
        return one_of(name, value, self.allowed)

    def read(self, text: str) -> "Value":
        """The value that `short` wrote; other text comes back as it is, for `checked` to refuse."""
        return {short(value): value for value in self.allowed}.get(text, text)


Value = bool | int | float | str


def short(value: Value) -> str:
    """A value as it stands in a link."""
    return str(int(value)) if isinstance(value, bool) else str(value)


SEED = Bounds(0, 2**31 - 1)


def within(name: str, value: Any, bounds: Range) -> Any:
    """`value` as an int or a float, as the bounds are. Raises InputError for one outside of them, a boolean, a NaN, and for no number."""
    whole = isinstance(bounds.low, int)
    is_number = isinstance(value, numbers.Integral if whole else numbers.Real) and not isinstance(value, bool)
    if not is_number or not bounds.low <= value <= bounds.high:
        raise InputError(
            "setting_out_of_range", name=name, value=shown(value), low=bounds.low, high=bounds.high
        )
    return int(value) if whole else float(value)


def one_of(name: str, value: Any, allowed: Iterable[Any], written: Callable[[Any], str] = str) -> Any:
    """`value`, where one of `allowed` equals it and has its type: 1 is not True. Raises InputError; `written` says how it names them."""
    options = tuple(allowed)
    if not any(type(value) is type(option) and value == option for option in options):
        raise InputError(
            "setting_wrong", name=name, value=shown(value), allowed=", ".join(map(written, options))
        )
    return value


def known(names: Iterable[Any], allowed: Iterable[str]) -> None:
    """Raises InputError for the first name that isn't allowed."""
    options = tuple(allowed)
    for name in names:
        if name not in options:
            raise InputError("setting_unknown", name=shown(name), allowed=", ".join(options) or "–")


def settings(values: object, names: Iterable[str]) -> Mapping[str, Any]:
    """Settings from outside under names that are known. Raises InputError for anything else."""
    if not isinstance(values, Mapping):
        raise InputError("setting_wrong", name="config", value=shown(values), allowed="{name: value}")
    known(values, names)
    return values
