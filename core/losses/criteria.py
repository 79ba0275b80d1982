"""What may be used to judge a classifier's logits, well or badly: one table for menu, maths and curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

LOW, HIGH, POINTS = -10.0, 10.0, 81  # of the right class's logit in a sweep


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(logits, target, reduction="none")


def second_softmax(logits: Tensor, target: Tensor) -> Tensor:
    """The mistake: cross_entropy applies softmax itself, so here it is applied twice."""
    return F.cross_entropy(torch.softmax(logits, dim=1), target, reduction="none")


def mse_softmax(logits: Tensor, target: Tensor) -> Tensor:
    """Squared error of the probabilities, summed over the classes (Brier 1950)."""
    probabilities = torch.softmax(logits, dim=1)
    one_hot = F.one_hot(target, logits.shape[1]).float()
    return F.mse_loss(probabilities, one_hot, reduction="none").sum(dim=1)


def mse_logits(logits: Tensor, target: Tensor) -> Tensor:
    """Squared error of the logits themselves, summed over the classes: a logit of 10 for the right class is an error of 9."""
    one_hot = F.one_hot(target, logits.shape[1]).float()
    return F.mse_loss(logits, one_hot, reduction="none").sum(dim=1)


# Each takes logits [N, C] and targets [N] and gives a loss for each sample, [N].
CRITERIA: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "second_softmax": second_softmax,
    "mse_softmax": mse_softmax,
    "mse_logits": mse_logits,
}


@dataclass(frozen=True, eq=False)
class Judged:
    """Losses [N] and their gradients for the logits [N, C], by autograd."""

    losses: Tensor
    gradients: Tensor

    @property
    def norms(self) -> Tensor:
        """How strongly each sample pulls, [N]."""
        norms: Tensor = torch.linalg.vector_norm(self.gradients, dim=1)
        return norms


def judged(criterion: str, logits: Tensor, target: int) -> Judged:
    """What one of CRITERIA says to logits [N, C] that all belong to the class `target`."""
    z = logits.clone().requires_grad_()
    losses = CRITERIA[criterion](z, torch.full((len(z),), target))
    (gradients,) = torch.autograd.grad(losses.sum(), z)
    return Judged(losses.detach(), gradients)


@dataclass(frozen=True, eq=False)
class Sweep:
    """The same sample with its right class's logit going from LOW to HIGH; all are [POINTS].

    `x` that logit, `loss`, `norm` the length of the gradient, `pull` how strongly the criterion moves that logit up: minus its gradient.
    """

    x: Tensor
    loss: Tensor
    norm: Tensor
    pull: Tensor


def sweep(criterion: str, logits: Sequence[float], target: int) -> Sweep:
    x = torch.linspace(LOW, HIGH, POINTS)
    z = torch.tensor(logits, dtype=torch.float32).repeat(POINTS, 1)  # (POINTS, C)
    z[:, target] = x
    there = judged(criterion, z, target)
    return Sweep(x, there.losses, there.norms, -there.gradients[:, target])


def best_second_softmax(classes: int = 10) -> float:
    """The smallest loss that is left after a second softmax: the network is certain and right, its output is one-hot. ln(e + 9) - 1."""
    certain = F.one_hot(torch.tensor(0), classes).float()
    return F.cross_entropy(certain, torch.tensor(0)).item()
