"""Mean squared error of a few numbers, and its distortion by broadcasting when the shapes differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.outcome import outcome


@dataclass(frozen=True, eq=False)
class SquaredError:
    """Squared error of N numbers by each reduction.

    `squares` [N] is reduction="none"; `gradient` [N] belongs to "mean" and is 2 (prediction - target) / N.
    """

    squares: Tensor
    mean: float
    sum: float
    gradient: Tensor


def squared_error(predictions: Sequence[float], targets: Sequence[float]) -> SquaredError:
    """`F.mse_loss` of N numbers each, with every reduction. Raises ValueError where the lengths differ."""
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions, {len(targets)} targets")
    prediction = torch.tensor(predictions, dtype=torch.float32, requires_grad=True)
    target = torch.tensor(targets, dtype=torch.float32)
    squares, mean, total = (
        F.mse_loss(prediction, target, reduction=reduction) for reduction in ("none", "mean", "sum")
    )
    (gradient,) = torch.autograd.grad(mean, prediction)
    return SquaredError(squares.detach(), mean.item(), total.item(), gradient)


@dataclass(frozen=True, eq=False)
class Broadcast:
    """A column (N, 1) against a row (N,): `squares` [N, N] gets computed.

    `loss` is the mean of `squares`, `meant` the mean of its diagonal.
    """

    squares: Tensor
    loss: float
    meant: float
    warning: str


def broadcast(predictions: Sequence[float], targets: Sequence[float]) -> Broadcast:
    """Make the mistake that PyTorch only warns of: targets without the dimension of size 1.

    The predictions have it, as a Linear(..., 1) returns them.
    """
    column = torch.tensor(predictions, dtype=torch.float32).unsqueeze(1)  # (N, 1)
    row = torch.tensor(targets, dtype=torch.float32)  # (N,)
    squares: list[Tensor] = []
    result = outcome(lambda: squares.append(F.mse_loss(column, row, reduction="none")))
    meant = F.mse_loss(column, row.unsqueeze(1)).item()  # (N, 1) against (N, 1)
    return Broadcast(squares[0], squares[0].mean().item(), meant, " ".join(result.warnings))
