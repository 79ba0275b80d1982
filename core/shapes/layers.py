"""The shape calculator's table of layers: arguments in PyTorch's order, output shape, parameters and MACs.

Imports no torch and allocates nothing; the tests check every row against the torch.nn class of the same name.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.checks import Bounds, one_of, within
from core.errors import InputError, shown
from core.shapes.formula import LARGEST, SizeFormula, convolution, pair, pooling, whole

Shape = tuple[int, ...]  # without the batch
Values = Mapping[str, Any]
REQUIRED: Any = object()
MOST_FEATURES = 10_000_000
MOST_NUMBERS = 10**15  # in one tensor; 4 PB in float32
OTHER = "Other"  # the kind of a module that isn't torch's
LONGEST_NAME = 40
_NAME = re.compile(rf"[\w.+# -]{{1,{LONGEST_NAME}}}")


@dataclass(frozen=True)
class Param:
    """One argument of a layer.

    A `pair` is a number or (height, width), a `padding` that or a word, a `choice` one of `options`, a `name`
    a short text, a `shape` one to three numbers.
    """

    name: str
    kind: Literal["whole", "pair", "padding", "real", "choice", "name", "shape"]
    default: Any = REQUIRED
    low: float = 1
    high: float = LARGEST
    options: tuple[Any, ...] = ()

    def checked(self, value: Any) -> Any:
        """Return `value`, a list as a tuple. Raises InputError for a value that no such argument takes."""
        return None if value is None and self.default is None else _CHECKS[self.kind](self, value)


def _pair(param: Param, value: Any) -> Any:
    numbers = pair(param.name, value, int(param.low), int(param.high))
    return numbers if isinstance(value, tuple | list) else numbers[0]


def _padding(param: Param, value: Any) -> Any:
    if not isinstance(value, str):
        return _pair(param, value)
    convolution(1, 1, padding=value)  # refuses any word but "same" and "valid"
    return value


def _real(param: Param, value: Any) -> Any:
    within(param.name, value, Bounds(float(param.low), float(param.high)))
    return value  # the number as written: 1 stays 1


def _name(param: Param, value: Any) -> Any:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value != value.strip():
        raise InputError("layer_name", value=shown(value), most=LONGEST_NAME)
    return value


def _numbers(param: Param, value: Any) -> Any:
    if not isinstance(value, tuple | list) or not 1 <= len(value) <= 3:
        raise InputError("layer_shape", value=shown(value))
    return tuple(whole(param.name, number, 1, MOST_NUMBERS) for number in value)


_CHECKS: Mapping[str, Callable[[Param, Any], Any]] = {
    "whole": lambda param, value: whole(param.name, value, int(param.low), int(param.high)),
    "pair": _pair,
    "padding": _padding,
    "real": _real,
    "choice": lambda param, value: one_of(param.name, value, param.options, repr),
    "name": _name,
    "shape": _numbers,
}


@dataclass(frozen=True)
class LayerKind:
    """One row of the table.

    `shape` takes all arguments and the input shape, and raises InputError where PyTorch refuses; None stands
    for a shape that isn't known.
    """

    prefix: str
    group: Literal[
        "convolution", "pooling", "activation", "normalisation", "dropout", "flatten", "linear", "other"
    ]
    params: tuple[Param, ...]
    shape: Callable[[Values, Shape], Shape | None]
    parameters: Callable[[Values], int] = lambda values: 0
    macs: Callable[[Values, Shape], int] = lambda values, output: 0
    windows: Callable[[Values, Shape], tuple[SizeFormula, SizeFormula]] | None = None


def _flag(name: str, default: bool) -> Param:
    return Param(name, "choice", default, options=(True, False))


def _conv_windows(values: Values, shape: Shape) -> tuple[SizeFormula, SizeFormula]:
    return convolution(
        shape[-2:], *(values[name] for name in ("kernel_size", "stride", "padding", "dilation"))
    )


def _conv_shape(values: Values, shape: Shape) -> Shape:
    _need_map("Conv2d", shape)
    channels, groups = values["in_channels"], values["groups"]
    for name in ("in_channels", "out_channels"):
        if values[name] % groups:
            raise InputError("layer_groups", name=name, value=values[name], groups=groups)
    windows = _conv_windows(values, shape)
    _need_channels("in_channels", channels, shape)
    if values["padding_mode"] in ("reflect", "circular"):
        for axis in windows:
            most = axis.size - (values["padding_mode"] == "reflect")
            if max(axis.before, axis.after) > most:
                raise InputError(
                    "layer_padding_mode",
                    mode=values["padding_mode"],
                    padding=max(axis.before, axis.after),
                    most=most,
                )
    return values["out_channels"], windows[0].checked(), windows[1].checked()


def _conv_parameters(values: Values) -> int:
    if values["in_channels"] % values["groups"] or values["out_channels"] % values["groups"]:
        return 0  # no such layer exists
    return _conv_weights(values) + int(values["bias"] * values["out_channels"])


def _conv_weights(values: Values) -> int:
    height, width = pair("kernel_size", values["kernel_size"])
    return int(values["out_channels"] * (values["in_channels"] // values["groups"]) * height * width)


def _pool_windows(values: Values, shape: Shape) -> tuple[SizeFormula, SizeFormula]:
    dilation = values.get("dilation", 1)  # AvgPool2d has none
    return pooling(
        shape[-2:], values["kernel_size"], values["stride"], values["padding"], dilation, values["ceil_mode"]
    )


def _pool_shape(values: Values, shape: Shape) -> Shape:
    if len(shape) < 2:  # with two, PyTorch takes the batch for channels; the result is the same
        _need_map("MaxPool2d" if "dilation" in values else "AvgPool2d", shape)
    height, width = _pool_windows(values, shape)
    return *shape[:-2], height.checked(), width.checked()


def _norm_shape(values: Values, shape: Shape) -> Shape:
    _need_map("BatchNorm2d", shape)
    _need_channels("num_features", values["num_features"], shape)
    return shape


def _linear_shape(values: Values, shape: Shape) -> Shape:
    expected, found = values["in_features"], shape[-1]
    if found != expected and len(shape) > 1:
        raise InputError(
            "layer_not_flat", in_features=expected, found=found, shape=list(shape), product=math.prod(shape)
        )
    if found != expected:
        raise InputError("layer_features", in_features=expected, found=found)
    return *shape[:-1], values["out_features"]


def _linear_macs(values: Values, output: Shape) -> int:
    return int(math.prod(output) * values["in_features"])


def _flat_shape(values: Values, shape: Shape) -> Shape:
    """Flatten's output; dimension 0 is the batch, negative numbers count from the end."""
    dims = len(shape) + 1
    first, last = (_dimension(name, values[name], dims) for name in ("start_dim", "end_dim"))
    if first > last:
        raise InputError("layer_flatten_order", start_dim=values["start_dim"], end_dim=values["end_dim"])
    return *shape[: first - 1], math.prod(shape[first - 1 : last]), *shape[last:]


