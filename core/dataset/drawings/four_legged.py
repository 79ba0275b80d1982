"""Cats, dogs, deer and horses, with the same coats and builds. Figures face right.

They differ in ears, muzzle, legs, antlers and tail.
"""

from random import Random

from core.dataset.drawings.animals import EYE, WHITE
from core.dataset.drawings.pen import Colour, Pen, shade

NOSE: Colour = (45, 35, 35)
PINK: Colour = (230, 130, 140)


def cat(pen: Pen, rng: Random) -> None:
    """Draw a cat, walking or sitting, or its face."""
    rng.choices((_cat_walking, _cat_sitting, _cat_face), (4, 4, 3))[0](pen, rng)


def deer(pen: Pen, rng: Random) -> None:
    """Draw a standing deer or its face."""
    rng.choices((_deer_standing, _deer_face), (7, 3))[0](pen, rng)


def dog(pen: Pen, rng: Random) -> None:
    """Draw a dog, walking or sitting, or its face."""
    rng.choices((_dog_walking, _dog_sitting, _dog_face), (4, 4, 3))[0](pen, rng)


def horse(pen: Pen, rng: Random) -> None:
    """Draw a standing horse or its head."""
    rng.choices((_horse_standing, _horse_head), (7, 3))[0](pen, rng)


# Shared parts


def _legs(pen: Pen, rng: Random, hind: float, fore: float, top: float, ground: float, thick: float) -> None:
    """Draw two far legs in the shade and two near ones, standing, walking or galloping."""
    swing = rng.choice((0.06, 0.18, 0.34))
    hoof = shade(pen.body, 0.45)
    for near, x in ((False, hind + 0.1), (False, fore - 0.08), (True, hind), (True, fore)):
        reach = rng.uniform(-swing, swing)
        knee, foot = (x + 0.5 * reach + 0.03, (top + ground) / 2), (x + reach, ground - abs(reach) * 0.4)
        pen.limb([(x, top), knee, foot], thick * 1.35, thick * 0.8, pen.body if near else pen.dark)
        pen.dot(foot[0], foot[1] - 0.02, thick * 0.9, hoof)


def _markings(pen: Pen, rng: Random, rx: float, ry: float, y: float) -> None:
    """Draw stripes, spots, a patch, a pale belly or nothing: the same choice for every animal."""
    kind = rng.randrange(5)
    if kind == 0:
        for k in range(5):
            x = rx * (-0.7 + 0.35 * k)
            pen.limb([(x, y - ry * 0.9), (x + 0.04, y + ry * 0.1)], 0.04, 0.02, pen.dark, edge=False)
    elif kind == 1:
        for _ in range(6):
            pen.dot(rng.uniform(-rx, rx) * 0.75, y + rng.uniform(-ry, ry) * 0.6, 0.045, pen.second)
    elif kind == 2:
        pen.oval(rng.uniform(-rx, rx) * 0.5, y - ry * 0.2, rx * 0.35, ry * 0.6, pen.second, edge=False)
    elif kind == 3:
        pen.oval(0.0, y + ry * 0.55, rx * 0.7, ry * 0.35, pen.second, edge=False)


def _profile_eye(pen: Pen, x: float, y: float) -> None:
    pen.dot(x, y, 0.075, WHITE)
    pen.dot(x + 0.015, y, 0.055, EYE)


def _pear(pen: Pen, rng: Random) -> None:
    """Draw a small animal sitting upright, seen from the front, without its head."""
    pen.blob([(-0.3, -0.1), (0.3, -0.1), (0.5, 0.45), (0.58, 0.95), (-0.58, 0.95), (-0.5, 0.45)], pen.body)
    if rng.random() < 0.6:
        pen.oval(0.0, 0.3, 0.2, 0.3, pen.second, edge=False)
    for side in (-1, 1):
        pen.limb([(side * 0.17, 0.3), (side * 0.17, 0.88)], 0.1, 0.1, pen.light, edge=False)
        pen.oval(side * 0.2, 0.9, 0.15, 0.08, pen.second)


# Cats: pointed ears, short muzzle, whiskers, long tail


