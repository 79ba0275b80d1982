"""Kinds of layers that need rows and columns: convolutions, poolings, borders and what makes maps larger."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import InputError
from core.shapes.formula import SizeFormula, convolution, pair, pooling
from core.shapes.kinds import LayerKind, Param, Shape, Values, Windows, fixed, flag, need_channels, need_map

_CHANNELS = (Param("in_channels", "whole"), Param("out_channels", "whole"), Param("kernel_size", "pair"))
_STRIDE, _DILATION = Param("stride", "pair", 1), Param("dilation", "pair", 1)
_GROUPS, _BIAS = Param("groups", "whole", 1), flag("bias", True)
_POOL = (
    Param("kernel_size", "pair"),
    Param("stride", "pair", None),
    Param("padding", "pair", 0, low=0),
)

# Convolutions


def _conv_windows(values: Values, shape: Shape) -> Windows:
    return convolution(
        shape[-2:], *(values[name] for name in ("kernel_size", "stride", "padding", "dilation"))
    )


def _conv_shape(values: Values, shape: Shape) -> Shape:
    need_map("Conv2d", shape)
    _need_groups(values)
    windows = _conv_windows(values, shape)
    need_channels("in_channels", values["in_channels"], shape[0])
    if values["padding_mode"] in ("reflect", "circular"):
        for axis in windows:
            most = axis.size - (values["padding_mode"] == "reflect")
            _need_border(values["padding_mode"], max(axis.before, axis.after), most)
    return values["out_channels"], windows[0].checked(), windows[1].checked()


def _need_groups(values: Values) -> None:
    for name in ("in_channels", "out_channels"):
        if values[name] % values["groups"]:
            raise InputError("layer_groups", name=name, value=values[name], groups=values["groups"])


def _need_border(mode: str, padding: int, most: int) -> None:
    if padding > most:
        raise InputError("layer_padding_mode", mode=mode, padding=padding, most=most)


def _conv_parameters(values: Values) -> int:
    if values["in_channels"] % values["groups"] or values["out_channels"] % values["groups"]:
        return 0  # no such layer exists
    return _conv_weights(values) + int(values["bias"] * values["out_channels"])


def _conv_weights(values: Values) -> int:
    height, width = pair("kernel_size", values["kernel_size"])
    return int(values["out_channels"] * (values["in_channels"] // values["groups"]) * height * width)


def _transposed_shape(values: Values, shape: Shape) -> Shape:
    need_map("ConvTranspose2d", shape)
    _need_groups(values)
    need_channels("in_channels", values["in_channels"], shape[0])
    names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
    axes = zip(shape[1:], *(pair(name, values[name], low=0) for name in names), strict=True)
    height, width = (_transposed_size(*axis) for axis in axes)
    return values["out_channels"], height, width


def _transposed_size(size: int, kernel: int, stride: int, padding: int, extra: int, dilation: int) -> int:
    """Size of nn.ConvTranspose2d's output along one axis, as its documentation gives it."""
    if extra >= max(stride, dilation):
        raise InputError("layer_output_padding", padding=extra, stride=stride, dilation=dilation)
    output = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1
    if output < 1:
        raise InputError("layer_transposed_small", padding=padding, size=size, output=output)
    return output


CONVOLUTIONS: Mapping[str, LayerKind] = {
    "Conv2d": LayerKind(
        "conv",
        "convolution",
        (
            *_CHANNELS,
            _STRIDE,
            Param("padding", "padding", 0, low=0),
            _DILATION,
            _GROUPS,
            _BIAS,
            Param("padding_mode", "choice", "zeros", options=("zeros", "reflect", "replicate", "circular")),
        ),
        _conv_shape,
        parameters=_conv_parameters,
        macs=lambda values, arriving, output: _conv_weights(values) * math.prod(output[-2:]),
        windows=_conv_windows,
        merged="image",
    ),
    "ConvTranspose2d": LayerKind(
        "upconv",
        "convolution",
        (
            *_CHANNELS,
            _STRIDE,
            Param("padding", "pair", 0, low=0),
            Param("output_padding", "pair", 0, low=0),
            _GROUPS,
            _BIAS,
            _DILATION,
            fixed("padding_mode", "zeros"),
        ),
        _transposed_shape,
        parameters=_conv_parameters,
        macs=lambda values, arriving, output: _conv_weights(values) * math.prod(arriving[-2:]),
        windows=lambda values, shape: None,
        merged="image",
    ),
}

# Poolings


def _pool_windows(values: Values, shape: Shape) -> Windows:
    dilation = values.get("dilation", 1)  # AvgPool2d has none
    return pooling(
        shape[-2:], values["kernel_size"], values["stride"], values["padding"], dilation, values["ceil_mode"]
    )


def _pool_shape(kind: str) -> Callable[[Values, Shape], Shape]:
    def shape_after(values: Values, shape: Shape) -> Shape:
        need_map(kind, shape, least=2)  # with two, PyTorch takes the batch for channels; the same comes out
        height, width = _pool_windows(values, shape)
        return *shape[:-2], height.checked(), width.checked()

    return shape_after


