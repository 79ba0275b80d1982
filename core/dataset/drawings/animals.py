"""Birds and frogs in several poses. Figures face right; the frame mirrors them."""

import math
from random import Random

from core.dataset.drawings.pen import Colour, Pen, Point, shade

EYE: Colour = (20, 20, 22)
WHITE: Colour = (245, 245, 240)


def bird(pen: Pen, rng: Random) -> None:
    """Draw a bird: perched, flying or swimming."""
    rng.choices((_perched, _flying, _swimming), (5, 4, 2))[0](pen, rng)


def frog(pen: Pen, rng: Random) -> None:
    """Draw a frog, sitting or from above."""
    rng.choices((_frog_sitting, _frog_from_above), (6, 4))[0](pen, rng)


# Birds


def _beak_colour(rng: Random) -> Colour:
    return rng.choice(((240, 170, 40), (230, 110, 40), (70, 65, 60), (245, 210, 90)))


def _bird_head(pen: Pen, rng: Random, x: float, y: float, radius: float) -> None:
    beak, length = _beak_colour(rng), rng.uniform(0.2, 0.42)
    tip = (x + radius + length, y + rng.uniform(0.0, 0.1))
    pen.polygon([(x + radius * 0.6, y - 0.1), tip, (x + radius * 0.6, y + 0.14)], beak)
    if rng.random() < 0.25:  # a crest
        pen.polygon(
            [(x + 0.05, y - radius * 0.8), (x - 0.3, y - radius - 0.22), (x - radius * 0.8, y - 0.05)],
            pen.accent,
        )
    pen.oval(x, y, radius, radius, rng.choice((pen.body, pen.body, pen.second)))
    pen.dot(x + radius * 0.3, y - 0.04, 0.1, WHITE)
    pen.dot(x + radius * 0.36, y - 0.04, 0.065, EYE)


def _perched(pen: Pen, rng: Random) -> None:
    pen.turned(rng.uniform(-0.15, 0.2))
    legs = _beak_colour(rng)
    for x in (-0.12, 0.1):
        pen.limb([(x, 0.4), (x + 0.02, 0.88)], 0.035, 0.03, legs)
        pen.limb([(x - 0.06, 0.9), (x + 0.17, 0.9)], 0.035, 0.03, legs)
    pen.polygon(
        [(-0.35, 0.05), (-1.05, rng.uniform(0.1, 0.5)), (-0.95, rng.uniform(0.5, 0.65)), (-0.3, 0.35)],
        pen.dark,
    )
    pen.blob(
        [(0.5, -0.35), (0.62, 0.05), (0.35, 0.5), (-0.15, 0.6), (-0.6, 0.3), (-0.55, 0.05), (0.0, -0.3)],
        pen.body,
    )
    pen.blob([(0.5, -0.05), (0.5, 0.25), (0.2, 0.5), (0.0, 0.5), (0.15, 0.2)], pen.second, edge=False)
    pen.blob([(0.2, -0.12), (0.15, 0.25), (-0.25, 0.4), (-0.75, 0.32), (-0.3, -0.02)], pen.dark, edge=False)
    _bird_head(pen, rng, 0.4, -0.42, rng.uniform(0.26, 0.33))


def _flying(pen: Pen, rng: Random) -> None:
    pen.turned(rng.uniform(-0.45, 0.3))
    lift = rng.choice((-1, -1, 1)) * rng.uniform(0.6, 1.0)
    pen.blob(
        [(0.2, 0.0), (0.35, lift * 0.55), (0.1, lift * 1.05), (-0.25, lift * 0.8), (-0.2, 0.0)], pen.dark
    )
    pen.polygon([(-0.4, -0.06), (-1.0, -0.2), (-0.9, 0.02), (-1.02, 0.2), (-0.4, 0.16)], pen.dark)
    pen.blob(
        [(0.65, -0.12), (0.55, 0.16), (0.1, 0.3), (-0.4, 0.2), (-0.65, 0.05), (-0.2, -0.18), (0.3, -0.22)],
        pen.body,
    )
    pen.blob([(0.4, 0.08), (0.1, 0.25), (-0.3, 0.16), (0.0, 0.05)], pen.second, edge=False)
    wing: list[Point] = [
        (0.28, -0.02),
        (0.1, lift * 0.6),
        (-0.25, lift),
        (-0.6, lift * 1.02),
        (-0.5, lift * 0.6),
        (-0.25, 0.05),
    ]
    pen.blob(wing, rng.choice((pen.second, pen.light, pen.accent)))
    _bird_head(pen, rng, 0.58, -0.1, rng.uniform(0.19, 0.24))


