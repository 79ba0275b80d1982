"""PyTorch's verdict on a network: sizes on the meta device, which allocates nothing, and error messages."""

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

MOST_ELEMENTS = 2_000_000  # weights, input and output of a layer built for real: 8 MB


@dataclass(frozen=True)
class Verdict:
    """Whether PyTorch computes the same sizes up to the first layer that fails, and its message there.

    message is None where no layer fails, and where the failing layer is too large to be built for real.
    """

    agrees: bool
    message: str | None = None


def judge(layers: Sequence[Layer], traced: Sequence[LayerShape], input_shape: Shape) -> Verdict:
    """Check the result of `trace` for these layers against PyTorch."""
    index = failing(traced)
    agrees = sizes(layers[:index], input_shape) == [row.output_shape for row in traced[:index]]
    if index is None:
        return Verdict(agrees)
    arriving = traced[index].input_shape
    assert arriving is not None
    error_text = message(layers[index], arriving)
    return Verdict(agrees, error_text)


def sizes(layers: Sequence[Layer], input_shape: Shape) -> list[Shape]:
    """PyTorch's output shapes for a batch of one, without the batch, up to the first layer it refuses."""
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
    """PyTorch's error for this layer on a batch of one; None without an error or for too large a layer.

    Only this layer is built, on the CPU, where PyTorch checks more and words errors better than on the meta
    device.
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
    """Whether building and running the layer for real takes at most MOST_ELEMENTS numbers."""
    try:
        output = layer.row.shape(layer.values, input_shape)
    except InputError:  # fails before producing an output
        output = (0,)
    return (
        layer.parameters + math.prod(input_shape) + math.prod(output) + _padded(layer, input_shape)
        <= MOST_ELEMENTS
    )


def _padded(layer: Layer, input_shape: Shape) -> int:
    """Numbers in the padded input, which some padding modes write out first."""
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
    """The torch.nn layer with its weights uninitialised, so no random number is drawn."""
    kind: type[nn.Module] = getattr(nn, layer.kind)
    arguments: dict[str, Any] = dict(layer.params)
    if layer.row.group in ("convolution", "linear", "normalisation"):
        made: nn.Module = nn.utils.skip_init(kind, device=device, **arguments)  # type: ignore[no-untyped-call]
        return made
    return kind(**arguments)


def _run(layer: Layer, x: Tensor, device: str) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the copy that an even kernel with padding="same" costs
        output: Tensor = module(layer, device).eval()(x)
    return output