def _softmax_shape(values: Values, shape: Shape) -> Shape:
    if values["dim"] is not None:
        _dimension("dim", values["dim"], len(shape) + 1)
    return shape


def _same_shape(values: Values, shape: Shape) -> Shape:
    return shape


def _dimension(name: str, dim: int, dims: int) -> int:
    if not -dims <= dim < dims:
        raise InputError("layer_dimension", name=name, value=dim, dims=dims, low=-dims, high=dims - 1)
    if (dim % dims) == 0 and name != "dim":
        raise InputError("layer_flatten_batch", name=name, value=dim)
    return dim % dims


def _need_map(kind: str, shape: Shape) -> None:
    if len(shape) != 3:
        raise InputError("layer_needs_map", kind=kind, shape=list(shape))


def _need_channels(name: str, expected: int, shape: Shape) -> None:
    if shape[0] != expected:
        raise InputError("layer_channels", name=name, value=expected, found=shape[0])


_INPLACE = _flag("inplace", False)
_KERNEL = Param("kernel_size", "pair")
_POOL_PADDING = Param("padding", "pair", 0, low=0)
_POOL_STRIDE = Param("stride", "pair", None)


def _activation(prefix: str, *params: Param) -> LayerKind:
    return LayerKind(prefix, "activation", params, _same_shape)