def _cat_head(pen: Pen, rng: Random, x: float, y: float, size: float) -> None:
    inner = rng.choice((PINK, pen.dark))
    for side in (-1, 1):
        ear = [
            (side * 0.25 * size, -0.75 * size),
            (side * 0.85 * size, -1.4 * size),
            (side * 0.98 * size, -0.2 * size),
        ]
        pen.polygon([(x + right, y + down) for right, down in ear], pen.body)
        pen.polygon([(x + right * 0.85, y + down * 0.84) for right, down in ear], inner, edge=False)
    pen.oval(x, y, size * 1.05, size * 0.88, pen.body)
    if rng.random() < 0.4:
        for k in (-1, 0, 1):
            stripe = [(x + 0.22 * k * size, y - 0.85 * size), (x + 0.18 * k * size, y - 0.45 * size)]
            pen.limb(stripe, 0.07 * size, 0.03 * size, pen.dark, edge=False)
    pen.oval(x, y + 0.4 * size, 0.45 * size, 0.3 * size, pen.second, edge=False)
    iris = rng.choice(((150, 200, 70), (240, 200, 60), (110, 180, 220)))
    for side in (-1, 1):
        pen.oval(x + side * 0.45 * size, y - 0.08 * size, 0.23 * size, 0.2 * size, iris, edge=False)
        pen.oval(x + side * 0.45 * size, y - 0.08 * size, 0.08 * size, 0.19 * size, EYE, edge=False)
        for tilt in (-0.12, 0.12):
            start = (x + side * 0.4 * size, y + 0.4 * size)
            pen.limb(
                [start, (x + side * 1.4 * size, start[1] + tilt * size * 2)], 0.03, 0.02, pen.line, edge=False
            )
    pen.polygon(
        [(x - 0.13 * size, y + 0.2 * size), (x + 0.13 * size, y + 0.2 * size), (x, y + 0.38 * size)],
        PINK,
        edge=False,
    )


def _cat_walking(pen: Pen, rng: Random) -> None:
    curl = rng.uniform(-0.15, 0.25)
    pen.limb([(-0.5, 0.15), (-0.85, 0.0), (-0.92, -0.45), (-0.7 - curl, -0.85)], 0.08, 0.07, pen.body)
    _legs(pen, rng, -0.45, 0.38, 0.25, 0.82, 0.085)
    pen.oval(0.0, 0.18, 0.6, 0.26, pen.body)
    _markings(pen, rng, 0.6, 0.26, 0.18)
    _cat_head(pen, rng, 0.55, -0.2, rng.uniform(0.34, 0.4))


def _cat_sitting(pen: Pen, rng: Random) -> None:
    pen.limb([(0.35, 0.85), (0.8, 0.8), (0.85, 0.4), (0.7, rng.uniform(-0.1, 0.2))], 0.09, 0.07, pen.dark)
    _pear(pen, rng)
    _cat_head(pen, rng, rng.uniform(-0.1, 0.1), -0.28, rng.uniform(0.44, 0.52))


def _cat_face(pen: Pen, rng: Random) -> None:
    _cat_head(pen, rng, 0.0, 0.2, 0.72)


# Dogs: hanging ears, long muzzle, big nose, tongue, collar


def _dog_head(pen: Pen, rng: Random, x: float, y: float, size: float) -> None:
    ear = rng.choice((pen.dark, pen.second, shade(pen.body, 0.5)))
    drop = rng.uniform(0.25, 0.5)
    pen.oval(x, y, size * 0.85, size * 0.95, pen.body)
    for side in (-1, 1):
        pen.oval(
            x + side * 0.92 * size, y + (drop - 0.25) * size, 0.3 * size, 0.72 * size, ear, tilt=-side * 0.25
        )
    if rng.random() < 0.4:
        pen.oval(x + 0.35 * size, y - 0.2 * size, 0.32 * size, 0.36 * size, ear, edge=False)
    if rng.random() < 0.6:
        pen.oval(x, y + 0.85 * size, 0.17 * size, 0.32 * size, (225, 90, 110))
    pen.oval(x, y + 0.45 * size, 0.5 * size, 0.42 * size, pen.second, edge=False)
    pen.oval(x, y + 0.28 * size, 0.24 * size, 0.17 * size, NOSE, edge=False)
    pen.limb([(x, y + 0.4 * size), (x, y + 0.65 * size)], 0.05 * size, 0.05 * size, NOSE, edge=False)
    for side in (-1, 1):
        pen.dot(x + side * 0.36 * size, y - 0.2 * size, 0.17 * size, WHITE)
        pen.dot(x + side * 0.36 * size, y - 0.18 * size, 0.13 * size, EYE)


