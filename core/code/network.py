"""A network of the calculator as a program that prints the shape after each layer. Imports no torch."""

import math
from collections.abc import Sequence

from core import text
from core.code.program import Program, composed
from core.shapes.code import source
from core.shapes.layers import Layer, Merged, Shape
from core.shapes.trace import FLOAT32, LayerShape, names

SECTIONS = ("imports", "parameters", "network", "shapes")
LARGE = 2**30  # bytes; beyond, shapes alone are computed


def network_program(
    layers: Sequence[Layer], traced: Sequence[LayerShape], image: Shape, batch: int, language: str
) -> Program:
    """The layers as an nn.Module, built and run on a batch of images; comments are in the language."""
    numbers = batch * math.prod(image) + sum(row.parameters for row in traced)
    bytes_needed = FLOAT32 * numbers + batch * sum(row.memory for row in traced)
    values = {
        "batch": batch,
        "image": tuple(image),
        "large": bytes_needed > LARGE,
        "network": source(layers, traced).partition("\n\n\n")[2].rstrip(),
    }
    return composed("network", SECTIONS, values, language)


def network_printed(
    layers: Sequence[Layer], traced: Sequence[LayerShape], batch: int, language: str
) -> str | None:
    """What the program prints; None where it stops before the end, or has lines for the learner to fill."""
    lines = []
    for name, layer, row in zip(names(layers), layers, traced, strict=True):
        shape = row.output_shape
        if shape is None or isinstance(shape, Merged) or not layer.is_known:
            return None
        lines.append(f"{name:12} {[batch, *shape]!s:24} {row.parameters:12,}\n")
    total = sum(row.parameters for row in traced)
    return "".join([*lines, f"{total:,} {text.load(language, 'code')('network.parameters')}\n"])
