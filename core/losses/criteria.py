"""Criteria for a classifier's logits, good and bad ones: one table for menu, maths and curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

LOW, HIGH, POINTS = -10.0, 10.0, 81  # of the right class's logit in a sweep


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of each sample, softmax included."""
    return F.cross_entropy(logits, target, reduction="none")


def second_softmax(logits: Tensor, target: Tensor) -> Tensor:
    """The mistake of applying softmax twice: cross_entropy applies it already."""
    return F.cross_entropy(torch.softmax(logits, dim=1), target, reduction="none")


def mse_softmax(logits: Tensor, target: Tensor) -> Tensor:
    """Squared error of the probabilities, summed over the classes (Brier 1950)."""
    probabilities = torch.softmax(logits, dim=1)
    one_hot = F.one_hot(target, logits.shape[1]).float()
    return F.mse_loss(probabilities, one_hot, reduction="none").sum(dim=1)


def mse_logits(logits: Tensor, target: Tensor) -> Tensor:
    """Squared error of the logits, summed over the classes; a right class's logit of 10 is an error of 9."""
    one_hot = F.one_hot(target, logits.shape[1]).float()
    return F.mse_loss(logits, one_hot, reduction="none").sum(dim=1)


# Each takes logits [N, C] and targets [N] and returns a loss for each sample, [N].
CRITERIA: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "second_softmax": second_softmax,
    "mse_softmax": mse_softmax,
    "mse_logits": mse_logits,
}


@dataclass(frozen=True, eq=False)
class Judged:
    """Losses [N] and, by autograd, their gradients with respect to the logits [N, C]."""

    losses: Tensor
    gradients: Tensor

    @property
    def norms(self) -> Tensor:
        """Length of each sample's gradient, [N]: how strongly the sample pulls."""
        norms: Tensor = torch.linalg.vector_norm(self.gradients, dim=1)
        return norms


def judged(criterion: str, logits: Tensor, target: int) -> Judged:
    """Apply one of CRITERIA to logits [N, C] that all belong to the class `target`."""
    z = logits.clone().requires_grad_()
    losses = CRITERIA[criterion](z, torch.full((len(z),), target))
    (gradients,) = torch.autograd.grad(losses.sum(), z)
    return Judged(losses.detach(), gradients)


@dataclass(frozen=True, eq=False)
class Sweep:
    """One sample with its right class's logit running from LOW to HIGH; all fields are [POINTS].

    `x` is that logit, `loss` the loss, `norm` the length of the gradient; `pull`, minus the gradient of that
    logit, is how strongly the criterion moves that logit up.
    """

    x: Tensor
    loss: Tensor
    norm: Tensor
    pull: Tensor


def sweep(criterion: str, logits: Sequence[float], target: int) -> Sweep:
    """Apply a criterion while the right class's logit runs from LOW to HIGH."""
    x = torch.linspace(LOW, HIGH, POINTS)
    z = torch.tensor(logits, dtype=torch.float32).repeat(POINTS, 1)  # (POINTS, C)
    z[:, target] = x
    swept = judged(criterion, z, target)
    return Sweep(x, swept.losses, swept.norms, -swept.gradients[:, target])


def best_second_softmax(classes: int = 10) -> float:
    """Smallest loss after a second softmax, from a certain, correct, one-hot output: ln(e + 9) - 1."""
    certain = F.one_hot(torch.tensor(0), classes).float()
    return F.cross_entropy(certain, torch.tensor(0)).item()
