"""The path of a torch.optim optimizer on a surface, step by step, and its outcome."""

import base64
import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from core.checks import SEED, Bounds, known, one_of, within
from core.errors import InputError, shown
from core.optimizers.surfaces import SURFACES, Surface
from core.optimizers.table import LR, OPTIMIZERS, WEIGHT_DECAY, Hyper
from core.optimizers.update import Update
from core.progress import Progress

__all__ = ["OPTIMIZERS", "SURFACES", "Trajectory", "Walk", "hyper_of", "race", "seconds", "trajectory"]

MOST_STEPS = 2000
FAR = 1e6  # a coordinate beyond this has left for good; what is computed from it soon follows
LIMITS: Mapping[str, Bounds] = {
    "start": Bounds(-1e3, 1e3),
    "steps": Bounds(0, MOST_STEPS),
    "noise": Bounds(0.0, 100.0),
    "seed": SEED,
}
# Microseconds of a step, of which torch's own function takes nearly all: one thread, torch 2.15.
_STEP = {
    "sgd": 4,
    "momentum": 8,
    "nesterov": 9,
    "adagrad": 14,
    "adadelta": 25,
    "rmsprop": 16,
    "adam": 22,
    "adamw": 25,
    "nadam": 27,
    "radam": 33,
}
_DECAY = {"adamw": 0.01}  # torch's default; the others have none


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A path as torch gives it: points float32 [steps + 1, 2], values float32 [steps + 1], the start first.

    diverged_at: the first step after which the value is not finite or a coordinate lies beyond 1e6; None if
    there is none. The path goes on after it with whatever torch computes, infinities and NaN included.
    """

    optimizer: str
    surface: str
    points: Tensor
    values: Tensor
    diverged_at: int | None

    @classmethod
    def of(cls, optimizer: str, surface: str, points: Tensor) -> Self:
        """The path through these points, with the surface's values there."""
        values = SURFACES[surface].value(points[:, 0], points[:, 1])
        gone = ~values.isfinite() | ~(points.abs() <= FAR).all(1)
        return cls(optimizer, surface, points, values, _first(gone))

    @classmethod
    def from_json(cls, values: Mapping[str, str]) -> Self:
        """Restore a path, bit for bit, from the result of `to_json`."""
        points = np.frombuffer(base64.b64decode(values["points"]), "<f4").astype(np.float32).reshape(-1, 2)
        return cls.of(values["optimizer"], values["surface"], torch.from_numpy(points))

    def to_json(self) -> dict[str, str]:
        """The path as strings: its points as little-endian float32 in base64, infinities and NaN included."""
        points = base64.b64encode(self.points.numpy().astype("<f4").tobytes()).decode("ascii")
        return {"optimizer": self.optimizer, "surface": self.surface, "points": points}

    def left_at(self) -> int | None:
        """First step off the saddle; None where the path never leaves or there is no saddle to leave."""
        escape = SURFACES[self.surface].escape
        return None if escape is None else _first(self.points[:, 1].abs() > escape)

    def reached_at(self) -> int | None:
        """First step within `reach` of a best minimum; None where the path never gets there."""
        return _first(distance(self.points, SURFACES[self.surface].goals) < SURFACES[self.surface].reach)

    @property
    def fell(self) -> bool:
        """Whether the path went out of bounds downwards, on a surface without a bottom."""
        bottomless = not SURFACES[self.surface].goals
        return bottomless and self.diverged_at is not None and bool(self.values[self.diverged_at] < 0)

    def done_at(self) -> int | None:
        """The step that counts in a race: at the bottom or, on a surface without one, off the saddle."""
        return self.reached_at() if SURFACES[self.surface].goals else self.left_at()


class Walk:
    """An optimizer on a surface, ready to step: a parameter of two numbers, its gradient, torch's optimizer.

    `point` and `gradient` are views of torch's memory. Step t adds noise * z[t] to the gradient, where z is
    torch.randn(2000, 2) with this seed: the same for every optimizer and any number of steps.
    Raises InputError as `trajectory` does.
    """

    def __init__(
        self,
        optimizer: str,
        surface: str,
        start: Sequence[float],
        *,
        noise: float = 0.0,
        seed: int = 0,
        **hyper: float,
    ) -> None:
        one_of("optimizer", optimizer, OPTIMIZERS)
        self.surface: Surface = SURFACES[one_of("surface", surface, SURFACES)]
        self.hyper = complete(optimizer, hyper)
        self.parameter = torch.tensor(_start(start), dtype=torch.float32)
        self.parameter.grad = torch.zeros(2)
        build: dict[str, Any] = dict(self.hyper)
        self.optimizer = OPTIMIZERS[optimizer].build(
            [self.parameter], build.pop("lr"), build.pop("weight_decay"), **build
        )
        self._update = Update(self.optimizer)
        self.point, self.gradient = self.parameter.numpy(), self.parameter.grad.numpy()
        self._noise = _noise(limited("noise", noise), limited("seed", seed))
        self.steps_done = 0

    def look(self) -> None:
        """Compute the gradient for the next step, noise included; the same bits as autograd's."""
        self.gradient[0], self.gradient[1] = self.surface.slope(self.point[0], self.point[1])
        if self._noise is not None:
            self.gradient += self._noise[self.steps_done]

    def step(self) -> None:
        """Compute the gradient and do what `optimizer.step()` does."""
        self.look()
        self._update()
        self.steps_done += 1


