"""Corrections of a broken network: one change to the first layer that fails, and the network after it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.shapes.formula import pair
from core.shapes.layers import OTHER, Layer, Shape
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
        layers = (*self.layers[: self.index], self.layer.changed(**params), *self.layers[self.index + 1 :])
        return Fix(key, {"name": self.name, **{key: repr(value) for key, value in params.items()}}, layers)

    def without(self) -> Fix:
        """Remove the failing layer."""
        return Fix(
            "remove", {"name": self.name}, (*self.layers[: self.index], *self.layers[self.index + 1 :])
        )


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
    return correct(_Broken(tuple(layers), index, row.name, row.input_shape, row.refusal))


def _features(broken: _Broken) -> Fix:
    return broken.replaced("in_features", in_features=broken.shape[-1])


def _flatten_first(broken: _Broken) -> Fix:
    layers = (*broken.layers[: broken.index], Layer("Flatten", {}), *broken.layers[broken.index :])
    return Fix(
        "flatten_first", {"name": broken.name, "in_features": broken.refusal.values["product"]}, layers
    )


def _channels(broken: _Broken) -> Fix:
    channels = broken.shape[0]
    if broken.layer.kind == "BatchNorm2d":
        return broken.replaced("num_features", num_features=channels)
    if channels % broken.layer.values["groups"]:
        return broken.replaced("in_channels_groups", in_channels=channels, groups=1)
    return broken.replaced("in_channels", in_channels=channels)


def _kernel(broken: _Broken) -> Fix:
    """Use the largest kernel that fits along both axes; remove a pooling layer with nothing left to pool."""
    values = broken.layer.values
    if min(broken.shape[-2:]) == 1 and broken.layer.row.group == "pooling":
        return broken.without()
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
    """Move Flatten behind the layer that needs rows and columns.

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
            return None
    return None


def _dimension(broken: _Broken) -> Fix:
    params = {"dim": 1} if broken.layer.kind == "Softmax" else {"start_dim": 1, "end_dim": -1}
    return Fix("dimension", {"name": broken.name, "dim": 1}, broken.replaced("dim", **params).layers)


def _padding_mode(broken: _Broken) -> Fix:
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
    "layer_flatten_batch": lambda broken: broken.replaced("start_dim", start_dim=1, end_dim=-1),
    "shape_kernel_too_large": _kernel,
    "shape_pool_padding": _pool_padding,
    "shape_same_stride": _same_stride,
}
