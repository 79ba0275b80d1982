"""Airplanes, automobiles, ships and trucks in several types and views.

Figures face right; the frame mirrors them.
"""

import math
from random import Random

from core.dataset.drawings.pen import Colour, Pen, shade

GLASS: list[Colour] = [(190, 225, 240), (60, 75, 95), (140, 185, 210), (235, 240, 245)]
TYRE: Colour = (35, 35, 38)
LAMP: Colour = (255, 235, 150)


def airplane(pen: Pen, rng: Random) -> None:
    """Draw an airliner, an airplane from above or a propeller plane."""
    rng.choices((_airliner, _plane_from_above, _propeller_plane), (4, 3, 3))[0](pen, rng)


def automobile(pen: Pen, rng: Random) -> None:
    """Draw a car from the side or the front."""
    rng.choices((_car_side, _car_front), (7, 3))[0](pen, rng)


def ship(pen: Pen, rng: Random) -> None:
    """Draw a steamer, a sailing boat or a freighter."""
    rng.choices((_steamer, _sailing_boat, _freighter), (4, 4, 3))[0](pen, rng)


def truck(pen: Pen, rng: Random) -> None:
    """Draw a lorry, a tipper or a truck from the front."""
    rng.choices((_lorry, _tipper, _truck_front), (6, 3, 3))[0](pen, rng)


def _airliner(pen: Pen, rng: Random) -> None:
    pen.turned(rng.uniform(-0.45, 0.3))
    thick = rng.uniform(0.14, 0.21)
    # Far wing
    pen.polygon([(0.1, -thick * 0.4), (-0.1, -0.5), (-0.26, -0.52), (-0.2, -thick * 0.4)], pen.dark)
    fin = rng.choice((pen.accent, pen.body, pen.second))
    pen.polygon([(-0.6, -thick * 0.5), (-0.82, -0.62), (-1.0, -0.62), (-0.92, 0.0)], fin)
    fuselage = [
        (1.0, 0.05),
        (0.85, -thick),
        (0.4, -thick),
        (-0.6, -thick),
        (-1.0, -0.12),
        (-0.9, 0.0),
        (-0.5, thick),
        (0.7, thick),
    ]
    pen.blob(fuselage, pen.body)
    if rng.random() < 0.5:
        pen.limb([(-0.8, 0.0), (0.75, 0.04)], 0.04, 0.04, pen.accent, edge=False)
    for k in range(6):
        pen.dot(-0.45 + 0.19 * k, -thick * 0.35, 0.045, (60, 75, 95))
    pen.polygon([(0.72, -thick * 0.7), (0.88, -thick * 0.35), (0.7, -thick * 0.2)], (60, 75, 95), edge=False)
    pen.polygon([(-0.7, -0.06), (-0.98, 0.16), (-1.08, 0.14), (-0.9, -0.06)], pen.dark)
    pen.polygon([(0.22, thick * 0.3), (-0.3, 0.68), (-0.5, 0.68), (-0.18, thick * 0.3)], pen.second)
    pen.oval(0.0, 0.34, 0.14, 0.075, pen.dark)


def _plane_from_above(pen: Pen, rng: Random) -> None:
    pen.turned(rng.uniform(-math.pi, math.pi))
    sweep, span, thick = rng.uniform(0.15, 0.6), rng.uniform(0.8, 1.0), rng.uniform(0.1, 0.16)
    for side in (-1, 1):
        pen.polygon(
            [(0.3, 0.0), (0.25 - sweep, side * span), (0.02 - sweep, side * span), (-0.15, 0.0)], pen.second
        )
        pen.polygon([(-0.68, 0.0), (-0.88, side * 0.4), (-1.03, side * 0.4), (-0.92, 0.0)], pen.second)
        pen.oval(0.22 - sweep * 0.5, side * 0.42, 0.13, 0.065, pen.dark)
    pen.blob(
        [
            (1.05, 0.0),
            (0.85, -thick),
            (0.3, -thick),
            (-0.9, -0.07),
            (-1.05, 0.0),
            (-0.9, 0.07),
            (0.3, thick),
            (0.85, thick),
        ],
        pen.body,
    )
    pen.limb([(-0.95, 0.0), (-0.65, 0.0)], 0.04, 0.03, pen.accent, edge=False)
    pen.oval(0.72, 0.0, 0.08, thick * 0.6, (60, 75, 95), edge=False)


