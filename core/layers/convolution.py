"""Convolution, one output cell at a time: the numbers read, multiplied and added."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import InputError
from core.layers.weighted_sum import WeightedSum


def output_cell(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int,
    padding: int,
    dilation: int,
    out_channel: int,
    row: int,
    column: int,
) -> WeightedSum:
    """The terms of one cell of conv2d: x [1, C, H, W], weight [O, C, k, k], bias [O] or None.

    Raises InputError for a cell that the output doesn't have.
    """
    x = F.pad(x[0], (padding, padding, padding, padding))  # (C, H + 2p, W + 2p)
    height, width = weight.shape[-2:]
    rows = [row * stride + step * dilation for step in range(height)]
    columns = [column * stride + step * dilation for step in range(width)]
    inside = min(row, column) >= 0 and rows[-1] < x.shape[-2] and columns[-1] < x.shape[-1]
    if not inside or not 0 <= out_channel < len(weight):
        raise InputError("cell_outside", row=row, column=column)
    return WeightedSum(
        x[:, rows][:, :, columns], weight[out_channel], float(bias[out_channel]) if bias is not None else 0.0
    )


def flipped(weight: Tensor) -> Tensor:
    """Turn a kernel by 180°; conv2d with it is the convolution of mathematics and signal processing."""
    return weight.flip(-2, -1)


@dataclass(frozen=True, eq=False)
class ImpulseResponse:
    """Responses to a single 1 among zeros: impulse [2k-1, 2k-1], the other two [k, k]."""

    impulse: Tensor
    cross_correlation: Tensor
    convolution: Tensor


def impulse_response(plane: Tensor) -> ImpulseResponse:
    """Answer an impulse by conv2d and by convolution; plane is one channel of a kernel, [k, k].

    conv2d is cross-correlation and returns the kernel turned by 180°, a convolution the kernel itself.
    """
    size = plane.shape[-1]
    impulse = torch.zeros(2 * size - 1, 2 * size - 1)
    impulse[size - 1, size - 1] = 1
    x, weight = impulse[None, None], plane[None, None]
    return ImpulseResponse(impulse, F.conv2d(x, weight)[0, 0], F.conv2d(x, flipped(weight))[0, 0])
