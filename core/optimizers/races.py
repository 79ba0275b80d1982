"""A race of optimizers: its settings, and presets worth starting from."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.optimizers.table import OPTIMIZERS

FIRST = ("sgd", "momentum", "rmsprop", "adam")


@dataclass(frozen=True)
class Race:
    """Settings that all racers share, and the racers. lr: one for all; None gives each torch's default."""

    surface: str
    start: tuple[float, float]
    steps: int
    lr: float | None
    optimizers: tuple[str, ...] = FIRST
    noise: float = 0.0


PRESETS: Mapping[str, Race] = {
    "ridge": Race("saddle", (1.0, 1e-3), 400, 0.01),
    "flip": Race("saddle", (1.0, 1e-3), 40, 0.1, (*FIRST, "adagrad")),
    "axis": Race("saddle", (1.0, 0.0), 400, 0.01, tuple(OPTIMIZERS)),
    "noise": Race("bounded-saddle", (1.5, 0.0), 400, 0.02, FIRST, noise=0.05),
    "ravine": Race("ravine", (-5.0, -2.0), 60, 0.45),
    "valley": Race("rosenbrock", (-1.2, 1.0), 1000, 0.001, ("sgd", "momentum", "nesterov", "adam")),
    "plateau": Race("plateau", (-4.0, 2.0), 600, 0.1),
}
