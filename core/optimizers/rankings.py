"""Ranking of every optimizer from many starts at many learning rates.

The real torch.optim steps, for a whole column of starts at a time.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.checks import Bounds, one_of, within
from core.optimizers.surfaces import SURFACES, Surface
from core.optimizers.table import OPTIMIZERS
from core.optimizers.trajectories import complete, limited
from core.optimizers.update import Update
from core.progress import Progress

SIZE = 16  # starts
STEPS = 200
NEVER = -1
_SIDE = Bounds(1, 64)  # cells
BLOCK = 20  # steps between two checks for arrivals
RATES = tuple(10 ** (-3 + index / 3) for index in range(10))  # 0.001 to 1


@dataclass(frozen=True, eq=False)
class Ranking:
    """First steps at the goal: int64 [optimizers, rates, starts], -1 where `most` steps don't reach it."""

    surface: str
    optimizers: tuple[str, ...]
    rates: tuple[float, ...]
    starts: tuple[tuple[float, float], ...]
    most: int
    steps: Tensor

    def first(self, rate: int, start: int) -> list[str]:
        """Optimizers that arrive first in one cell; several in a tie, an empty list where none arrives."""
        column = self.steps[:, rate, start].tolist()
        best = min((step for step in column if step != NEVER), default=None)
        return [
            name
            for name, step in zip(self.optimizers, column, strict=True)
            if step == best and best is not None
        ]

    @classmethod
    def from_json(cls, surface: str, values: Mapping[str, Any]) -> "Ranking":
        """Restore a ranking on this surface from the result of `to_json`."""
        starts = tuple((x, y) for x, y in values["starts"])
        return cls(
            surface,
            tuple(values["optimizers"]),
            tuple(values["rates"]),
            starts,
            values["most"],
            torch.tensor(values["steps"]),
        )

    def to_json(self) -> dict[str, Any]:
        """The ranking as plain lists, numbers and strings."""
        axes = {"optimizers": self.optimizers, "rates": self.rates, "starts": self.starts, "most": self.most}
        return {**axes, "steps": self.steps.tolist()}

    def arriving(self, rate: int, start: int) -> tuple[str, ...]:
        """Optimizers that reach the goal in one cell."""
        return tuple(
            name
            for name, step in zip(self.optimizers, self.steps[:, rate, start].tolist(), strict=True)
            if step != NEVER
        )

    @property
    def cells(self) -> int:
        """Number of pairs of a rate and a start."""
        return len(self.rates) * len(self.starts)

    @property
    def unreached(self) -> int:
        """Number of cells in which no optimizer reaches the goal."""
        return int((self.steps == NEVER).all(0).sum())

    def shares(self) -> dict[str, int]:
        """Cells won by each optimizer, most frequent winner first; ties count for all, zeros are left out."""
        cells = [
            self.first(rate, start) for rate in range(len(self.rates)) for start in range(len(self.starts))
        ]
        counts = {name: sum(name in cell for cell in cells) for name in self.optimizers}
        return dict(
            sorted(((name, count) for name, count in counts.items() if count), key=lambda entry: -entry[1])
        )


def usual_starts(surface: str) -> tuple[tuple[float, float], ...]:
    """Sixteen starts: ever farther from a saddle's ridge; elsewhere on the line through the usual start."""
    row = SURFACES[one_of("surface", surface, SURFACES)]
    x, y = row.start
    if row.escape is not None:
        return tuple((x, 10 ** (-6 + 5.5 * index / (SIZE - 1))) for index in range(SIZE))
    left, right = row.window[:2]
    return tuple((left + (right - left) * (index + 0.5) / SIZE, y) for index in range(SIZE))


def rank(
    surface: str,
    starts: Sequence[tuple[float, float]] | None = None,
    rates: Sequence[float] = RATES,
    steps: int = STEPS,
    optimizers: Sequence[str] = tuple(OPTIMIZERS),
) -> Generator[Progress, None, Ranking]:
    """Race all optimizers with torch's defaults from every start at every rate; report each column.

    The goal is a best minimum or, on a surface without one, leaving the saddle. Elementwise rules take a
    column of starts as one parameter [starts, 2]. Returns the Ranking.
    Raises InputError for an unknown name or a number out of range.
    """
    row = SURFACES[one_of("surface", surface, SURFACES)]
    starts = tuple(starts or usual_starts(surface))
    within("starts", len(starts), _SIDE)
    within("rates", len(rates), _SIDE)
    points = torch.tensor([[limited("start", number) for number in start] for start in starts])
    most = limited("steps", steps)
    found = torch.full((len(optimizers), len(rates), len(starts)), NEVER)
    for index, name in enumerate(one_of("optimizer", name, OPTIMIZERS) for name in optimizers):
        for column, rate in enumerate(rates):
            found[index, column] = torch.from_numpy(_column(row, name, points, rate, most))
            yield Progress(index * len(rates) + column + 1, found[..., 0].numel())
    return Ranking(surface, tuple(optimizers), tuple(rates), starts, most, found)


def _column(surface: Surface, name: str, starts: Tensor, rate: float, most: int) -> np.ndarray[Any, Any]:
    """First step at the goal for each start; stops early once all have arrived or none can."""
    hyper: dict[str, Any] = complete(name, {"lr": rate})
    points = starts.clone()
    points.grad = torch.zeros_like(starts)
    update = Update(OPTIMIZERS[name].build([points], hyper.pop("lr"), hyper.pop("weight_decay"), **hyper))
    here, gradient = points.numpy(), points.grad.numpy()
    arrived = np.where(_at_goal(surface, here), 0, NEVER)
    block = np.empty((BLOCK, *here.shape), dtype=np.float32)
    with np.errstate(all="ignore"):
        for done in range(0, most, BLOCK):
            for index in range(BLOCK):
                gradient[:, 0], gradient[:, 1] = surface.slope(here[:, 0], here[:, 1])
                update()
                block[index] = here
            hits = _at_goal(surface, block)
            news = (arrived == NEVER) & hits.any(0)
            arrived[news] = done + 1 + hits.argmax(0)[news]
            if ((arrived != NEVER) | ~np.isfinite(here).all(1)).all():
                break
    arrived[arrived > most] = NEVER  # the last block may go beyond `most`
    return arrived


def _at_goal(surface: Surface, points: np.ndarray[Any, Any]) -> Any:
    if not surface.goals:
        return np.abs(points[..., 1]) > (surface.escape or math.inf)
    hits = np.zeros(points.shape[:-1], dtype=bool)
    for x, y in surface.goals:
        across, up = points[..., 0] - np.float32(x), points[..., 1] - np.float32(y)
        hits |= across * across + up * up < surface.reach**2
    return hits
