"""Kinds of layers that are small networks of their own: the residual block."""

import math
from collections.abc import Mapping

from core.shapes.formula import SizeFormula, convolution
from core.shapes.kinds import LayerKind, Param, Shape, Values, Windows, need_channels, need_map


def _block_shape(values: Values, shape: Shape) -> Shape:
    need_map("BasicBlock", shape)
    need_channels("inplanes", values["inplanes"], shape[0])
    height, width = convolution(shape[-2:], 3, values["stride"], 1)
    return values["planes"], height.checked(), width.checked()


def _fits_shortcut(values: Values) -> bool:
    """Whether the shortcut is a 1 x 1 convolution, since the shape changes."""
    return bool(values["stride"] != 1 or values["inplanes"] != values["planes"])


def _weights(values: Values) -> int:
    """Weights of the convolutions."""
    inplanes, planes = values["inplanes"], values["planes"]
    return int(9 * planes * (inplanes + planes) + inplanes * planes * _fits_shortcut(values))


def _windows(values: Values, shape: Shape) -> Windows:
    """Both convolutions as one: the second one's three cells lie `stride` cells of the input apart."""
    stride = values["stride"]
    rows, columns = (SizeFormula(size, 3 + 2 * stride, stride, 1 + stride, 1 + stride) for size in shape[-2:])
    return rows, columns


BLOCKS: Mapping[str, LayerKind] = {
    "BasicBlock": LayerKind(
        "block",
        "residual",
        (Param("inplanes", "whole"), Param("planes", "whole"), Param("stride", "whole", 1)),
        _block_shape,
        parameters=lambda values: (
            _weights(values) + 2 * values["planes"] * (2 + _fits_shortcut(values))  # those of BatchNorm
        ),
        macs=lambda values, arriving, output: _weights(values) * math.prod(output[-2:]),
        windows=_windows,
        # of two convolutions, BatchNorm twice, ReLU twice and the sum; of convolution and BatchNorm
        results=lambda values: 7 + 2 * _fits_shortcut(values),
        merged="batch",
    ),
}
