"""Cross-entropy from logits to gradient, of a sample and a batch with each reduction, by PyTorch itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.outcome import Outcome, outcome

REDUCTIONS = ("none", "mean", "sum")


@dataclass(frozen=True, eq=False)
class CrossEntropy:
    """One sample from logits to gradient; tensors are [classes], float32 as in training.

    `wanted` is the smoothed one-hot target; `naive` is the right class's -log(softmax) computed literally,
    inf where p became 0.
    """

    logits: Tensor
    target: int
    probabilities: Tensor
    wanted: Tensor
    loss: float
    gradient: Tensor
    naive: float

    @property
    def p(self) -> float:
        """Probability of the right class."""
        return float(self.probabilities[self.target])

    @property
    def predicted(self) -> int:
        """Class with the largest logit; finding it needs no softmax."""
        return int(self.logits.argmax())


def cross_entropy(
    logits: Sequence[float], target: int, temperature: float = 1.0, label_smoothing: float = 0.0
) -> CrossEntropy:
    """`F.cross_entropy(logits / temperature, target, label_smoothing=...)` and its gradient by autograd.

    The gradient for the logits is (softmax(logits / T) - wanted) / T.
    Source: Szegedy et al. 2016, section 7 (label smoothing); Hinton et al. 2015, section 2 (temperature).
    """
    z = torch.tensor(logits, dtype=torch.float32, requires_grad=True)  # (C,)
    loss = F.cross_entropy(z / temperature, torch.tensor(target), label_smoothing=label_smoothing)
    (gradient,) = torch.autograd.grad(loss, z)
    probabilities = torch.softmax(z.detach() / temperature, dim=0)
    one_hot = F.one_hot(torch.tensor(target), len(z)).float()
    wanted = (1 - label_smoothing) * one_hot + label_smoothing / len(z)
    naive = float(-torch.log(probabilities[target]))
    return CrossEntropy(z.detach(), target, probabilities, wanted, loss.item(), gradient, naive)


@dataclass(frozen=True, eq=False)
class SoftmaxTerms:
    """exp(z - max z) of each logit, float64 [classes]; a class's share is its power over the total."""

    powers: Tensor

    @property
    def total(self) -> float:
        """Sum of the powers."""
        return float(self.powers.sum())


def softmax_terms(logits: Tensor) -> SoftmaxTerms:
    """Powers that a softmax of logits [classes] adds up; subtracting the largest logit prevents overflow."""
    z = logits.double()
    return SoftmaxTerms((z - z.max()).exp())


def minus_log(points: int = 101) -> list[tuple[float, float]]:
    """The curve (p, -ln p) from p = 0.001 to 1."""
    p = torch.linspace(0.1, 1, points) ** 3  # denser where the curve is steep
    return list(zip(p.tolist(), (-torch.log(p)).tolist(), strict=True))


def descend(
    logits: Sequence[float],
    target: int,
    temperature: float = 1.0,
    label_smoothing: float = 0.0,
    lr: float = 1.0,
) -> list[float]:
    """The logits after one step of torch.optim.SGD on the logits themselves."""
    z = torch.tensor(logits, dtype=torch.float32, requires_grad=True)
    optimizer = torch.optim.SGD([z], lr=lr)
    F.cross_entropy(z / temperature, torch.tensor(target), label_smoothing=label_smoothing).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return z.tolist()


@dataclass(frozen=True, eq=False)
class Reduced:
    """A batch's loss with one reduction: `loss` is [N] for "none", else a scalar.

    `gradient` is [N, C], None where backward() failed. `losses` are the samples' own, class weights included;
    `divisor` is what "mean" divides their sum by.
    """

    loss: Tensor
    losses: Tensor
    divisor: float
    gradient: Tensor | None
    backward: Outcome


def reduced(
    logits: Sequence[Sequence[float]], targets: Sequence[int], reduction: str, weight: Sequence[float]
) -> Reduced:
    """Run `F.cross_entropy` over a batch, then `loss.backward()`, which refuses a loss that isn't one number.

    `weight` is one number per class. With it "mean" divides by the weights of the right classes, not by N.
    """
    z = torch.tensor(logits, dtype=torch.float32, requires_grad=True)  # (N, C)
    target, weights = torch.tensor(targets), torch.tensor(weight, dtype=torch.float32)
    losses = F.cross_entropy(z.detach(), target, weight=weights, reduction="none")
    loss = F.cross_entropy(z, target, weight=weights, reduction=reduction)
    backward = outcome(loss.backward)
    return Reduced(loss.detach(), losses, float(weights[target].sum()), z.grad, backward)
