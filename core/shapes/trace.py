"""An image's shape through every layer of a network, and the first layer that PyTorch would refuse."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import InputError, shown
from core.shapes.formula import LARGEST, Size, SizeFormula, convolution, pooling, whole
from core.shapes.layers import MOST_NUMBERS, Layer, Merged, Shape, unknown

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

    A shape is Merged where the batch, of one image, has become a part of it.
    They are None too from a module on whose output shape isn't known, without any refusal.
    macs: multiply-adds of a convolution or linear layer for one image, half of its FLOPs; a bias counts none.
    results: tensors of the output's shape that stay in memory, several from a block.
    receptive_field: rows and columns of the input that one number of the output depends on, borders included;
    the whole input from a linear layer over flattened numbers on. None where it isn't known or differs from
    number to number, as behind a module of the learner's own and behind what makes a map larger.
    refusal: why this layer fails, for a reader in any language; `error` is the same in English.
    """

    name: str
    kind: str
    input_shape: Shape | None
    output_shape: Shape | None
    parameters: int
    macs: int = 0
    results: int = 1
    receptive_field: tuple[int, int] | None = None
    refusal: InputError | None = None

    @property
    def error(self) -> str | None:
        """The refusal in English."""
        return None if self.refusal is None else str(self.refusal)

    @property
    def memory(self) -> int:
        """Bytes of the output, and of all outputs within a block, for one image in float32."""
        return 0 if self.output_shape is None else FLOAT32 * self.results * math.prod(self.output_shape)


@dataclass(frozen=True)
class _Field:
    """The receptive field so far, and the distance in the input between neighbours of the output.

    Source: Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks",
    equations 1 and 2.
    """

    size: tuple[int, int] | None = (1, 1)
    jump: tuple[int, int] = (1, 1)
    final: bool = False  # no later layer changes it

    def after(self, layer: Layer, arriving: Shape, image: Shape) -> "_Field":
        """The field behind this layer."""
        if not layer.is_known:
            return _Field(None, final=True)
        if self.final:
            return self
        if layer.row.mixes is not None:
            return self._mixed(*_reads_all(layer, arriving), image)
        if layer.row.windows is None:
            return self
        windows = layer.row.windows(layer.values, arriving) if len(arriving) == 3 else None
        if windows is None or self.size is None:
            return _Field(None)
        axes = list(zip(self.size, self.jump, windows, strict=True))
        rows, columns = (size + (axis.span - 1) * jump for size, jump, axis in axes)
        down, right = (axis.stride * jump for _, jump, axis in axes)
        return _Field((rows, columns), (down, right))

    def _mixed(self, rows: bool, columns: bool, image: Shape) -> "_Field":
        """The field behind a layer that reads all rows or columns."""
        if rows and columns:
            return _Field((image[1], image[2]), final=True)
        if self.size is None:
            return self
        return replace(self, size=(image[1] if rows else self.size[0], image[2] if columns else self.size[1]))


def _reads_all(layer: Layer, arriving: Shape) -> tuple[bool, bool]:
    """Whether one output number depends on every row, and on every column, of what arrives."""
    assert layer.row.mixes is not None
    merged = isinstance(arriving, Merged)
    dims = len(arriving)
    read = {dim + merged for dim in layer.row.mixes(layer.values, dims + (not merged))}
    return (2 in read, 3 in read) if dims == 3 else (dims in read,) * 2


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
                    macs=layer.row.macs(layer.values, arriving or (), output or ()),
                    results=layer.row.results(layer.values),
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
            raise unknown(layer)
        seen[layer.row.prefix] += 1
        layer_names.append(f"{layer.row.prefix}{seen[layer.row.prefix]}")
    return layer_names


def failing(traced: Sequence[LayerShape]) -> int | None:
    """Index of the first layer that PyTorch would refuse; None where it refuses none."""
    return next((index for index, row in enumerate(traced) if row.refusal is not None), None)


def _output(layer: Layer, arriving: Shape) -> Shape | None:
    output = layer.output(arriving)
    largest = max(math.prod(output or ()), layer.parameters)
    if largest > MOST_NUMBERS:
        raise InputError("layer_too_large", kind=layer.kind, count=shown(largest), most=shown(MOST_NUMBERS))
    return output


def _image(shape: object) -> Shape:
    if not isinstance(shape, tuple | list) or len(shape) != 3:
        raise InputError("shape_image", value=shown(shape))
    sides = zip(("channels", "height", "width"), shape, strict=True)
    return tuple(whole(name, number, 1, LARGEST) for name, number in sides)
