"""The numbers from which one unit's value is made: weighted sums, pooled windows, what is done one by one."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.inside.stages import Stage, Stages, Unit
from core.layers.weighted_sum import WeightedSum
from core.shapes.formula import pair


def convolved(module: nn.Conv2d, stage: Stage, x: Tensor, unit: Unit) -> WeightedSum:
    """The terms of a unit of a convolution that reads x [1, C, H, W]; inputs [C / groups, k, k]."""
    assert stage.windows is not None
    rows, columns = stage.windows
    borders = (columns.before, columns.after, rows.before, rows.after)
    mode = "constant" if module.padding_mode == "zeros" else module.padding_mode
    group = unit.channel // (module.out_channels // module.groups)
    channels = module.in_channels // module.groups
    padded = F.pad(x, borders, mode)[0, group * channels : (group + 1) * channels]
    down = [row + rows.before for row in rows.reads(unit.row)]
    across = [column + columns.before for column in columns.reads(unit.column)]
    bias = 0.0 if module.bias is None else float(module.bias[unit.channel].detach())
    return WeightedSum(padded[:, down][:, :, across], module.weight[unit.channel].detach(), bias)


def connected(module: nn.Linear, stages: Stages, stage: Stage, x: Tensor, index: int) -> WeightedSum:
    """The terms of unit `index` of a linear layer that reads x of one image, in the shape of maps if it can.

    Of more than one dimension the last is read, row by row.
    """
    row, unit = divmod(index, module.out_features)
    inputs = x.reshape(-1, module.in_features)[row]
    flattened = stages[stage.reads]
    source = stages[flattened.reads] if flattened.kind == "flatten" else flattened
    shape = source.output if source.is_map and source.count == len(inputs) else (1, 1, len(inputs))
    bias = 0.0 if module.bias is None else float(module.bias[unit].detach())
    return WeightedSum(inputs.view(shape), module.weight[unit].detach().view(shape), bias)


@dataclass(frozen=True, eq=False)
class Pooled:
    """A pooled window: values [h, w], nan outside the map, whose first is at (`top`, `left`).

    `winner` is the (row, column) that max pooling takes, `ties` how many are as large; an average divides the
    sum by `divisor`.
    """

    values: Tensor
    top: int
    left: int
    winner: tuple[int, int] | None = None
    ties: int = 0
    divisor: int = 1

    @property
    def total(self) -> float:
        """The largest, or the sum divided by the divisor."""
        inside = self.values[~self.values.isnan()].double()
        return float(inside.max() if self.winner else inside.sum() / self.divisor)


def pooled(module: nn.Module, stage: Stage, x: Tensor, unit: Unit) -> Pooled:
    """The window of a unit of a pooling over its map x [H, W]."""
    down, across = (
        _window(stage, axis, size, place)
        for axis, size, place in zip((0, 1), x.shape, (unit.row, unit.column), strict=True)
    )
    values = torch.tensor([[_cell(x, row, column) for column in across] for row in down])
    if "Avg" in stage.function:
        return Pooled(values, down[0], across[0], divisor=_divisor(module, x, down, across))
    place = int(values.nan_to_num(-torch.inf).argmax())
    winner = down[place // len(across)], across[place % len(across)]
    return Pooled(values, down[0], across[0], winner, int((values == x[winner]).sum()))


def _window(stage: Stage, axis: int, size: int, place: int) -> range:
    """Cells that a window reads; those of an adaptive pooling differ in size where it doesn't divide.

    Source: torch.nn.AdaptiveAvgPool2d, ATen/native/AdaptivePooling.h
    """
    if stage.windows is not None:
        return stage.windows[axis].reads(place)
    wanted = stage.output[axis + 1]
    return range(place * size // wanted, -(-(place + 1) * size // wanted))


def _cell(x: Tensor, row: int, column: int) -> float:
    """The value there, nan beyond the border."""
    height, width = x.shape
    return float(x[row, column]) if 0 <= row < height and 0 <= column < width else torch.nan


def _divisor(module: Any, x: Tensor, down: range, across: range) -> int:
    """What nn.AvgPool2d divides by: cells of the window, without padding if it isn't counted.

    Source: ATen/native/cpu/AvgPoolKernel.cpp
    """
    if getattr(module, "divisor_override", None):
        return int(module.divisor_override)
    counted = getattr(module, "count_include_pad", False)
    borders = pair("padding", module.padding, low=0) if counted else (0, 0)
    rows, columns = (
        min(cells.stop, size + border) - max(cells.start, -border)
        for cells, size, border in zip((down, across), x.shape, borders, strict=True)
    )
    return rows * columns


@dataclass(frozen=True)
class Normalised:
    """What BatchNorm does to one number in eval mode: (x - mean) / sqrt(var + eps) * weight + bias."""

    mean: float
    var: float
    eps: float
    weight: float
    bias: float

    def __call__(self, x: float) -> float:
        return float((x - self.mean) / (self.var + self.eps) ** 0.5 * self.weight + self.bias)


def normalised(module: Any, channel: int) -> Normalised:
    """The numbers of a channel of an nn.BatchNorm1d or 2d."""
    weight = 1.0 if module.weight is None else float(module.weight[channel].detach())
    bias = 0.0 if module.bias is None else float(module.bias[channel].detach())
    return Normalised(
        float(module.running_mean[channel]), float(module.running_var[channel]), module.eps, weight, bias
    )