def _swimming(pen: Pen, rng: Random) -> None:
    height = rng.uniform(0.45, 0.75)
    pen.polygon([(-0.6, 0.25), (-1.0, -0.12), (-0.85, 0.4)], pen.dark)
    pen.blob([(0.75, 0.1), (0.6, 0.6), (-0.6, 0.62), (-0.95, 0.2), (-0.4, 0.0), (0.3, 0.1)], pen.body)
    pen.limb([(0.42, 0.35), (0.48, -0.1), (0.42, -height)], 0.2, 0.12, pen.body)
    pen.blob([(0.3, 0.12), (0.15, 0.45), (-0.4, 0.48), (-0.8, 0.15), (-0.2, 0.05)], pen.second, edge=False)
    _bird_head(pen, rng, 0.48, -height, 0.2)
    if rng.random() < 0.6:
        water = rng.choice(((60, 120, 170), (90, 140, 140), (40, 70, 100)))
        pen.polygon([(-2.5, 0.55), (2.5, 0.55), (2.5, 2.5), (-2.5, 2.5)], water, edge=False)
        pen.limb([(-0.8, 0.75), (0.4, 0.75)], 0.03, 0.03, shade(water, 1.3), edge=False)


# Frogs


def _frog_eye(pen: Pen, rng: Random, x: float, y: float, radius: float) -> None:
    pen.oval(x, y, radius, radius, pen.body)
    pen.dot(x, y, radius * 0.72, (250, 235, 150))
    pen.oval(x, y, radius * 0.42, radius * 0.3, EYE, edge=False)


def _foot(pen: Pen, x: float, y: float, angle: float, size: float) -> None:
    for spread in (-0.6, 0.0, 0.6):
        toe = (x + size * math.cos(angle + spread), y + size * math.sin(angle + spread))
        pen.limb([(x, y), toe], 0.05, 0.045, pen.dark)


def _frog_sitting(pen: Pen, rng: Random) -> None:
    wide = rng.uniform(0.85, 1.1)
    for side in (-1, 1):
        pen.oval(side * 0.7 * wide, 0.4, 0.26, 0.36, pen.dark, tilt=-side * 0.3)
        _foot(pen, side * 0.72 * wide, 0.72, math.pi / 2 - side * 0.9, 0.3)
    pen.blob(
        [(-0.5, -0.5), (0.5, -0.5), (0.85 * wide, 0.3), (0.5, 0.85), (-0.5, 0.85), (-0.85 * wide, 0.3)],
        pen.body,
    )
    pen.oval(0.0, 0.45, 0.38, 0.3, pen.second, edge=False)
    for side in (-1, 1):
        pen.limb([(side * 0.38, 0.25), (side * 0.36, 0.78)], 0.09, 0.08, pen.dark, edge=False)
        _foot(pen, side * 0.36, 0.76, math.pi / 2 - side * 0.3, 0.18)
    pen.oval(0.0, -0.25, 0.7 * wide, 0.38, pen.body)
    _spots(pen, rng, (-0.5, -0.3, 0.5, 0.05))
    pen.limb(
        [(-0.5 * wide, -0.2), (-0.25, -0.06), (0.25, -0.06), (0.5 * wide, -0.2)],
        0.04,
        0.04,
        shade(pen.body, 0.4),
        edge=False,
    )
    radius = rng.uniform(0.2, 0.27)
    for side in (-1, 1):
        _frog_eye(pen, rng, side * 0.42 * wide, -0.58, radius)


def _frog_from_above(pen: Pen, rng: Random) -> None:
    pen.turned(rng.uniform(-math.pi, math.pi))
    stretch = rng.uniform(0.0, 0.3)
    for side in (-1, 1):
        knee, heel = (0.0 - stretch, side * 0.75), (-0.55 - stretch, side * 0.5)
        pen.limb([(-0.3, side * 0.2), knee, heel, (-0.8, side * 0.8)], 0.15, 0.07, pen.dark)
        _foot(pen, -0.8, side * 0.8, math.pi - side * 0.3, 0.26)
        pen.limb([(0.3, side * 0.3), (0.5, side * 0.65), (0.75, side * 0.62)], 0.1, 0.07, pen.dark)
        _foot(pen, 0.75, side * 0.62, side * 0.3, 0.24)
    pen.blob(
        [
            (0.95, -0.2),
            (0.95, 0.2),
            (0.4, 0.5),
            (-0.3, 0.45),
            (-0.75, 0.15),
            (-0.75, -0.15),
            (-0.3, -0.45),
            (0.4, -0.5),
        ],
        pen.body,
    )
    if rng.random() < 0.5:
        pen.limb([(0.6, 0.0), (-0.6, 0.0)], 0.07, 0.05, pen.second, edge=False)
    _spots(pen, rng, (-0.45, -0.25, 0.35, 0.25))
    for side in (-1, 1):
        _frog_eye(pen, rng, 0.55, side * 0.33, 0.19)


def _spots(pen: Pen, rng: Random, area: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = area
    for _ in range(rng.choice((0, 0, 4, 6))):
        pen.dot(rng.uniform(left, right), rng.uniform(top, bottom), rng.uniform(0.04, 0.09), pen.dark)
