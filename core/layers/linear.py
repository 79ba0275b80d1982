"""Flatten and the linear layer after it, 16 x 5 x 5 -> 400 -> 120, as arithmetic and a 5 x 5 convolution."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.layers.weighted_sum import WeightedSum

Shape = tuple[int, int, int]  # channels, height, width


def flat_index(channel: int, row: int, column: int, shape: Shape) -> int:
    """Index at which flatten puts an element: channel by channel, row by row."""
    _, height, width = shape
    return channel * height * width + row * width + column


def place(index: int, shape: Shape) -> Shape:
    """The (channel, row, column) that flatten put at `index`; the inverse of flat_index."""
    _, height, width = shape
    return index // (height * width), index // width % height, index % width


def unit_terms(maps: Tensor, linear: nn.Linear, unit: int) -> WeightedSum:
    """The terms of output `unit`: its row of weights, folded back into the shape of the maps [C, H, W]."""
    return WeightedSum(maps, linear.weight[unit].detach().view_as(maps), float(linear.bias[unit].detach()))


def as_convolution(linear: nn.Linear, shape: Shape) -> nn.Conv2d:
    """The convolution equal to a linear layer: each output's kernel has the maps' size and fits only once."""
    channels, height, width = shape
    convolution = nn.Conv2d(channels, linear.out_features, kernel_size=(height, width))
    convolution.load_state_dict({"weight": linear.weight.view_as(convolution.weight), "bias": linear.bias})
    return convolution


@dataclass(frozen=True)
class Equality:
    """Two ways to the same numbers: output shapes, and the largest difference in float32 and in float64."""

    linear_shape: tuple[int, ...]
    convolution_shape: tuple[int, ...]
    difference: float
    difference_double: float
    equal: bool
    close: bool


@torch.no_grad()
def compare(maps: Tensor, linear: nn.Linear) -> Equality:
    """Compare flatten and linear with the convolution that equals them, on maps [N, C, H, W]."""
    convolution = as_convolution(linear, (maps.shape[1], maps.shape[2], maps.shape[3]))
    by_linear, by_convolution = linear(maps.flatten(1)), convolution(maps)  # (N, 120), (N, 120, 1, 1)
    exact_linear = F.linear(maps.double().flatten(1), linear.weight.double(), linear.bias.double())
    exact_convolution = convolution.double()(maps.double())
    return Equality(
        linear_shape=tuple(by_linear.shape),
        convolution_shape=tuple(by_convolution.shape),
        difference=float((by_linear - by_convolution.flatten(1)).abs().max()),
        difference_double=float((exact_linear - exact_convolution.flatten(1)).abs().max()),
        equal=torch.equal(by_linear, by_convolution.flatten(1)),
        close=torch.allclose(by_linear, by_convolution.flatten(1), atol=1e-4),
    )