def _propeller_plane(pen: Pen, rng: Random) -> None:
    pen.turned(rng.uniform(-0.4, 0.25))
    pen.polygon([(-0.62, -0.1), (-0.88, -0.5), (-1.02, -0.48), (-0.95, 0.05)], pen.accent)
    if rng.random() < 0.5:  # a biplane
        pen.limb([(0.1, -0.5), (0.12, 0.1)], 0.03, 0.03, pen.line)
        pen.limb([(0.4, -0.5), (0.42, 0.1)], 0.03, 0.03, pen.line)
        pen.box(-0.1, -0.58, 0.6, -0.44, pen.second)
    pen.blob(
        [
            (0.85, -0.25),
            (0.3, -0.3),
            (-0.6, -0.12),
            (-1.05, -0.08),
            (-0.95, 0.08),
            (-0.2, 0.26),
            (0.5, 0.3),
            (0.85, 0.25),
        ],
        pen.body,
    )
    pen.blob([(0.35, -0.26), (0.25, -0.46), (-0.05, -0.46), (-0.2, -0.2)], rng.choice(GLASS))
    pen.box(-0.15, 0.12, 0.55, 0.25, pen.second)
    pen.limb([(0.35, 0.25), (0.4, 0.5)], 0.035, 0.035, pen.line)
    pen.oval(0.4, 0.55, 0.12, 0.12, TYRE)
    pen.oval(0.9, 0.0, 0.06, rng.uniform(0.35, 0.5), shade(pen.line, 1.4))
    pen.oval(0.9, 0.0, 0.09, 0.1, pen.accent)


def _wheel(pen: Pen, x: float, y: float, radius: float) -> None:
    pen.oval(x, y, radius, radius, TYRE)
    pen.dot(x, y, radius * 0.5, (190, 190, 195))


_CABINS = {
    "sedan": [(-0.62, -0.02), (-0.38, -0.42), (0.2, -0.42), (0.5, -0.02)],
    "hatchback": [(-0.85, 0.0), (-0.75, -0.45), (0.15, -0.45), (0.5, 0.0)],
    "beetle": [(-0.7, 0.05), (-0.62, -0.4), (-0.2, -0.62), (0.25, -0.5), (0.5, 0.05)],
    "coupe": [(-0.6, 0.0), (-0.2, -0.34), (0.15, -0.34), (0.45, 0.0)],
}


def _car_side(pen: Pen, rng: Random) -> None:
    kind = rng.choice(sorted(_CABINS))
    cabin, glass = _CABINS[kind], rng.choice(GLASS)
    roof = rng.choice((pen.body, pen.body, pen.second))
    (pen.blob if kind == "beetle" else pen.polygon)(cabin, roof)
    middle = rng.uniform(-0.12, 0.0)
    inner = [(x * 0.82 - 0.02, y * 0.78 - 0.02) for x, y in cabin]
    pen.polygon(inner, glass, edge=False)
    pen.box(middle - 0.045, -0.42, middle + 0.045, 0.0, roof, edge=False)
    hood = rng.uniform(-0.06, 0.06)
    pen.blob(
        [
            (-1.05, -0.08),
            (-0.6, -0.1),
            (0.6, -0.1),
            (1.0, hood),
            (1.08, 0.38),
            (0.9, 0.42),
            (-0.9, 0.42),
            (-1.08, 0.35),
        ],
        pen.body,
    )
    pen.box(-0.95, 0.25, 0.95, 0.36, pen.dark, edge=False)
    if rng.random() < 0.3:
        pen.box(-0.9, 0.06, 0.85, 0.13, pen.accent, edge=False)
    pen.dot(0.9, 0.1, 0.09, LAMP)
    pen.dot(-0.93, 0.08, 0.07, (200, 40, 40))
    radius = rng.uniform(0.2, 0.27)
    _wheel(pen, -0.55, 0.42, radius)
    _wheel(pen, 0.58, 0.42, radius)


def _car_front(pen: Pen, rng: Random) -> None:
    glass = rng.choice(GLASS)
    top = rng.uniform(-0.62, -0.5)
    for side in (-1, 1):
        pen.box(side * 0.55 - 0.13, 0.3, side * 0.55 + 0.13, 0.65, TYRE)
        pen.oval(side * 0.78, -0.12, 0.1, 0.08, pen.dark)
    pen.blob([(-0.6, top), (0.6, top), (0.75, 0.1), (-0.75, 0.1)], pen.body)
    pen.polygon([(-0.42, top + 0.1), (0.42, top + 0.1), (0.56, -0.08), (-0.56, -0.08)], glass, edge=False)
    pen.blob([(-0.95, -0.1), (0.95, -0.1), (1.0, 0.2), (0.9, 0.52), (-0.9, 0.52), (-1.0, 0.2)], pen.body)
    pen.box(-0.35, 0.1, 0.35, 0.26, TYRE, edge=False)
    pen.box(-0.8, 0.36, 0.8, 0.46, rng.choice(((200, 200, 205), pen.dark)), edge=False)
    for side in (-1, 1):
        pen.dot(side * 0.6, 0.14, 0.15, LAMP)