def _dog_profile(pen: Pen, rng: Random, x: float, y: float) -> None:
    ear = rng.choice((pen.dark, shade(pen.body, 0.5), pen.second))
    muzzle = rng.uniform(0.38, 0.5)
    if rng.random() < 0.4:
        pen.oval(x + 0.3, y + 0.25, 0.06, 0.15, (225, 90, 110))
    pen.limb([(x, y + 0.05), (x + muzzle, y + 0.1)], 0.19, 0.12, rng.choice((pen.body, pen.second)))
    pen.oval(x, y, 0.28, 0.27, pen.body)
    pen.dot(x + muzzle, y + 0.04, 0.085, NOSE)
    pen.oval(x - 0.17, y + 0.12, 0.13, 0.31, ear, tilt=0.2)
    _profile_eye(pen, x + 0.1, y - 0.07)


def _dog_walking(pen: Pen, rng: Random) -> None:
    pen.limb([(-0.5, 0.05), (-0.75, -0.2), (rng.uniform(-0.95, -0.75), -0.5)], 0.09, 0.05, pen.body)
    _legs(pen, rng, -0.45, 0.38, 0.2, 0.85, 0.085)
    pen.oval(0.0, 0.12, 0.58, 0.26, pen.body)
    _markings(pen, rng, 0.58, 0.26, 0.12)
    pen.limb([(0.4, 0.05), (0.5, -0.35)], 0.2, 0.17, pen.body)
    pen.limb([(0.32, -0.12), (0.62, -0.02)], 0.05, 0.05, pen.accent, edge=False)
    _dog_profile(pen, rng, 0.52, -0.42)


def _dog_sitting(pen: Pen, rng: Random) -> None:
    pen.limb([(0.4, 0.8), (0.75, 0.65), (0.9, rng.uniform(0.35, 0.55))], 0.1, 0.05, pen.body)
    _pear(pen, rng)
    pen.limb([(-0.28, 0.12), (0.28, 0.12)], 0.07, 0.07, pen.accent, edge=False)
    _dog_head(pen, rng, rng.uniform(-0.1, 0.1), -0.35, rng.uniform(0.46, 0.54))


def _dog_face(pen: Pen, rng: Random) -> None:
    _dog_head(pen, rng, 0.0, -0.1, 0.78)


# Deer: antlers, slim legs, leaf-shaped ears, short white tail


def _antler(pen: Pen, x: float, y: float, lean: float, height: float) -> None:
    bone: Colour = shade(pen.line, 1.0) if sum(pen.body) > 450 else (225, 205, 165)
    tip = (x + lean * 1.1, y - height)
    bend = (x + lean * 1.25, y - height * 0.5)
    pen.limb([(x, y), bend, tip], 0.055, 0.035, bone)
    for along, out in ((0.35, -0.55), (0.6, -0.75), (0.6, 0.7)):
        start = (x + lean * (0.4 + along), y - height * along)
        pen.limb([start, (start[0] + out * abs(lean) * 0.9, start[1] - height * 0.33)], 0.045, 0.03, bone)


def _deer_standing(pen: Pen, rng: Random) -> None:
    raised = rng.uniform(-0.1, 0.05)
    pen.oval(-0.55, 0.0, 0.13, 0.1, WHITE, tilt=-0.7)
    _legs(pen, rng, -0.38, 0.3, 0.15, 0.98, 0.055)
    pen.oval(-0.05, 0.12, 0.5, 0.22, pen.body)
    _markings(pen, rng, 0.48, 0.22, 0.12)
    pen.limb([(0.28, 0.12), (0.42, -0.15), (0.5, -0.4 + raised)], 0.2, 0.1, pen.body)
    head = (0.5, -0.45 + raised)
    for lean in (-0.3, 0.22):
        _antler(pen, head[0] - 0.02, head[1] - 0.08, lean, rng.uniform(0.45, 0.6))
    pen.oval(head[0] - 0.2, head[1] - 0.02, 0.17, 0.075, pen.dark, tilt=0.35)
    pen.limb([head, (head[0] + 0.22, head[1] + 0.06), (head[0] + 0.4, head[1] + 0.14)], 0.14, 0.07, pen.body)
    pen.dot(head[0] + 0.4, head[1] + 0.12, 0.06, NOSE)
    _profile_eye(pen, head[0] + 0.1, head[1] - 0.02)