LAYERS: Mapping[str, LayerKind] = {
    "Conv2d": LayerKind(
        "conv",
        "convolution",
        (
            Param("in_channels", "whole"),
            Param("out_channels", "whole"),
            _KERNEL,
            Param("stride", "pair", 1),
            Param("padding", "padding", 0, low=0),
            Param("dilation", "pair", 1),
            Param("groups", "whole", 1),
            _flag("bias", True),
            Param("padding_mode", "choice", "zeros", options=("zeros", "reflect", "replicate", "circular")),
        ),
        _conv_shape,
        parameters=_conv_parameters,
        macs=lambda values, output: _conv_weights(values) * output[-2] * output[-1],
        windows=_conv_windows,
    ),
    "MaxPool2d": LayerKind(
        "pool",
        "pooling",
        (
            _KERNEL,
            _POOL_STRIDE,
            _POOL_PADDING,
            Param("dilation", "pair", 1),
            Param("return_indices", "choice", False, options=(False,)),
            _flag("ceil_mode", False),
        ),
        _pool_shape,
        windows=_pool_windows,
    ),
    "AvgPool2d": LayerKind(
        "pool",
        "pooling",
        (
            _KERNEL,
            _POOL_STRIDE,
            _POOL_PADDING,
            _flag("ceil_mode", False),
            _flag("count_include_pad", True),
            Param("divisor_override", "whole", None),
        ),
        _pool_shape,
        windows=_pool_windows,
    ),
    "ReLU": _activation("relu", _INPLACE),
    "LeakyReLU": _activation("leaky", Param("negative_slope", "real", 0.01, -100, 100), _INPLACE),
    "ELU": _activation("elu", Param("alpha", "real", 1.0, -100, 100), _INPLACE),
    "GELU": _activation("gelu", Param("approximate", "choice", "none", options=("none", "tanh"))),
    "SiLU": _activation("silu", _INPLACE),
    "Sigmoid": _activation("sigmoid"),
    "Tanh": _activation("tanh"),
    "Softmax": LayerKind(
        "softmax", "activation", (Param("dim", "whole", None, low=-4, high=3),), _softmax_shape
    ),
    "BatchNorm2d": LayerKind(
        "bn",
        "normalisation",
        (
            Param("num_features", "whole"),
            Param("eps", "real", 1e-5, 0, 1),
            Param("momentum", "real", 0.1, 0, 1),
            _flag("affine", True),
            Param(
                "track_running_stats", "choice", True, options=(True,)
            ),  # without them eval() needs a whole batch
            _flag("bias", True),
        ),
        _norm_shape,
        parameters=lambda values: values["num_features"] * (1 + values["bias"]) * values["affine"],
    ),
    "Dropout": LayerKind("drop", "dropout", (Param("p", "real", 0.5, 0, 1), _INPLACE), _same_shape),
    "Flatten": LayerKind(
        "flatten",
        "flatten",
        (Param("start_dim", "whole", 1, low=-3, high=3), Param("end_dim", "whole", -1, low=-3, high=3)),
        _flat_shape,
    ),
    "Linear": LayerKind(
        "fc",
        "linear",
        (
            Param("in_features", "whole", high=MOST_FEATURES),
            Param("out_features", "whole", high=MOST_FEATURES),
            _flag("bias", True),
        ),
        _linear_shape,
        parameters=lambda values: values["out_features"] * (values["in_features"] + values["bias"]),
        macs=_linear_macs,
    ),
    # a module or a branch whose inside isn't known here
    OTHER: LayerKind(
        "block",
        "other",
        (
            Param("name", "name"),
            Param("shape", "shape", None),
            Param("parameters", "whole", 0, low=0, high=MOST_NUMBERS),
        ),
        lambda values, shape: values["shape"],
        parameters=lambda values: values["parameters"],
    ),
}


def read_shape(text: str) -> Any:
    """The shape in a text such as "16, 14, 14", None for an empty one; `Param.checked` refuses the rest."""
    numbers = re.findall(r"[^\s,，×]+", text.strip("[]()（） "))
    return [int(number) if number.isdecimal() and len(number) < 20 else number for number in numbers] or None


@dataclass(frozen=True)
class Layer:
    """One layer: a row of LAYERS and the arguments given, under PyTorch's names.

    Raises InputError for an unknown kind, an unknown or missing argument, and a value that no layer of this
    kind takes.
    """

    kind: str
    params: Values

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in LAYERS:
            raise InputError("layer_unknown", kind=shown(self.kind), allowed=tuple(LAYERS))
        known = {param.name: param for param in self.row.params}
        given = dict(self.params)
        for name in given:
            if name not in known:
                raise InputError(
                    "layer_argument_unknown", kind=self.kind, name=shown(name), allowed=tuple(known)
                )
        for name, param in known.items():
            if name not in given and param.default is REQUIRED:
                raise InputError("layer_argument_missing", kind=self.kind, name=name)
        object.__setattr__(
            self, "params", {name: known[name].checked(value) for name, value in given.items()}
        )

    def __hash__(self) -> int:
        return hash((self.kind, frozenset(self.params.items())))

    @property
    def row(self) -> LayerKind:
        """This kind's row in LAYERS."""
        return LAYERS[self.kind]

    @property
    def values(self) -> dict[str, Any]:
        """All arguments, with PyTorch's defaults filled in."""
        return {param.name: self.params.get(param.name, param.default) for param in self.row.params}

    def changed(self, **params: Any) -> "Layer":
        """The same layer with other arguments, those at their defaults left out. Raises InputError."""
        defaults = {param.name: param.default for param in self.row.params}
        merged = {**self.params, **params}
        return Layer(
            self.kind,
            {
                name: value
                for name, value in merged.items()
                if not _equals(value, defaults.get(name, REQUIRED))
            },
        )

    @property
    def is_known(self) -> bool:
        """Whether this is a layer of torch; otherwise only its name, output shape and size are known."""
        return self.kind != OTHER

    @property
    def parameters(self) -> int:
        """Number of learned parameters."""
        return self.row.parameters(self.values)


def _equals(value: Any, default: Any) -> bool:
    """Whether both are equal and of the same type: 1 is not True."""
    return type(value) is type(default) and bool(value == default)