def _adaptive_sizes(values: Values, shape: Shape) -> Shape:
    wanted = values["output_size"]
    sides = wanted if isinstance(wanted, tuple) else (wanted, wanted)
    return tuple(size if side is None else side for size, side in zip(shape[-2:], sides, strict=True))


def _adaptive_windows(values: Values, shape: Shape) -> Windows | None:
    """Windows of one size, which exist where the output divides the input."""
    axes = list(zip(shape[-2:], _adaptive_sizes(values, shape), strict=True))
    if any(size % wanted for size, wanted in axes):
        return None
    rows, columns = (SizeFormula(size, size // wanted, size // wanted) for size, wanted in axes)
    return rows, columns


def _adaptive(kind: str, *params: Param) -> LayerKind:
    def shape_after(values: Values, shape: Shape) -> Shape:
        need_map(kind, shape, least=2)
        return *shape[:-2], *_adaptive_sizes(values, shape)

    given = (Param("output_size", "grid"), *params)
    return LayerKind("pool", "pooling", given, shape_after, windows=_adaptive_windows, merged="image")


POOLINGS: Mapping[str, LayerKind] = {
    "MaxPool2d": LayerKind(
        "pool",
        "pooling",
        (*_POOL, _DILATION, fixed("return_indices", False), flag("ceil_mode", False)),
        _pool_shape("MaxPool2d"),
        windows=_pool_windows,
        merged="image",
    ),
    "AvgPool2d": LayerKind(
        "pool",
        "pooling",
        (
            *_POOL,
            flag("ceil_mode", False),
            flag("count_include_pad", True),
            Param("divisor_override", "whole", None),
        ),
        _pool_shape("AvgPool2d"),
        windows=_pool_windows,
        merged="image",
    ),
    "AdaptiveAvgPool2d": _adaptive("AdaptiveAvgPool2d"),
    "AdaptiveMaxPool2d": _adaptive("AdaptiveMaxPool2d", fixed("return_indices", False)),
}

# Borders


def _border(kind: str) -> LayerKind:
    def shape_after(values: Values, shape: Shape) -> Shape:
        need_map(kind, shape, least=2)
        padding = values["padding"]
        left, right, top, bottom = padding if isinstance(padding, tuple) else (padding,) * 4
        height, width = shape[-2:]
        if kind == "ReflectionPad2d":
            _need_border("reflect", max(left, right), width - 1)
            _need_border("reflect", max(top, bottom), height - 1)
        return *shape[:-2], height + top + bottom, width + left + right

    return LayerKind("pad", "padding", (Param("padding", "border", low=0),), shape_after, merged="image")


PADDINGS: Mapping[str, LayerKind] = {
    kind: _border(kind) for kind in ("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d")
}

# What makes a map larger


def _upsampled_shape(values: Values, shape: Shape) -> Shape:
    """Sizes of nn.Upsample; without channels, PyTorch's nearest modes enlarge the last dimension only."""
    size, factor, nearest = values["size"], values["scale_factor"], values["mode"].startswith("nearest")
    given = size if factor is None else factor
    need_map("Upsample", shape, least=2 if nearest and not isinstance(given, tuple) else 3)
    if (size is None) == (factor is None):
        raise InputError("layer_size_or_scale", given="–" if size is None else "size, scale_factor")
    if nearest and values["align_corners"] is not None:
        raise InputError("layer_align_corners", mode=values["mode"])
    if values["recompute_scale_factor"] and size is not None:
        raise InputError("layer_recompute_scale")
    sides = zip(shape[1:], given if isinstance(given, tuple) else (given,) * len(shape[1:]), strict=True)
    outputs = [side if factor is None else math.floor(arriving * side) for arriving, side in sides]
    if min(outputs) < 1:
        raise InputError("layer_upsample_small", factor=str(factor), shape=list(shape))
    return shape[0], *outputs


def _shuffled_shape(values: Values, shape: Shape) -> Shape:
    need_map("PixelShuffle", shape)
    factor: Any = values["upscale_factor"]
    channels, height, width = shape
    if channels % factor**2:
        raise InputError("layer_pixel_shuffle", channels=channels, factor=factor, square=factor**2)
    return channels // factor**2, height * factor, width * factor


_MODES = ("nearest", "bilinear", "bicubic", "nearest-exact")
UPSAMPLINGS: Mapping[str, LayerKind] = {
    "Upsample": LayerKind(
        "up",
        "upsampling",
        (
            Param("size", "pair", None),
            Param("scale_factor", "scale", None, low=0.001, high=1000),
            Param("mode", "choice", "nearest", options=_MODES),
            Param("align_corners", "choice", None, options=(None, True, False)),
            Param("recompute_scale_factor", "choice", None, options=(None, True, False)),
        ),
        _upsampled_shape,
        windows=lambda values, shape: None,
        merged="batch",
    ),
    "PixelShuffle": LayerKind(
        "shuffle",
        "upsampling",
        (Param("upscale_factor", "whole"),),
        _shuffled_shape,
        windows=lambda values, shape: None,
        merged="image",
    ),
}
