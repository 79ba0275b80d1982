"""Corrections of a broken network: one change to the first layer that fails, and the network after it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.shapes.formula import pair
from core.shapes.layers import MOST_FEATURES, OTHER, Layer, Merged, Shape
from core.shapes.trace import LayerShape, failing


@dataclass(frozen=True)
class Fix:
    """A correction: `key` names its sentence, `values` fill the sentence, `layers` is the new network."""

    key: str
    values: Mapping[str, Any]
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class _Broken:
    """The failing layer with its surroundings."""

    layers: tuple[Layer, ...]
    index: int
    name: str
    shape: Shape
    refusal: InputError
    layer: Layer = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer", self.layers[self.index])

    def replaced(self, key: str, **params: Any) -> Fix:
        """Give the failing layer other arguments."""
        values = {"name": self.name, **{key: repr(value) for key, value in params.items()}}
        return Fix(key, values, self._with(self.layer.changed(**params)))

    def another(self, kind: str, **params: Any) -> Fix:
        """Put a layer of another kind in the place of the failing one."""
        return Fix("kind", {"name": self.name, "kind": kind}, self._with(Layer(kind, params)))

    def _with(self, layer: Layer) -> tuple[Layer, ...]:
        return (*self.layers[: self.index], layer, *self.layers[self.index + 1 :])

    def without(self, key: str) -> Fix:
        """Remove the failing layer."""
        return Fix(key, {"name": self.name}, (*self.layers[: self.index], *self.layers[self.index + 1 :]))


def fix(layers: Sequence[Layer], traced: Sequence[LayerShape]) -> Fix | None:
    """Correct the first layer that fails; None where none fails or no simple correction exists.

    The correction may reveal another mistake further down, which the next call corrects.
    """
    index = failing(traced)
    if index is None:
        return None
    row = traced[index]
    assert row.refusal is not None
    correct = _CORRECTIONS.get(row.refusal.key)
    if correct is None:
        return None
    assert row.input_shape is not None
    if isinstance(row.input_shape, Merged):
        return _unmerged(layers, traced)
    return correct(_Broken(tuple(layers), index, row.name, row.input_shape, row.refusal))


def _unmerged(layers: Sequence[Layer], traced: Sequence[LayerShape]) -> Fix:
    """Let the Flatten that takes the batch leave it alone."""
    index = next(index for index, row in enumerate(traced) if isinstance(row.output_shape, Merged))
    flatten = layers[index].changed(start_dim=1, end_dim=-1)
    values = {"name": traced[index].name, "start_dim": 1}
    return Fix("start_dim", values, (*layers[:index], flatten, *layers[index + 1 :]))


def _features(broken: _Broken) -> Fix:
    return broken.replaced("in_features", in_features=broken.shape[-1])


def _flatten_first(broken: _Broken) -> Fix:
    layers = (*broken.layers[: broken.index], Layer("Flatten", {}), *broken.layers[broken.index :])
    return Fix(
        "flatten_first", {"name": broken.name, "in_features": broken.refusal.values["product"]}, layers
    )


def _channels(broken: _Broken) -> Fix:
    """Take the channels that arrive; a depthwise convolution stays one."""
    name, channels = broken.refusal.values["name"], broken.refusal.values["found"]
    values = broken.layer.values
    if name == "num_channels":
        return _norm_groups(broken)
    if name == "in_channels" and values["groups"] == values["in_channels"] == values["out_channels"] > 1:
        return broken.replaced(
            "in_channels_depthwise", in_channels=channels, out_channels=channels, groups=channels
        )
    if name == "in_channels" and channels % values["groups"]:
        return broken.replaced("in_channels_groups", in_channels=channels, groups=1)
    return broken.replaced(name, **{name: channels})


def _kernel(broken: _Broken) -> Fix:
    """Use the largest kernel that fits along both axes; remove a pooling layer with nothing left to pool."""
    values = broken.layer.values
    if min(broken.shape[-2:]) == 1 and broken.layer.row.group == "pooling":
        return broken.without("remove")
    paddings = (0, 0) if isinstance(values["padding"], str) else pair("padding", values["padding"], low=0)
    spans = zip(broken.shape[-2:], paddings, pair("dilation", values.get("dilation", 1)), strict=True)
    most = [(size + 2 * padding - 1) // dilation + 1 for size, padding, dilation in spans]
    height, width = map(min, most, pair("kernel_size", values["kernel_size"]))
    if broken.layer.row.group == "pooling":  # padding is at most half the kernel
        padding = tuple(map(min, paddings, (height // 2, width // 2)))
        if padding != paddings:
            return broken.replaced("kernel_size", kernel_size=_short(height, width), padding=_short(*padding))
    return broken.replaced("kernel_size", kernel_size=_short(height, width))


def _pool_padding(broken: _Broken) -> Fix:
    height, width = pair("kernel_size", broken.layer.values["kernel_size"])
    paddings = pair("padding", broken.layer.values["padding"], low=0)
    return broken.replaced(
        "padding", padding=_short(min(paddings[0], height // 2), min(paddings[1], width // 2))
    )


def _same_stride(broken: _Broken) -> Fix:
    """Pad by half the kernel; an odd kernel then gives the input divided by the stride, rounded up."""
    values = broken.layer.values
    axes = zip(pair("kernel_size", values["kernel_size"]), pair("dilation", values["dilation"]), strict=True)
    height, width = (dilation * (kernel - 1) // 2 for kernel, dilation in axes)
    return broken.replaced("padding", padding=_short(height, width))


def _map_first(broken: _Broken) -> Fix | None:
    """Move Flatten behind the layer that needs rows and columns, or take the BatchNorm for vectors.

    None where a linear layer or a module of the learner's own lies between.
    """
    for index in range(broken.index - 1, -1, -1):
        kind = broken.layers[index].kind
        if kind == "Flatten":
            layers = [
                *broken.layers[:index],
                *broken.layers[index + 1 : broken.index + 1],
                Layer("Flatten", {}),
            ]
            return Fix("flatten_later", {"name": broken.name}, (*layers, *broken.layers[broken.index + 1 :]))
        if kind in ("Linear", OTHER):
            break
    return _other_norm(broken) if broken.layer.kind == "BatchNorm2d" else None


def _other_norm(broken: _Broken) -> Fix:
    """Take the BatchNorm for inputs with as many dimensions as arrive."""
    kind = "BatchNorm2d" if len(broken.shape) == 3 else "BatchNorm1d"
    features = min(broken.shape[0], MOST_FEATURES)
    return broken.another(kind, **{**broken.layer.params, "num_features": features})


def _norm_groups(broken: _Broken) -> Fix:
    channels = broken.refusal.values.get("found") or broken.refusal.values["num_channels"]
    groups = math.gcd(channels, broken.layer.values["num_groups"])
    return broken.replaced("num_channels", num_channels=channels, num_groups=groups)


def _norm_single(broken: _Broken) -> Fix:
    """Put all channels into one group, where that makes more than one number."""
    if broken.layer.kind == "GroupNorm" and broken.shape[0] > 1:
        return broken.replaced("num_channels", num_channels=broken.shape[0], num_groups=1)
    return broken.without("drop")


def _norm_shape(broken: _Broken) -> Fix:
    """Normalise over as many dimensions as before, as far as they exist."""
    sizes = broken.layer.values["normalized_shape"]
    last = broken.shape[-len(sizes) :] if isinstance(sizes, tuple) else broken.shape[-1]
    return broken.replaced("normalized_shape", normalized_shape=last)


def _output_padding(broken: _Broken) -> Fix:
    return broken.replaced("output_padding", output_padding=0)


def _scale(broken: _Broken) -> Fix:
    return broken.replaced("scale_factor", size=None, scale_factor=2, recompute_scale_factor=None)


def _dimension(broken: _Broken) -> Fix:
    params = {"start_dim": 1, "end_dim": -1} if broken.layer.kind == "Flatten" else {"dim": 1}
    return Fix("dimension", {"name": broken.name, "dim": 1}, broken.replaced("dim", **params).layers)


def _padding_mode(broken: _Broken) -> Fix:
    """Fill with zeros, or give a border by reflection as many cells as the input has to give."""
    if broken.layer.row.group == "padding":
        padding = broken.layer.values["padding"]
        sides = padding if isinstance(padding, tuple) else (padding,) * 4
        most = (broken.shape[-1] - 1,) * 2 + (broken.shape[-2] - 1,) * 2
        return broken.replaced("padding", padding=tuple(map(min, sides, most)))
    return broken.replaced("padding_mode", padding_mode="zeros")


def _short(height: int, width: int) -> int | tuple[int, int]:
    return height if height == width else (height, width)


_CORRECTIONS: Mapping[str, Callable[[_Broken], Fix | None]] = {
    "layer_features": _features,
    "layer_not_flat": _flatten_first,
    "layer_channels": _channels,
    "layer_groups": lambda broken: broken.replaced("groups", groups=1),
    "layer_needs_map": _map_first,
    "layer_padding_mode": _padding_mode,
    "layer_dimension": _dimension,
    "layer_flatten_order": lambda broken: broken.replaced("start_dim", start_dim=1, end_dim=-1),
    "layer_batch_dimension": _dimension,
    "layer_needs_features": _other_norm,
    "layer_norm_groups": _norm_groups,
    "layer_norm_single": _norm_single,
    "layer_norm_shape": _norm_shape,
    "layer_output_padding": _output_padding,
    "layer_transposed_small": lambda broken: broken.replaced("padding", padding=0),
    "layer_size_or_scale": _scale,
    "layer_upsample_small": _scale,
    "layer_recompute_scale": lambda broken: broken.replaced(
        "recompute_scale_factor", recompute_scale_factor=None
    ),
    "layer_align_corners": lambda broken: broken.replaced("align_corners", align_corners=None),
    "layer_hardtanh": lambda broken: broken.replaced("min_val", min_val=-1.0, max_val=1.0),
    "shape_kernel_too_large": _kernel,
    "shape_pool_padding": _pool_padding,
    "shape_same_stride": _same_stride,
}
