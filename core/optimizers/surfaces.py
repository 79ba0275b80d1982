"""The surfaces of the arena: functions of two parameters, their slopes and the points where they are flat.

A value is computed by torch, so autograd gives its gradient. `slope` is the same gradient written out on
numpy's float32, in the order in which autograd adds its terms: equal bit for bit (tested), at a fiftieth of
the time.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

Array = Any  # numpy float32, a scalar or an array of any shape
Kind = Literal["minimum", "saddle", "maximum"]
Frame = tuple[float, float, float, float]


@dataclass(frozen=True)
class Flat:
    """A point where the gradient is zero; `best` marks a minimum with none lower."""

    kind: Kind
    x: float
    y: float
    best: bool = False


@dataclass(frozen=True)
class Surface:
    """One row of the table.

    value: x and y as tensors of one shape -> the same shape. slope: numpy x, y -> both partial derivatives.
    window: left, right, bottom, top of the drawing. start: default start of a race.
    reach: distance from a best minimum that counts as arrival.
    escape: |y| beyond which a path has left the saddle at the origin.
    log: whether the contours are spaced by log(1 + value - lowest).
    """

    formula: str
    value: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Array, Array], tuple[Array, Array]]
    window: Frame
    start: tuple[float, float]
    flat: tuple[Flat, ...]
    reach: float = 0.1
    escape: float | None = None
    log: bool = False
    source: str = ""

    def gradient(self, points: Tensor) -> Tensor:
        """The gradient by autograd: points [..., 2] -> [..., 2]."""
        leaf = points.detach().clone().requires_grad_()
        with torch.enable_grad():
            self.value(leaf[..., 0], leaf[..., 1]).sum().backward()  # type: ignore[no-untyped-call]
        assert leaf.grad is not None
        return leaf.grad

    def points(self, *kinds: Kind) -> list[tuple[float, float]]:
        """Flat points of these kinds."""
        return [(point.x, point.y) for point in self.flat if point.kind in kinds]

    @property
    def goals(self) -> list[tuple[float, float]]:
        """The best minima; empty where the surface has no bottom."""
        return [(point.x, point.y) for point in self.flat if point.best]

    def field(self, size: int, window: Frame | None = None) -> Tensor:
        """Values on a grid over the window: float64 [size, size], rows bottom up, columns left to right."""
        left, right, bottom, top = window or self.window
        x, y = (torch.linspace(*ends, size, dtype=torch.float64) for ends in ((left, right), (bottom, top)))
        return self.value(x.expand(size, size), y[:, None].expand(size, size))


def _saddle(x: Tensor, y: Tensor) -> Tensor:
    return x**2 - y**2


def _saddle_slope(x: Array, y: Array) -> tuple[Array, Array]:
    return 2 * x, -(2 * y)


def _bounded_saddle(x: Tensor, y: Tensor) -> Tensor:
    return x**2 - y**2 + y**4 / 4


def _bounded_saddle_slope(x: Array, y: Array) -> tuple[Array, Array]:
    return 2 * x, 0.25 * (4 * (y * y * y)) + -(2 * y)


def _ravine(x: Tensor, y: Tensor) -> Tensor:
    return 0.1 * x**2 + 2 * y**2


def _ravine_slope(x: Array, y: Array) -> tuple[Array, Array]:
    return 0.1 * (2 * x), 2 * (2 * y)


def _beale(x: Tensor, y: Tensor) -> Tensor:
    a = 1.5 - x + x * y
    b = 2.25 - x + x * y**2
    c = 2.625 - x + x * y**3
    return a**2 + b**2 + c**2


def _beale_slope(x: Array, y: Array) -> tuple[Array, Array]:
    square, cube = y * y, y * y * y
    a = 2 * (1.5 - x + x * y)
    b = 2 * (2.25 - x + x * square)
    c = 2 * (2.625 - x + x * cube)
    return c * cube - c + b * square - b + a * y - a, c * x * (3 * square) + b * x * (2 * y) + a * x


def _rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _rosenbrock_slope(x: Array, y: Array) -> tuple[Array, Array]:
    bend = 100 * (2 * (y - x * x))
    return -bend * (2 * x) - 2 * (1 - x), bend


def _himmelblau(x: Tensor, y: Tensor) -> Tensor:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _himmelblau_slope(x: Array, y: Array) -> tuple[Array, Array]:
    a, b = 2 * (x * x + y - 11), 2 * (x + y * y - 7)
    return b + a * (2 * x), b * (2 * y) + a


def _rastrigin(x: Tensor, y: Tensor) -> Tensor:
    return 20 + x**2 + y**2 - 10 * torch.cos(2 * math.pi * x) - 10 * torch.cos(2 * math.pi * y)


def _rastrigin_slope(x: Array, y: Array) -> tuple[Array, Array]:
    both = np.array((x, y))
    sines = torch.sin(
        torch.from_numpy((2 * math.pi) * both)
    ).numpy()  # torch's own sine: numpy's may differ in the last bit
    across, up = (2 * math.pi) * (10 * sines) + 2 * both
    return across, up


def _plateau(x: Tensor, y: Tensor) -> Tensor:
    return 1 - 1 / (1 + x**2 + 4 * y**2)


def _plateau_slope(x: Array, y: Array) -> tuple[Array, Array]:
    inverse = 1 / (1 + x * x + 4 * (y * y))
    square = inverse * inverse
    return square * (2 * x), (4 * square) * (2 * y)


def _lattice() -> tuple[Flat, ...]:
    """Points where x + 10 pi sin(2 pi x) = 0 in x and in y: valleys near the integers, hills between them."""
    valleys = (-1.98991, -0.99496, 0.0, 0.99496, 1.98991)
    hills = (-2.51274, -1.50764, -0.50255, 0.50255, 1.50764, 2.51274)
    kinds: dict[tuple[bool, bool], Kind] = {(True, True): "minimum", (False, False): "maximum"}
    return tuple(
        Flat(kinds.get((x in valleys, y in valleys), "saddle"), x, y, best=x == y == 0)
        for x in valleys + hills
        for y in valleys + hills
    )


SURFACES: Mapping[str, Surface] = {
    "saddle": Surface(
        "f(x, y) = x^2 - y^2",
        _saddle,
        _saddle_slope,
        window=(-1.5, 1.5, -1.5, 1.5),
        start=(1.0, 1e-3),
        flat=(Flat("saddle", 0, 0),),
        escape=1.0,
    ),
    "bounded-saddle": Surface(
        r"f(x, y) = x^2 - y^2 + \tfrac{1}{4} y^4",
        _bounded_saddle,
        _bounded_saddle_slope,
        window=(-2.0, 2.0, -2.0, 2.0),
        start=(1.5, 1e-3),
        flat=(
            Flat("saddle", 0, 0),
            Flat("minimum", 0, -math.sqrt(2), best=True),
            Flat("minimum", 0, math.sqrt(2), best=True),
        ),
        escape=1.0,
    ),
    "ravine": Surface(
        r"f(x, y) = \tfrac{1}{10} x^2 + 2 y^2",
        _ravine,
        _ravine_slope,
        window=(-6.0, 3.0, -4.0, 4.0),
        start=(-5.0, -2.0),
        flat=(Flat("minimum", 0, 0, best=True),),
        source="Zhang et al., Dive into Deep Learning, section 12.6",
    ),
    "beale": Surface(
        "f(x, y) = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
        _beale,
        _beale_slope,
        window=(-4.5, 4.5, -4.5, 4.5),
        start=(1.0, 1.5),
        flat=(Flat("minimum", 3, 0.5, best=True), Flat("saddle", 0, 1), Flat("saddle", 0.10054, -2.64451)),
        log=True,
        source="Beale 1958",
    ),
    "rosenbrock": Surface(
        "f(x, y) = (1 - x)^2 + 100\\,(y - x^2)^2",
        _rosenbrock,
        _rosenbrock_slope,
        window=(-2.0, 2.0, -1.0, 3.0),
        start=(-1.2, 1.0),
        flat=(Flat("minimum", 1, 1, best=True),),
        log=True,
        source="Rosenbrock 1960",
    ),
    "himmelblau": Surface(
        "f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        _himmelblau,
        _himmelblau_slope,
        window=(-6.0, 6.0, -6.0, 6.0),
        start=(0.0, 0.0),
        flat=(
            Flat("minimum", 3, 2, best=True),
            Flat("minimum", -2.805118, 3.131313, best=True),
            Flat("minimum", -3.779310, -3.283186, best=True),
            Flat("minimum", 3.584428, -1.848127, best=True),
            Flat("saddle", 0.086678, 2.884255),
            Flat("saddle", 3.385154, 0.073852),
            Flat("saddle", -3.073026, -0.081353),
            Flat("saddle", -0.127961, -1.953715),
            Flat("maximum", -0.270845, -0.923039),
        ),
        log=True,
        source="Himmelblau 1972",
    ),
    "rastrigin": Surface(
        r"f(x, y) = 20 + x^2 + y^2 - 10 \cos 2\pi x - 10 \cos 2\pi y",
        _rastrigin,
        _rastrigin_slope,
        window=(-2.6, 2.6, -2.6, 2.6),
        start=(-2.2, 1.8),
        flat=_lattice(),
        source="Rastrigin 1974",
    ),
    "plateau": Surface(
        r"f(x, y) = 1 - \frac{1}{1 + x^2 + 4 y^2}",
        _plateau,
        _plateau_slope,
        window=(-5.0, 5.0, -3.0, 3.0),
        start=(-4.0, 2.0),
        flat=(Flat("minimum", 0, 0, best=True),),
    ),
}