def _waves(pen: Pen, rng: Random, colour: Colour) -> None:
    """Draw water up to the figure's waterline, wider than the picture."""
    crest = rng.uniform(0.03, 0.07)
    points = [(-2.0 + 0.2 * k, 0.52 + crest * (-1) ** k) for k in range(21)]
    pen.polygon([*points, (2.5, 2.5), (-2.5, 2.5)], colour, edge=False)
    for _ in range(4):
        x, y = rng.uniform(-1.2, 1.0), rng.uniform(0.62, 1.1)
        pen.limb([(x, y), (x + 0.4, y)], 0.03, 0.03, shade(colour, 1.3), edge=False)


_SEAS: list[Colour] = [
    (40, 100, 160),
    (30, 70, 110),
    (70, 150, 170),
    (90, 120, 110),
    (110, 125, 140),
    (170, 110, 90),
    (45, 50, 80),
]


def _afloat(pen: Pen, rng: Random) -> None:
    if rng.random() < 0.75:
        _waves(pen, rng, shade(rng.choice(_SEAS), rng.uniform(0.8, 1.15)))


def _steamer(pen: Pen, rng: Random) -> None:
    for k in range(rng.randint(1, 3)):
        x = -0.35 + 0.32 * k
        pen.box(x - 0.09, -0.78, x + 0.09, -0.2, pen.accent)
        pen.box(x - 0.09, -0.78, x + 0.09, -0.68, TYRE, edge=False)
        if rng.random() < 0.6:
            pen.blob(
                [(x, -0.8), (x - 0.3, -1.1), (x - 0.6, -1.0), (x - 0.3, -0.85)], (205, 205, 210), edge=False
            )
    pen.box(-0.6, -0.28, 0.55, 0.1, pen.second)
    if rng.random() < 0.6:
        pen.box(-0.35, -0.48, 0.4, -0.25, pen.second)
    for k in range(6):
        pen.dot(-0.46 + 0.18 * k, -0.08, 0.06, (60, 75, 95))
    pen.polygon([(-1.0, 0.02), (1.08, -0.08), (0.75, 0.6), (-0.82, 0.6)], pen.body)
    pen.polygon([(-0.9, 0.42), (0.85, 0.42), (0.75, 0.6), (-0.82, 0.6)], pen.dark, edge=False)
    _afloat(pen, rng)


def _sailing_boat(pen: Pen, rng: Random) -> None:
    pen.turned(rng.uniform(-0.15, 0.15))
    pen.limb([(0.0, -1.05), (0.0, 0.3)], 0.04, 0.04, pen.line)
    sail = rng.choice((pen.second, pen.second, pen.accent))
    pen.polygon([(-0.07, -1.0), (-0.07, 0.12), (rng.uniform(-0.85, -0.65), 0.12), (-0.35, -0.4)], sail)
    pen.polygon([(0.08, -0.9), (0.08, 0.12), (rng.uniform(0.5, 0.75), 0.12)], shade(sail, 0.85))
    pen.polygon([(-0.95, 0.22), (1.0, 0.2), (0.65, 0.65), (-0.7, 0.65)], pen.body)
    pen.limb([(-0.88, 0.32), (0.9, 0.3)], 0.04, 0.04, pen.accent, edge=False)
    _afloat(pen, rng)


def _freighter(pen: Pen, rng: Random) -> None:
    pen.box(-0.85, -0.62, -0.45, 0.12, pen.second)
    pen.box(-0.8, -0.5, -0.5, -0.38, (60, 75, 95), edge=False)
    pen.box(-0.75, -0.85, -0.6, -0.6, pen.accent)
    for k in range(4):
        for level in range(rng.randint(1, 2)):
            x, top = -0.38 + 0.28 * k, -0.1 - 0.22 * level
            pen.box(
                x,
                top,
                x + 0.26,
                top + 0.2,
                rng.choice((pen.accent, pen.second, (70, 120, 180), (220, 170, 60), (90, 150, 90))),
            )
    pen.polygon([(-1.05, 0.05), (0.8, 0.1), (1.1, -0.12), (0.9, 0.6), (-0.95, 0.6)], pen.body)
    pen.polygon([(-1.0, 0.42), (0.95, 0.42), (0.9, 0.6), (-0.95, 0.6)], pen.accent, edge=False)
    _afloat(pen, rng)


