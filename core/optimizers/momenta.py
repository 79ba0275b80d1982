"""Momentum as an average with weight 1 - beta, as many tutorials write it, and as torch's sum."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.checks import Bounds, one_of, within
from core.optimizers.trajectories import MOST_STEPS
from core.optimizers.update import Update

BETA = Bounds(0.0, 0.999)
STREAMS = ("constant", "noisy", "turning")


@dataclass(frozen=True, eq=False)
class Momenta:
    """Positions by torch's and by the tutorial's rule, float64 [steps + 1] from 0 on."""

    torch: Tensor
    tutorial: Tensor

    @property
    def ratio(self) -> Tensor:
        """Torch's position over the tutorial's, [steps]: how much farther torch has come."""
        return self.torch[1:] / self.tutorial[1:]


def momenta(gradients: Sequence[float], lr: float, beta: float, *, matched: bool = False) -> Momenta:
    """Apply both rules to the same gradients, whatever the position.

    torch: v = beta v + g, by torch.optim.SGD. tutorial: m = beta m + (1 - beta) g. They then step by -lr v
    and -lr m; `matched` gives the tutorial's rule lr / (1 - beta), and the two agree.
    Raises InputError for no or more than 2,000 gradients, or a beta that is not from 0 to 0.999.
    """
    within("gradients", len(gradients), Bounds(1, MOST_STEPS))
    within("beta", beta, BETA)
    position = torch.zeros(1, dtype=torch.float64)
    position.grad = torch.zeros_like(position)
    update = Update(torch.optim.SGD([position], lr=lr, momentum=beta))
    torch_path, tutorial_path = [0.0], [0.0]
    mean, rate = 0.0, lr / (1 - beta) if matched else lr
    for gradient in gradients:
        position.grad.fill_(gradient)
        update()
        torch_path.append(position.item())
        mean = beta * mean + (1 - beta) * gradient
        tutorial_path.append(tutorial_path[-1] - rate * mean)
    return Momenta(
        torch.tensor(torch_path, dtype=torch.float64), torch.tensor(tutorial_path, dtype=torch.float64)
    )


def stream(kind: str, steps: int) -> list[float]:
    """A stream of gradients: "constant" is 1, "turning" 1, -1, 1 ..., "noisy" normal around 1.

    The noise has a fixed seed.
    Raises InputError for another kind.
    """
    one_of("stream", kind, STREAMS)
    if kind == "constant":
        return [1.0] * steps
    if kind == "turning":
        return [(-1.0) ** step for step in range(steps)]
    noise: list[float] = torch.randn(MOST_STEPS, generator=torch.Generator().manual_seed(0)).tolist()
    return [1.0 + value for value in noise[:steps]]
