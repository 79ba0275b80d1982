"""PyTorch's own word on a network: its sizes on the meta device, where nothing is allocated, and its message where a layer fails."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import InputError
from core.shapes.formula import pair
from core.shapes.layers import Layer, Shape
from core.shapes.trace import LayerShape, failing

MOST_ELEMENTS = 2_000_000  # weights, input and output of a layer that is built for real: 8 MB


@dataclass(frozen=True)
class Verdict:
    """Whether PyTorch computes the same sizes up to the first layer that fails, and what it says of that layer.

    message is None where none fails, and where the layer is too large to be built for real.
    """

    agrees: bool
    message: str | None = None


def judge(layers: Sequence[Layer], traced: Sequence[LayerShape], input_shape: Shape) -> Verdict:
    """PyTorch's word on what `trace` says of these layers."""
    index = failing(traced)
    agrees = sizes(layers[:index], input_shape) == [row.output_shape for row in traced[:index]]
    if index is None:
        return Verdict(agrees)
    arriving = traced[index].input_shape
    assert arriving is not None
    said = message(layers[index], arriving)
    return Verdict(agrees, said)


def sizes(layers: Sequence[Layer], input_shape: Shape) -> list[Shape]:
    """The output shape of each layer for a batch of one, without the batch, as PyTorch computes it; up to the first that it refuses."""
    found: list[Shape] = []
    x = torch.empty(1, *input_shape, device="meta")
    with torch.no_grad():
        for layer in layers:
            try:
                x = _run(layer, x, "meta")
            except (RuntimeError, ValueError, IndexError, TypeError, ZeroDivisionError):
                break
            found.append(tuple(x.shape[1:]))
    return found


def message(layer: Layer, input_shape: Shape) -> str | None:
    """What PyTorch says when this layer gets a batch of one of this shape; None when it says nothing, or if it is too large to try.

    Only this layer is built, on the CPU, where PyTorch checks more than on the meta device and says it better.
    """
    if not affordable(layer, input_shape):
        return None
    try:
        with torch.no_grad():
            _run(layer, torch.zeros(1, *input_shape), "cpu")
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        return str(error)
    return None


def affordable(layer: Layer, input_shape: Shape) -> bool:
    """Whether building and running it for real stays below MOST_ELEMENTS numbers."""
    try:
        output = layer.row.shape(layer.values, input_shape)
    except InputError:  # it fails before there is an output
        output = (0,)
    return (
        layer.parameters + math.prod(input_shape) + math.prod(output) + _padded(layer, input_shape)
        <= MOST_ELEMENTS
    )


def _padded(layer: Layer, input_shape: Shape) -> int:
    """Numbers of the input with its borders, which some padding modes write out first."""
    if layer.kind != "Conv2d" or len(input_shape) != 3:
        return 0
    values = layer.values
    spans = zip(pair("kernel_size", values["kernel_size"]), pair("dilation", values["dilation"]), strict=True)
    same = isinstance(values["padding"], str)
    borders = (
        [kernel * dilation for kernel, dilation in spans]
        if same
        else pair("padding", values["padding"], low=0)
    )
    return input_shape[0] * math.prod(
        size + 2 * border for size, border in zip(input_shape[1:], borders, strict=True)
    )


def module(layer: Layer, device: str = "cpu") -> nn.Module:
    """The layer as torch.nn makes it, its weights not initialised, so that no random number is drawn."""
    kind: type[nn.Module] = getattr(nn, layer.kind)
    arguments: dict[str, Any] = dict(layer.params)
    if layer.row.group in ("convolution", "linear", "normalisation"):
        made: nn.Module = nn.utils.skip_init(kind, device=device, **arguments)  # type: ignore[no-untyped-call]
        return made
    return kind(**arguments)


def _run(layer: Layer, x: Tensor, device: str) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a copy that an even kernel with padding="same" costs, say
        output: Tensor = module(layer, device).eval()(x)
    return output
