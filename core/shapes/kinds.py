"""What a row of the shape calculator's table is made of: arguments, sizes, costs and windows."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.checks import Bounds, one_of, within
from core.errors import InputError, shown
from core.shapes.formula import LARGEST, SizeFormula, convolution, pair, whole

Shape = tuple[int, ...]  # without the batch
Values = Mapping[str, Any]
Windows = tuple[SizeFormula, SizeFormula]  # along height and width
REQUIRED: Any = object()
MOST_FEATURES = 10_000_000
MOST_NUMBERS = 10**15  # in one tensor; 4 PB in float32
MOST_DIMENSIONS = 3  # without the batch
LONGEST_NAME = 40
_NAME = re.compile(rf"[\w.+# -]{{1,{LONGEST_NAME}}}")


class Merged(tuple[int, ...]):
    """Shape of a whole tensor, of which Flatten(0) has made the batch a part; for a batch of one image."""


@dataclass(frozen=True)
class Param:
    """One argument of a layer.

    A `pair` is a number or (height, width), a `padding` that or a word, a `grid` a pair with None for "as
    large as the input", a `scale` a pair of real numbers, a `border` a number or (left, right, top, bottom),
    a `choice` one of `options`, a `name` a short text, a `shape` one to three numbers, `sizes` a shape or one
    number.
    """

    name: str
    kind: Literal[
        "whole",
        "pair",
        "padding",
        "grid",
        "scale",
        "border",
        "real",
        "choice",
        "name",
        "shape",
        "sizes",
    ]
    default: Any = REQUIRED
    low: float = 1
    high: float = LARGEST
    options: tuple[Any, ...] = ()

    def checked(self, value: Any) -> Any:
        """Return `value`, a list as a tuple. Raises InputError for a value that no such argument takes."""
        return None if value is None and self.default is None else _CHECKS[self.kind](self, value)


def _whole(param: Param, value: Any) -> int:
    return whole(param.name, value, int(param.low), int(param.high))


def _pair(param: Param, value: Any) -> Any:
    numbers = pair(param.name, value, int(param.low), int(param.high))
    return numbers if isinstance(value, tuple | list) else numbers[0]


def _padding(param: Param, value: Any) -> Any:
    if not isinstance(value, str):
        return _pair(param, value)
    convolution(1, 1, padding=value)  # refuses any word but "same" and "valid"
    return value


def _grid(param: Param, value: Any) -> Any:
    if not isinstance(value, tuple | list) or len(value) != 2:
        return _pair(param, value)
    return tuple(None if side is None else _whole(param, side) for side in value)


def _real(param: Param, value: Any) -> Any:
    within(param.name, value, Bounds(float(param.low), float(param.high)))
    return value  # the number as written: 1 stays 1


def _scale(param: Param, value: Any) -> Any:
    if not isinstance(value, tuple | list):
        return _real(param, value)
    if len(value) != 2:
        raise InputError("shape_pair", name=param.name, value=shown(value), low=param.low, high=param.high)
    return tuple(_real(param, side) for side in value)


def _border(param: Param, value: Any) -> Any:
    if not isinstance(value, tuple | list):
        return _whole(param, value)
    if len(value) != 4:
        raise InputError("layer_border", name=param.name, value=shown(value))
    return tuple(_whole(param, side) for side in value)


def _name(param: Param, value: Any) -> Any:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value != value.strip():
        raise InputError("layer_name", value=shown(value), most=LONGEST_NAME)
    return value


def _shape(param: Param, value: Any) -> Any:
    if not isinstance(value, tuple | list) or not 1 <= len(value) <= MOST_DIMENSIONS:
        raise InputError("layer_shape", name=param.name, value=shown(value))
    return tuple(_whole(param, number) for number in value)


_CHECKS: Mapping[str, Callable[[Param, Any], Any]] = {
    "whole": _whole,
    "pair": _pair,
    "padding": _padding,
    "grid": _grid,
    "scale": _scale,
    "border": _border,
    "real": _real,
    "choice": lambda param, value: one_of(param.name, value, param.options, repr),
    "name": _name,
    "shape": _shape,
    "sizes": lambda param, value: (_whole if isinstance(value, int) else _shape)(param, value),
}
Group = Literal[
    "convolution",
    "pooling",
    "padding",
    "upsampling",
    "activation",
    "normalisation",
    "dropout",
    "flatten",
    "linear",
    "residual",
    "other",
]


@dataclass(frozen=True)
class LayerKind:
    """One row of the table.

    `shape` takes all arguments and the input shape, and raises InputError where PyTorch refuses; None stands
    for a shape that isn't known. `macs` takes the output shape too. `windows` are None where they differ from
    cell to cell. `results` is the number of tensors of the output's shape that it leaves in memory. `mixes`
    takes all arguments and the number of the input's dimensions, the batch included, and returns those that
    one number of the output reads entirely. `merged` says how the layer takes a tensor without a batch: by
    its last dimensions, as one image, as a batch, or as `shape` itself sees it.
    """

    prefix: str
    group: Group
    params: tuple[Param, ...]
    shape: Callable[[Values, Shape], Shape | None]
    parameters: Callable[[Values], int] = lambda values: 0
    macs: Callable[[Values, Shape, Shape], int] = lambda values, arriving, output: 0
    windows: Callable[[Values, Shape], Windows | None] | None = None
    results: Callable[[Values], int] = lambda values: 1
    mixes: Callable[[Values, int], Iterable[int]] | None = None
    merged: Literal["last", "image", "batch", "own"] = "last"


def flag(name: str, default: bool) -> Param:
    """An argument that is True or False."""
    return Param(name, "choice", default, options=(True, False))


def fixed(name: str, value: Any) -> Param:
    """An argument of which the calculator knows one value only."""
    return Param(name, "choice", value, options=(value,))


INPLACE = flag("inplace", False)


def same_shape(values: Values, shape: Shape) -> Shape:
    """The shape unchanged."""
    return shape


def need_map(kind: str, shape: Shape, least: int = 3) -> None:
    """Refuse a shape without rows and columns; with `least` 2 the batch may stand for the channels."""
    if not least <= len(shape) <= 3:
        raise InputError("layer_needs_map", kind=kind, shape=list(shape))


def need_channels(name: str, expected: int, found: int) -> None:
    """Refuse another number of channels."""
    if found != expected:
        raise InputError("layer_channels", name=name, value=expected, found=found)


def dimension(name: str, dim: int, dims: int) -> int:
    """The dimension counted from 0, of `dims` with the batch. Raises InputError."""
    if not -dims <= dim < dims:
        raise InputError("layer_dimension", name=name, value=dim, dims=dims, low=-dims, high=dims - 1)
    return dim % dims