def _cab(pen: Pen, rng: Random, top: float) -> None:
    """Draw the driver's cabin at the right end, with or without a bonnet."""
    bonnet = rng.random() < 0.5
    window = rng.choice(GLASS)
    nose = [(0.78, -0.02), (1.02, 0.05)] if bonnet else [(0.92, top), (1.0, 0.0)]
    pen.polygon([(0.38, top), *([(0.7, top)] if bonnet else []), *nose, (1.03, 0.48), (0.38, 0.48)], pen.body)
    right = 0.68 if bonnet else 0.9
    pen.polygon(
        [(0.5, top + 0.1), (right - 0.04, top + 0.1), (right + 0.04, 0.0), (0.5, 0.0)], window, edge=False
    )
    pen.dot(0.97, 0.25, 0.07, LAMP)


def _lorry(pen: Pen, rng: Random) -> None:
    """Draw a cab and a cargo box; one in four carries a tank instead."""
    top, cargo = rng.uniform(-0.75, -0.5), rng.choice((pen.second, pen.accent, pen.light))
    pen.box(-1.0, 0.3, 1.0, 0.45, TYRE)
    if rng.random() < 0.25:
        pen.oval(-0.35, -0.1, 0.68, 0.4, cargo)
        pen.limb([(-1.0, -0.1), (0.3, -0.1)], 0.05, 0.05, pen.body, edge=False)
    else:
        pen.box(-1.05, top, 0.3, 0.34, cargo)
        _livery(pen, rng, top, shade(cargo, 0.75))
    _cab(pen, rng, rng.uniform(-0.4, -0.25))
    radius = rng.uniform(0.16, 0.22)
    for x in rng.choice(((-0.75, -0.35, 0.7), (-0.8, 0.7), (-0.85, -0.45, 0.3, 0.75))):
        _wheel(pen, x, 0.48, radius)


def _livery(pen: Pen, rng: Random, top: float, tint: Colour) -> None:
    kind = rng.randrange(4)
    if kind == 0:
        for k in range(5):
            pen.box(-0.9 + 0.24 * k, top + 0.08, -0.85 + 0.24 * k, 0.26, tint, edge=False)
    elif kind == 1:
        pen.box(-1.0, -0.2, 0.26, 0.0, tint, edge=False)
    elif kind == 2:
        pen.dot(-0.4, top / 2 + 0.15, 0.25, tint)


def _tipper(pen: Pen, rng: Random) -> None:
    load = rng.choice(((150, 110, 75), (120, 120, 125), (200, 175, 110), (80, 130, 60)))
    pen.box(-0.95, 0.3, 1.0, 0.45, TYRE)
    pen.blob([(-0.95, -0.2), (-0.6, -0.55), (-0.2, -0.62), (0.15, -0.4), (0.3, -0.15)], load)
    bed = rng.choice((pen.accent, pen.second, pen.body))
    pen.polygon([(-1.1, -0.25), (0.32, -0.25), (0.28, 0.34), (-0.95, 0.34)], bed)
    for x in (-0.7, -0.35, 0.0):
        pen.box(x, -0.2, x + 0.07, 0.3, shade(bed, 0.75), edge=False)
    _cab(pen, rng, rng.uniform(-0.5, -0.35))
    radius = rng.uniform(0.2, 0.27)
    for x in rng.choice(((-0.65, 0.65), (-0.75, -0.25, 0.68))):
        _wheel(pen, x, 0.48, radius)


def _truck_front(pen: Pen, rng: Random) -> None:
    glass, cargo = rng.choice(GLASS), rng.choice((pen.second, pen.accent))
    for side in (-1, 1):
        pen.box(side * 0.5 - 0.14, 0.5, side * 0.5 + 0.14, 0.92, TYRE)
    pen.box(-0.75, -0.95, 0.75, 0.3, cargo)
    pen.box(-0.66, -0.58, 0.66, 0.72, pen.body)
    pen.box(-0.54, -0.46, 0.54, -0.02, glass, edge=False)
    for side in (-1, 1):
        pen.box(side * 0.82 - 0.07, -0.4, side * 0.82 + 0.07, -0.05, TYRE)
        pen.dot(side * 0.47, 0.42, 0.12, LAMP)
    for k in range(3):
        pen.box(-0.28, 0.16 + 0.13 * k, 0.28, 0.23 + 0.13 * k, TYRE, edge=False)
    pen.box(-0.7, 0.6, 0.7, 0.72, (190, 190, 195), edge=False)
