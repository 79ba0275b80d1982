"""Pooling, one window at a time: the winning element, and the gradient on its way back."""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import InputError

Kind = Literal["max", "average"]
KINDS: tuple[Kind, ...] = ("max", "average")


@dataclass(frozen=True)
class Pooling:
    """Settings of nn.MaxPool2d or nn.AvgPool2d."""

    kind: Kind = "max"
    kernel_size: int = 2
    stride: int = 2
    padding: int = 0

    def __call__(self, x: Tensor) -> Tensor:
        """Pool [N, C, H, W] or [C, H, W]. Raises PyTorch's own RuntimeError for impossible settings."""
        pool = F.max_pool2d if self.kind == "max" else F.avg_pool2d
        pooled: Tensor = pool(x, self.kernel_size, self.stride, self.padding)
        return pooled


@dataclass(frozen=True, eq=False)
class Window:
    """Input of one output cell: values [k, k], nan for padding, at `rows` and `columns` of the input.

    `winner` is the (row, column) of the element that max pooling takes, `ties` how many are as large.
    """

    values: Tensor
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    winner: tuple[int, int] | None
    ties: int
    total: float


def window(x: Tensor, pooling: Pooling, row: int, column: int) -> Window:
    """The window of one output cell over a map x [H, W].

    Raises InputError for a cell that the output doesn't have.
    """
    pooled = pooling(x[None])[0]
    if not (0 <= row < pooled.shape[0] and 0 <= column < pooled.shape[1]):
        raise InputError("cell_outside", row=row, column=column)
    edge = pooling.padding
    padded = F.pad(x, (edge, edge, edge, edge), value=float("nan"))
    top, left, size = row * pooling.stride, column * pooling.stride, pooling.kernel_size
    values = padded[top : top + size, left : left + size]
    total = float(pooled[row, column])
    winner = None
    if pooling.kind == "max":
        place = int(winners(x, pooling)[row, column])
        winner = (place // x.shape[1], place % x.shape[1])
    return Window(
        values=values,
        rows=tuple(range(top - edge, top - edge + size)),
        columns=tuple(range(left - edge, left - edge + size)),
        winner=winner,
        ties=int((values == total).sum()) if winner else 0,
        total=total,
    )


def winners(x: Tensor, pooling: Pooling) -> Tensor:
    """Element of x [H, W] that each output cell of max pooling takes: int64 [oH, oW] of row x W + column."""
    indices: Tensor = F.max_pool2d(
        x[None], pooling.kernel_size, pooling.stride, pooling.padding, return_indices=True
    )[1]
    return indices[0]


def gradient_back(x: Tensor, pooling: Pooling, cell: tuple[int, int] | None = None) -> Tensor:
    """Gradient at each element of x [H, W], by autograd, when it is 1 at one output cell or at all of them.

    Max pooling hands it to the winner alone (one of equal elements), average pooling an equal share to each.
    """
    x = x.detach().clone().requires_grad_()
    pooled = pooling(x[None])[0]
    (gradient,) = torch.autograd.grad(pooled.sum() if cell is None else pooled[cell], x)
    return gradient


def tied_windows(x: Tensor, pooling: Pooling) -> int:
    """Number of max-pooling windows in which the largest value occurs more than once."""
    size, step, edge = pooling.kernel_size, pooling.stride, pooling.padding
    padded = F.pad(x[None, None], (edge, edge, edge, edge), value=float("-inf"))
    columns = F.unfold(padded, size, stride=step)  # (1, k x k, windows)
    return int(((columns == columns.max(1, keepdim=True).values).sum(1) > 1).sum())


def corner_of_a_constant(pooling: Pooling, value: float = -5.0) -> float:
    """The first output over a map that is `value` everywhere.

    Max pooling pads with minus infinity, average pooling with zeros.
    """
    return float(pooling(torch.full((1, 16, 16), value))[0, 0, 0])
