"""PyTorch's verdict on a network: sizes on the meta device, which allocates nothing, and error messages.

A module of the learner's own can't be built: it is left out, and the sizes behind it start from its shape.
"""

import inspect
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import InputError
from core.shapes.basic_block import BasicBlock
from core.shapes.formula import pair
from core.shapes.layers import Layer, Merged, Shape
from core.shapes.trace import LayerShape, failing

_REFUSALS = (RuntimeError, ValueError, IndexError, TypeError, AssertionError, ZeroDivisionError)
MOST_ELEMENTS = 2_000_000  # weights, input and output of a layer built for real: 8 MB


@dataclass(frozen=True)
class Verdict:
    """Whether PyTorch computes the same sizes up to the first layer that fails, and its message there.

    Sizes that nobody knows, those behind a module without a shape, count as the same.

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
    return Verdict(agrees, None if arriving is None else message(layers[index], arriving))


def sizes(layers: Sequence[Layer], input_shape: Shape) -> list[Shape | None]:
    """PyTorch's output shapes for a batch of one, without the batch, up to the first layer it refuses.

    A module of the learner's own has the shape that it claims, and None stands for unknown shapes. The batch
    stays where Flatten(0) has made it a part of the shape.
    """
    found: list[Shape | None] = []
    x: Tensor | None = torch.empty(1, *input_shape, device="meta")
    merged = False
    with torch.no_grad():
        for layer in layers:
            merged = layer.is_known and (merged or (x is not None and _merges(layer, x)))
            try:
                x = _after(layer, x)
            except _REFUSALS:
                break
            found.append(None if x is None else tuple(x.shape[not merged :]))
    return found


def _after(layer: Layer, x: Tensor | None) -> Tensor | None:
    if layer.is_known:
        return None if x is None else _run(layer, x, "meta")
    shape: Shape | None = layer.values["shape"]
    return None if shape is None else torch.empty(_whole(shape), device="meta")


def _whole(shape: Shape) -> Shape:
    """The shape of a tensor that holds one image."""
    return tuple(shape) if isinstance(shape, Merged) else (1, *shape)


def _merges(layer: Layer, x: Tensor) -> bool:
    """Whether this layer makes the batch a part of a larger dimension."""
    if layer.kind != "Flatten":
        return False
    first, last = (layer.values[name] % x.dim() for name in ("start_dim", "end_dim"))
    return bool(first == 0 < last)


def message(layer: Layer, input_shape: Shape) -> str | None:
    """PyTorch's error for this layer on a batch of one; None without an error or for too large a layer.

    Only this layer is built, on the CPU, where PyTorch checks more and words errors better than on the meta
    device.
    """
    if not affordable(layer, input_shape):
        return None
    try:
        with torch.no_grad():
            _run(layer, torch.zeros(_whole(input_shape)), "cpu")
    except _REFUSALS as error:
        return str(error)
    return None


def affordable(layer: Layer, input_shape: Shape) -> bool:
    """Whether building and running the layer for real takes at most MOST_ELEMENTS numbers."""
    try:
        output = layer.output(input_shape)
    except InputError:  # fails before producing an output
        output = (0,)
    return (
        layer.parameters
        + math.prod(input_shape)
        + layer.row.results(layer.values) * math.prod(output or ())
        + _padded(layer, input_shape)
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


def layer_class(kind: str) -> type[nn.Module]:
    """The class of this kind: torch.nn's, or ours for a block."""
    found: type[nn.Module] = BasicBlock if kind == "BasicBlock" else getattr(nn, kind)
    return found


def module(layer: Layer, device: str = "cpu") -> nn.Module:
    """The layer with its weights uninitialised, so no random number is drawn.

    Raises InputError for a module of the learner's own, whose code isn't known.
    """
    if not layer.is_known:
        raise InputError("layer_not_built", name=layer.values["name"])
    kind = layer_class(layer.kind)
    arguments: dict[str, Any] = dict(layer.params)
    if "device" in inspect.signature(kind).parameters:
        made: nn.Module = nn.utils.skip_init(kind, device=device, **arguments)  # type: ignore[no-untyped-call]
        return made
    with torch.device("meta"):
        return kind(**arguments).to_empty(device=device)


def _run(layer: Layer, x: Tensor, device: str) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the copy that an even kernel with padding="same" costs
        output: Tensor = module(layer, device).eval()(x)
    return output
