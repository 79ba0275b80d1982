"""An image's shape through every layer of a network, and the first layer that PyTorch would refuse."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import InputError, shown
from core.shapes.formula import LARGEST, Size, SizeFormula, convolution, pooling, whole
from core.shapes.layers import LAYERS, MOST_NUMBERS, Layer, Shape

MOST_LAYERS = 100
FLOAT32 = 4  # bytes


def conv_output_size(
    size: Size, kernel_size: Size, stride: Size = 1, padding: Size | str = 0, dilation: Size = 1
) -> Size:
    """Output size of nn.Conv2d: floor((size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.

    Each argument is a whole number for a square or (height, width), padding also "same" or "valid";
    the result is a pair where any argument is a pair.
    Raises InputError for a value that is not allowed, and for a kernel larger than its padded input.
    """
    return _joined(
        convolution(size, kernel_size, stride, padding, dilation),
        size,
        kernel_size,
        stride,
        padding,
        dilation,
    )


def pool_output_size(
    size: Size,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Size:
    """Output size of nn.MaxPool2d, and with dilation 1 of nn.AvgPool2d.

    stride None is the kernel's size; padding is at most half the kernel. With ceil_mode the quotient is
    rounded up, unless the last window would start in the padding behind the input.
    Takes, returns and raises what conv_output_size does, but no padding words.
    """
    windows = pooling(size, kernel_size, stride, padding, dilation, ceil_mode)
    return _joined(windows, size, kernel_size, stride, padding, dilation)


def _joined(windows: tuple[SizeFormula, SizeFormula], *arguments: Any) -> Size:
    height, width = (window.checked() for window in windows)
    return (height, width) if any(isinstance(argument, tuple | list) for argument in arguments) else height


@dataclass(frozen=True)
class LayerShape:
    """Shapes and costs of one layer; shapes lack the batch and are None from the failing layer's output on.

    They are None too from a module on whose output shape isn't known, without any refusal.
    macs: multiply-adds of a convolution or linear layer for one image, half of its FLOPs; a bias counts none.
    receptive_field: rows and columns of the input that one number of the output depends on, borders included;
    the whole input from a linear layer over flattened numbers on, None from a module of the learner's own on.
    refusal: why this layer fails, for a reader in any language; `error` is the same in English.
    """

    name: str
    kind: str
    input_shape: Shape | None
    output_shape: Shape | None
    parameters: int
    macs: int = 0
    receptive_field: tuple[int, int] | None = None
    refusal: InputError | None = None

    @property
    def error(self) -> str | None:
        """The refusal in English."""
        return None if self.refusal is None else str(self.refusal)

    @property
    def memory(self) -> int:
        """Bytes of the output for one image in float32."""
        return 0 if self.output_shape is None else FLOAT32 * math.prod(self.output_shape)


@dataclass(frozen=True)
class _Field:
    """The receptive field so far, and the distance in the input between neighbours of the output.

    Source: Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks",
    equations 1 and 2.
    """

    size: tuple[int, int] | None = (1, 1)
    jump: tuple[int, int] = (1, 1)

    def after(self, layer: Layer, arriving: Shape, image: Shape) -> "_Field":
        if self.size is None or not layer.is_known:
            return _Field(None)
        if layer.kind in ("Linear", "Softmax"):
            rows, columns = _reads_all(layer, len(arriving))
            return replace(
                self, size=(image[1] if rows else self.size[0], image[2] if columns else self.size[1])
            )
        if layer.row.windows is None:
            return self
        if len(arriving) != 3:
            return _Field(None)
        axes = layer.row.windows(layer.values, arriving)
        grown = [
            size + (axis.span - 1) * jump for size, axis, jump in zip(self.size, axes, self.jump, strict=True)
        ]
        jumps = [axis.stride * jump for axis, jump in zip(axes, self.jump, strict=True)]
        return _Field((grown[0], grown[1]), (jumps[0], jumps[1]))


def _reads_all(layer: Layer, dims: int) -> tuple[bool, bool]:
    """Whether one output number depends on every row, and on every column, of a `dims`-dimensional input."""
    dim = layer.values.get("dim", dims)  # Linear reads all of the last dimension; 0 is the batch
    axis = 1 if dim is None else dim % (dims + 1)
    return (axis == 2, axis == 3) if dims == 3 else (axis == dims,) * 2


def trace(layers: Sequence[Layer], input_shape: Sequence[int]) -> list[LayerShape]:
    """Trace the shape of one image [channels, height, width] through every layer.

    The first layer that PyTorch would refuse holds the reason. A module of the learner's own is taken at its
    word, whatever arrives.
    Raises InputError for an invalid input shape or more than MOST_LAYERS layers.
    """
    image = _image(input_shape)
    if len(layers) > MOST_LAYERS:
        raise InputError("layers_too_many", count=len(layers), most=MOST_LAYERS)
    arriving: Shape | None = image
    field = _Field()
    broken = False
    traced = []
    for name, layer in zip(names(layers), layers, strict=True):
        row = LayerShape(name, layer.kind, arriving, None, layer.parameters)
        if not broken and (arriving is not None or not layer.is_known):
            try:
                output = _output(layer, arriving or ())
                field = field.after(layer, arriving or (), image)
                row = replace(
                    row,
                    output_shape=output,
                    macs=0 if output is None else layer.row.macs(layer.values, output),
                    receptive_field=field.size,
                )
            except InputError as error:
                row, broken = replace(row, refusal=error), True
        traced.append(row)
        arriving = row.output_shape
    return traced


def names(layers: Sequence[Layer]) -> list[str]:
    """Names that a learner would choose: conv1, relu1, pool1, conv2 ..."""
    seen: Counter[str] = Counter()
    layer_names = []
    for layer in layers:
        if not isinstance(layer, Layer):
            raise InputError("layer_unknown", kind=shown(layer), allowed=tuple(LAYERS))
        seen[layer.row.prefix] += 1
        layer_names.append(f"{layer.row.prefix}{seen[layer.row.prefix]}")
    return layer_names


def failing(traced: Sequence[LayerShape]) -> int | None:
    """Index of the first layer that PyTorch would refuse; None where it refuses none."""
    return next((index for index, row in enumerate(traced) if row.refusal is not None), None)


def _output(layer: Layer, arriving: Shape) -> Shape | None:
    output = layer.row.shape(layer.values, arriving)
    largest = max(math.prod(output or ()), layer.parameters)
    if largest > MOST_NUMBERS:
        raise InputError("layer_too_large", kind=layer.kind, count=shown(largest), most=shown(MOST_NUMBERS))
    return output


def _image(shape: object) -> Shape:
    if not isinstance(shape, tuple | list) or len(shape) != 3:
        raise InputError("shape_image", value=shown(shape))
    sides = zip(("channels", "height", "width"), shape, strict=True)
    return tuple(whole(name, number, 1, LARGEST) for name, number in sides)
