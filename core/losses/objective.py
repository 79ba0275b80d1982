"""Loss of one sample, cost of a batch, objective with weight decay, and where PyTorch puts each of them."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LR = 0.01  # of the one step compared; small enough that nothing else happens


@dataclass(frozen=True, eq=False)
class Objective:
    """Loss, cost and penalty of a mini-batch, and how weight decay compares with that penalty.

    `losses`: [N], of the samples. `cost`: their mean.
    `penalty`: weight_decay / 2 x the sum of all squared parameters.
    `step_difference`: largest difference of any parameter between one step of SGD with weight_decay and one
    of SGD without it on cost + penalty.
    `adamw_difference`: the same for AdamW and for Adam on cost + penalty, which aren't the same rule.
    `largest_step`: largest change of a parameter in that step of SGD, to compare the differences with.
    """

    losses: Tensor
    cost: float
    penalty: float
    step_difference: float
    adamw_difference: float
    largest_step: float

    @property
    def total(self) -> float:
        """Cost plus penalty."""
        return self.cost + self.penalty


def cost(model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    """Mean loss of the mini-batch, no penalty: criterion(model(images), labels), as training prints it."""
    return F.cross_entropy(model(x), labels)


def penalty(model: nn.Module, weight_decay: float) -> Tensor:
    """The L2 term over all that an optimizer gets from model.parameters(), biases included."""
    return (
        weight_decay / 2 * torch.stack([parameter.square().sum() for parameter in model.parameters()]).sum()
    )


def objective(model: nn.Module, x: Tensor, labels: Tensor, weight_decay: float) -> Objective:
    """Objective of a mini-batch of normalised images [N, 3, 32, 32]; `model` is left unchanged."""
    with torch.no_grad():
        losses = F.cross_entropy(model(x), labels, reduction="none")
        term = penalty(model, weight_decay).item()

    alone = _gradient(model, cost(model, x, labels))
    together = _gradient(model, cost(model, x, labels) + penalty(model, weight_decay))
    sgd = _after(model, alone, lambda p: torch.optim.SGD(p, lr=LR, weight_decay=weight_decay))
    sgd_together = _after(model, together, lambda p: torch.optim.SGD(p, lr=LR))
    adamw = _after(model, alone, lambda p: torch.optim.AdamW(p, lr=LR, weight_decay=weight_decay))
    adam_together = _after(model, together, lambda p: torch.optim.Adam(p, lr=LR))
    before = nn.utils.parameters_to_vector(model.parameters()).detach()
    return Objective(
        losses,
        losses.mean().item(),
        term,
        _largest_difference(sgd, sgd_together),
        _largest_difference(adamw, adam_together),
        _largest_difference(sgd, before),
    )


def _gradient(model: nn.Module, loss: Tensor) -> list[Tensor]:
    """Gradient by autograd, without a trace in the model, which may be shared."""
    return list(torch.autograd.grad(loss, list(model.parameters())))


def _after(
    model: nn.Module, gradient: list[Tensor], optimizer: Callable[[list[nn.Parameter]], torch.optim.Optimizer]
) -> Tensor:
    """All parameters of a copy of the model as one vector, after one step along this gradient."""
    parameters = list(copy.deepcopy(model).parameters())
    for parameter, values in zip(parameters, gradient, strict=True):
        parameter.grad = values.clone()
    optimizer(parameters).step()
    return nn.utils.parameters_to_vector(parameters).detach()


def _largest_difference(first: Tensor, second: Tensor) -> float:
    return (first - second).abs().max().item()