def trajectory(
    optimizer: str,
    surface: str,
    start: Sequence[float],
    steps: int,
    *,
    noise: float = 0.0,
    seed: int = 0,
    **hyper: float,
) -> Trajectory:
    """Path of `steps` steps (0 to 2,000) from `start`, bit for bit that of a plain float32 torch.optim loop.

    hyper: lr, weight_decay and the optimizer's own; the rest take torch's defaults (momentum 0.9 where that
    is the point).
    noise: standard deviation of the noise added to each gradient; see Walk.
    Raises InputError for an unknown name, a start that is not two numbers from -1000 to 1000, or any other
    value out of range.
    """
    steps = limited("steps", steps)
    points = np.empty((steps + 1, 2), dtype=np.float32)
    # a diverging path overflows, which is a finding; nobody asks for gradients of what is done here
    with np.errstate(all="ignore"), torch.inference_mode():
        walk = Walk(optimizer, surface, start, noise=noise, seed=seed, **hyper)
        points[0] = walk.point
        for index in range(1, steps + 1):
            walk.step()
            points[index] = walk.point
    return Trajectory.of(optimizer, surface, torch.from_numpy(points))


def seconds(optimizer: str, steps: int) -> float:
    """About how long `trajectory` takes."""
    return 1e-6 * _STEP[optimizer] * steps


def race(
    hyper: Mapping[str, Mapping[str, Any]], surface: str, start: Sequence[float], steps: int, **noise: Any
) -> Generator[Progress, None, list[Trajectory]]:
    """Paths of several optimizers, each by its name with its hyper-parameters; the rest as `trajectory`."""
    paths = []
    for optimizer, own in hyper.items():
        paths.append(trajectory(optimizer, surface, start, steps, **noise, **own))
        yield Progress(len(paths), len(hyper))
    return paths


def distance(points: Tensor, targets: Sequence[tuple[float, float]]) -> Tensor:
    """Distances [N] of points [N, 2] to the nearest target; infinite without targets, NaN for a NaN point."""
    if not targets:
        return points.new_full((len(points),), math.inf)
    away = points[:, None] - torch.tensor(targets, dtype=points.dtype)  # (N, targets, 2)
    nearest: Tensor = torch.linalg.vector_norm(away, dim=2).amin(1)
    return nearest


def hyper_of(optimizer: str) -> Mapping[str, Hyper]:
    """All hyper-parameters of the arena with their defaults: lr, the optimizer's own, weight_decay."""
    kind = OPTIMIZERS[optimizer]
    return {
        "lr": Hyper(kind.lr, LR.low, LR.high),
        **kind.hyper,
        "weight_decay": Hyper(_DECAY.get(optimizer, 0.0), WEIGHT_DECAY.low, WEIGHT_DECAY.high),
    }


def complete(optimizer: str, hyper: Mapping[str, float]) -> dict[str, float]:
    """Check `hyper` and add the defaults for the rest. Raises InputError."""
    rows = hyper_of(optimizer)
    known(hyper, rows)
    for name, value in hyper.items():
        rows[name].checked(name, value)
    return {name: float(hyper.get(name, row.default)) for name, row in rows.items()}


def limited(name: str, value: Any) -> Any:
    """Return a number that LIMITS allows. Raises InputError."""
    return within(name, value, LIMITS[name])


def _start(start: Any) -> list[float]:
    try:
        numbers = [number.item() if isinstance(number, Tensor | np.generic) else number for number in start]
    except (TypeError, ValueError, RuntimeError):
        numbers = []
    if len(numbers) != 2:
        raise InputError("start_wrong", value=shown(start))
    return [limited("start", number) for number in numbers]


def _noise(strength: float, seed: int) -> np.ndarray[Any, Any] | None:
    if not strength:
        return None
    noise: np.ndarray[Any, Any] = (
        strength * torch.randn(MOST_STEPS, 2, generator=torch.Generator().manual_seed(seed))
    ).numpy()
    return noise


def _first(hits: Tensor) -> int | None:
    found = hits.nonzero()
    return int(found[0]) if len(found) else None