def _deer_face(pen: Pen, rng: Random) -> None:
    for side in (-1, 1):
        _antler(pen, side * 0.17, -0.2, side * rng.uniform(0.32, 0.42), rng.uniform(0.68, 0.8))
        pen.oval(side * 0.55, -0.05, 0.28, 0.13, pen.dark, tilt=-side * 0.25)
    pen.blob([(-0.42, -0.3), (0.42, -0.3), (0.36, 0.25), (0.25, 0.9), (-0.25, 0.9), (-0.36, 0.25)], pen.body)
    pen.oval(0.0, 0.68, 0.2, 0.2, pen.second, edge=False)
    pen.oval(0.0, 0.6, 0.13, 0.09, NOSE, edge=False)
    for side in (-1, 1):
        pen.dot(side * 0.24, 0.1, 0.11, WHITE)
        pen.dot(side * 0.24, 0.1, 0.085, EYE)


# Horses: mane, long tail, strong neck, long head


def _mane_colour(pen: Pen, rng: Random) -> Colour:
    return rng.choice((shade(pen.body, 0.4), pen.second, pen.line))


def _horse_standing(pen: Pen, rng: Random) -> None:
    mane, low = _mane_colour(pen, rng), rng.choice((0.0, 0.0, 0.1))
    pen.blob([(-0.5, -0.2), (-0.8, -0.12), (-1.05, 0.4), (-0.85, 0.8), (-0.72, 0.4), (-0.55, 0.1)], mane)
    _legs(pen, rng, -0.42, 0.36, 0.15, 0.95, 0.075)
    pen.oval(-0.03, 0.05, 0.57, 0.29, pen.body)
    _markings(pen, rng, 0.55, 0.28, 0.05)
    pen.limb([(0.3, 0.05), (0.5, -0.3), (0.62, -0.68 + low)], 0.28, 0.13, pen.body)
    pen.polygon([(0.57, -0.72 + low), (0.6, -1.0 + low), (0.74, -0.75 + low)], pen.body)
    pen.limb([(0.14, -0.18), (0.32, -0.5), (0.52, -0.85 + low)], 0.1, 0.09, mane)
    pen.limb([(0.6, -0.66 + low), (0.85, -0.48 + low), (1.05, -0.28 + low)], 0.17, 0.1, pen.body)
    pen.dot(1.0, -0.3 + low, 0.08, pen.dark)
    _profile_eye(pen, 0.72, -0.62 + low)
    if rng.random() < 0.25:  # a saddle
        pen.blob([(-0.3, -0.28), (0.18, -0.28), (0.12, 0.1), (-0.22, 0.1)], pen.accent, edge=False)


def _horse_head(pen: Pen, rng: Random) -> None:
    mane = _mane_colour(pen, rng)
    pen.limb([(-0.6, 1.2), (-0.35, 0.2), (0.0, -0.5)], 0.6, 0.32, pen.body)
    for x in (-0.1, 0.12):
        pen.polygon([(x - 0.12, -0.68), (x + 0.02, -1.08), (x + 0.14, -0.65)], pen.body)
    pen.limb([(-1.02, 0.9), (-0.75, 0.1), (-0.4, -0.55), (-0.05, -0.9)], 0.2, 0.13, mane)
    pen.limb([(-0.02, -0.48), (0.4, -0.05), (0.78, 0.42)], 0.34, 0.2, pen.body)
    pen.oval(0.72, 0.4, 0.22, 0.2, shade(pen.body, 0.75), edge=False)
    pen.dot(0.8, 0.34, 0.06, NOSE)
    if rng.random() < 0.4:
        pen.limb([(0.15, -0.5), (0.7, 0.1)], 0.07, 0.06, WHITE, edge=False)
    pen.dot(0.15, -0.38, 0.1, WHITE)
    pen.dot(0.16, -0.37, 0.08, EYE)
    if rng.random() < 0.4:  # a bridle
        pen.limb([(0.3, 0.28), (0.68, -0.08)], 0.04, 0.04, pen.accent, edge=False)
        pen.limb([(0.3, 0.28), (-0.15, -0.1)], 0.04, 0.04, pen.accent, edge=False)
