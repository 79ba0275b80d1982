"""A network as boxes to scale: the image, each layer that changes the shape, the layer where it breaks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.shapes import LAYERS, LayerShape
from core.shapes.layers import OTHER, Shape

TALLEST = 130.0  # pixels: the longest edge of a map, or the longest vector
WIDEST = 56.0  # pixels: the most channels
THIN = 7.0
SLANT = 0.34  # share of an edge that leads away from the reader


@dataclass(frozen=True)
class Box:
    """One volume, in pixels: `height` for rows, `slant` for columns, `width` for channels.

    Edges grow with the square root. `layers` are the places in the list of the layer that makes the volume
    and of those that leave its shape as it is. A vector is a bar without columns. `group` is "image", a group
    of LAYERS, or "broken". A module whose output shape isn't known has a box without a shape.
    """

    names: tuple[str, ...]
    group: str
    shape: Shape | None
    height: float
    width: float
    slant: float
    layers: list[int] = field(default_factory=list)


def volumes(input_shape: Shape, traced: Sequence[LayerShape], image: str) -> list[Box]:
    """Boxes from the image, called `image`, to the output, or to the layer that breaks."""
    shapes = [input_shape, *(row.output_shape for row in traced if row.output_shape is not None)]
    scale = _Scale(shapes)
    boxes = [scale.box((image,), "image", input_shape, [])]
    for index, row in enumerate(traced):
        last = boxes[-1]
        if row.refusal is not None:
            boxes.append(_shapeless(row, "broken", index, last))
            break
        if row.output_shape is None:
            if row.kind == OTHER:
                boxes.append(_shapeless(row, "other", index, last))
            continue
        if (
            row.output_shape == row.input_shape
            and index
            and row.kind != OTHER
            and LAYERS[row.kind].group not in ("convolution", "linear", "residual")
        ):
            boxes[-1] = Box(
                (*last.names, row.name),
                last.group,
                last.shape,
                last.height,
                last.width,
                last.slant,
                [*last.layers, index],
            )
        else:
            boxes.append(scale.box((row.name,), LAYERS[row.kind].group, row.output_shape, [index]))
    return boxes


def _shapeless(row: LayerShape, group: str, index: int, last: Box) -> Box:
    return Box((row.name,), group, None, max(40.0, last.height), 26.0, last.slant, [index])


class _Scale:
    """Scale in pixels for each kind of edge; the largest of each kind gets the most."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._edge = max((edge for shape in shapes for edge in shape[1:]), default=1)
        self._channels = max(shape[0] for shape in shapes if len(shape) > 1)
        self._features = max((shape[0] for shape in shapes if len(shape) == 1), default=1)

    def box(self, names: tuple[str, ...], group: str, shape: Shape, layers: list[int]) -> Box:
        if len(shape) == 1:
            return Box(names, group, shape, _root(shape[0], self._features, TALLEST), THIN, 0.0, layers)
        height, across = (_root(edge, self._edge, TALLEST) for edge in (shape[1], shape[-1]))
        return Box(
            names, group, shape, height, _root(shape[0], self._channels, WIDEST), SLANT * across, layers
        )


def _root(number: int, largest: int, most: float) -> float:
    return round(max(THIN / 2, most * math.sqrt(number / largest)), 1)
