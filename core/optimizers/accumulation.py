"""Gradients that add up in `w.grad`: one weight, a few batches, with and without zero_grad()."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.checks import Bounds, one_of, within
from core.outcome import Outcome, outcome

START, LR, MOMENTUM = 1.0, 0.15, 0.9
# Batches of two samples (x, y) for the line y = w x; no two have the same gradient at START.
BATCHES = (
    ((1.0, 2.0), (2.0, 5.0)),
    ((1.0, 1.5), (2.0, 3.0)),
    ((1.0, 3.0), (2.0, 4.0)),
    ((1.0, 0.5), (3.0, 6.0)),
)
COUNT = Bounds(1, len(BATCHES))
WAYS = ("forgotten", "cleared", "divided")  # no zero_grad(); one before each backward(); none, and loss / n


@dataclass(frozen=True)
class Call:
    """A call of the loop, "zero_grad" or "backward".

    `own` is the gradient of this batch alone, `grad` is `w.grad` after the call; None where there is none.
    """

    name: str
    own: float | None
    grad: float | None


@dataclass(frozen=True)
class Accumulation:
    """The calls, what the optimizer's step then made of `w`, and the loss of all samples before and after."""

    calls: tuple[Call, ...]
    grad: float
    before: float
    after: float
    loss_before: float
    loss_after: float


def accumulated(count: int, way: str) -> Accumulation:
    """Call backward() on `count` batches in one of WAYS, then take one step of SGD.

    Raises InputError for another count or way.
    """
    samples = [torch.tensor(batch).unbind(1) for batch in BATCHES[: within("count", count, COUNT)]]
    one_of("way", way, WAYS)
    w = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=LR)
    calls = []
    for x, y in samples:
        if way == "cleared":
            optimizer.zero_grad()
            calls.append(Call("zero_grad", None, _number(w.grad)))
        loss = F.mse_loss(w * x, y)
        if way == "divided":
            loss = loss / count
        (own,) = torch.autograd.grad(loss, w, retain_graph=True)
        loss.backward()  # type: ignore[no-untyped-call]
        calls.append(Call("backward", own.item(), _number(w.grad)))
    return _stepped(w, optimizer, tuple(calls), count)


def together(count: int) -> Accumulation:
    """The same samples as one large batch: one backward(), one step. Raises InputError for another count."""
    x, y = _all(within("count", count, COUNT))
    w = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=LR)
    F.mse_loss(w * x, y).backward()  # type: ignore[no-untyped-call]
    grad = _number(w.grad)
    return _stepped(w, optimizer, (Call("backward", grad, grad),), count)


@dataclass(frozen=True)
class Cleared:
    """`w.grad` after zero_grad() as Python prints it, its norm, and how far the next step moves `w`."""

    grad: str
    norm: Outcome
    moved: float


def cleared(*, set_to_none: bool) -> Cleared:
    """Take a step with momentum, call zero_grad(), and step again without another backward()."""
    w = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=LR, momentum=MOMENTUM)
    x, y = _all(1)
    F.mse_loss(w * x, y).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    optimizer.zero_grad(set_to_none=set_to_none)
    grad, norm = str(w.grad), outcome(lambda: w.grad.norm())  # type: ignore[union-attr]
    before = w.item()
    optimizer.step()
    return Cleared(grad, norm, w.item() - before)


def _stepped(
    w: Tensor, optimizer: torch.optim.Optimizer, calls: tuple[Call, ...], count: int
) -> Accumulation:
    x, y = _all(count)
    grad, before, loss_before = _number(w.grad) or 0.0, w.item(), F.mse_loss(w * x, y).item()
    optimizer.step()
    return Accumulation(calls, grad, before, w.item(), loss_before, F.mse_loss(w * x, y).item())


def _all(count: int) -> tuple[Tensor, Tensor]:
    """x and y of all samples of the first `count` batches, each [2 count]."""
    x, y = torch.tensor(BATCHES[:count]).flatten(0, 1).unbind(1)
    return x, y


def _number(grad: Tensor | None) -> float | None:
    return None if grad is None else grad.item()
