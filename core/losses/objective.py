"""Loss of one sample, cost of a batch, objective with weight decay: what each is, and where PyTorch puts it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LR = 0.01  # of the one step that is compared; small enough that nothing else happens


@dataclass(frozen=True, eq=False)
class Objective:
    """`losses` [N] of the samples, `cost` their mean, `penalty` weight_decay / 2 x the sum of all squared parameters.

    `step_difference`: largest difference of any parameter after one step of SGD with weight_decay, and of SGD without it on cost + penalty.
    `adamw_difference`: the same for AdamW and for Adam on cost + penalty, which aren't the same rule.
    `largest_step` is the largest change of a parameter in that step of SGD, to compare the differences with.
    """

    losses: Tensor
    cost: float
    penalty: float
    step_difference: float
    adamw_difference: float
    largest_step: float

    @property
    def total(self) -> float:
        return self.cost + self.penalty


def cost(model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    """What criterion(model(images), labels) returns and a training prints: the mean over the mini-batch, no penalty."""
    return F.cross_entropy(model(x), labels)


def penalty(model: nn.Module, weight_decay: float) -> Tensor:
    """The L2 term over everything that an optimizer gets from model.parameters(), biases included."""
    return (
        weight_decay / 2 * torch.stack([parameter.square().sum() for parameter in model.parameters()]).sum()
    )


def objective(model: nn.Module, x: Tensor, labels: Tensor, weight_decay: float) -> Objective:
    """Of one mini-batch, normalised images [N, 3, 32, 32]; `model` stays as it is."""
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
        _apart(sgd, sgd_together),
        _apart(adamw, adam_together),
        _apart(sgd, before),
    )


def _gradient(model: nn.Module, loss: Tensor) -> list[Tensor]:
    """By autograd, and without a trace in the model: it may be shared."""
    return list(torch.autograd.grad(loss, list(model.parameters())))


def _after(
    model: nn.Module, gradient: list[Tensor], optimizer: Callable[[list[nn.Parameter]], torch.optim.Optimizer]
) -> Tensor:
    """All parameters of a copy of the model in one vector, after one step along this gradient."""
    parameters = list(copy.deepcopy(model).parameters())
    for parameter, values in zip(parameters, gradient, strict=True):
        parameter.grad = values.clone()
    optimizer(parameters).step()
    return nn.utils.parameters_to_vector(parameters).detach()


def _apart(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().max().item()
