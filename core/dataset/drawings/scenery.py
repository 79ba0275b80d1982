"""The scenery of a figure: backgrounds, some likelier for one class than another, and foreground objects."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from PIL import Image, ImageDraw

from core.dataset.drawings.pen import Colour, mix, shade

SIZE = 96  # pixels of the canvas, three for each pixel of the finished picture

DAY: list[Colour] = [(120, 180, 235), (150, 195, 240), (170, 205, 235)]
SKIES: list[Colour] = [
    *DAY,
    (225, 225, 230),
    (245, 190, 140),
    (70, 90, 150),
    (160, 165, 175),
    (235, 160, 165),
]
GRASS: list[Colour] = [(95, 150, 60), (140, 170, 80), (60, 110, 60)]
WATER: list[Colour] = [(40, 100, 160), (70, 140, 180), (50, 90, 100)]
ROAD: list[Colour] = [(100, 100, 105), (140, 138, 135), (70, 70, 78)]
EARTH: list[Colour] = [(215, 195, 145), (150, 110, 75), (235, 238, 242)]  # sand, soil, snow
GROUNDS = [*GRASS, *WATER, *ROAD, *EARTH]
WALLS: list[Colour] = [
    (235, 225, 200), (180, 200, 190), (200, 170, 150), (150, 160, 190), (225, 200, 205), (130, 110, 100),
    (240, 235, 235),
]  # fmt: skip


def near(colour: Colour, rng: Random, spread: int = 18) -> Colour:
    """A random colour of the same family."""
    r, g, b = [min(255, max(0, channel + int(spread * rng.uniform(-1, 1)))) for channel in colour]
    return (r, g, b)


def any_colour(rng: Random) -> Colour:
    """A random colour."""
    return (rng.randrange(256), rng.randrange(256), rng.randrange(256))


def background(rng: Random, name: str) -> Image.Image:
    """Draw a place, RGB, SIZE x SIZE: three times in four a home of the class `name`, otherwise any place."""
    if rng.random() < 0.75:
        return rng.choice(HOMES[name])(rng)
    return rng.choices((outdoors, sky, indoors, gradient, texture, clutter), (8, 3, 4, 3, 3, 2))[0](rng)


def gradient(rng: Random) -> Image.Image:
    """Draw a gradient within one colour family."""
    base = near(rng.choice(SKIES + GROUNDS + WALLS), rng)
    return _blend(
        near(shade(base, rng.uniform(0.6, 1.0)), rng),
        near(shade(base, rng.uniform(1.0, 1.4)), rng),
        rng.random() < 0.5,
    )


def sky(rng: Random, colours: Sequence[Colour] = SKIES) -> Image.Image:
    """Draw a sky with up to four clouds."""
    base = near(rng.choice(colours), rng)
    image = _blend(shade(base, 0.85), shade(base, 1.3), upright=True)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(0, 4)):
        _cloud(draw, rng, shade(base, rng.uniform(1.2, 1.7)))
    return image


def outdoors(rng: Random, grounds: Sequence[Colour] = GROUNDS) -> Image.Image:
    """Draw sky and ground, with hills, trees or houses along the horizon."""
    image = sky(rng)
    draw = ImageDraw.Draw(image)
    horizon = rng.randint(SIZE * 2 // 5, SIZE * 4 // 5)
    ground = near(rng.choice(grounds), rng)
    for _ in range(rng.choice((0, 1, 3, 5))):
        rng.choice((_hill, _tree, _house))(draw, rng, horizon)
    draw.rectangle((0, horizon, SIZE, SIZE), ground)
    for _ in range(rng.randint(2, 8)):
        y, x, length = rng.randint(horizon, SIZE), rng.randint(-10, SIZE), rng.randint(6, 40)
        draw.line((x, y, x + length, y), shade(ground, rng.uniform(0.85, 1.2)), rng.randint(1, 3))
    return image


def indoors(rng: Random) -> Image.Image:
    """Draw a wall with pictures, shelves or stripes, and a floor."""
    wall, floor = near(rng.choice(WALLS), rng), near(rng.choice(WALLS + GROUNDS), rng)
    image = _blend(shade(wall, 0.9), shade(wall, 1.1), upright=False)
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.3:
        step = rng.randint(8, 20)
        for x in range(rng.randrange(step), SIZE, step):
            draw.line((x, 0, x, SIZE), shade(wall, 0.9), rng.randint(1, 4))
    for _ in range(rng.randint(0, 3)):
        x, y, width, height = (
            rng.randint(-10, SIZE),
            rng.randint(-10, SIZE // 2),
            rng.randint(10, 40),
            rng.randint(8, 30),
        )
        draw.rectangle((x, y, x + width, y + height), mix(any_colour(rng), wall, 0.6), shade(wall, 0.7), 2)
    edge = rng.randint(SIZE * 3 // 5, SIZE - 6)
    draw.rectangle((0, edge, SIZE, SIZE), floor)
    draw.line((0, edge, SIZE, edge), shade(wall, 1.35), rng.randint(1, 3))
    return image


def texture(rng: Random, colours: Sequence[Colour] = (*GROUNDS, *WALLS)) -> Image.Image:
    """Draw leaves, carpet or gravel: patches of one colour family, coarse or fine."""
    base = near(rng.choice(colours), rng)
    cells = rng.randint(4, 16)
    patches = bytes(channel for _ in range(cells * cells) for channel in shade(base, rng.uniform(0.75, 1.15)))
    return Image.frombytes("RGB", (cells, cells), patches).resize((SIZE, SIZE), Image.Resampling.BILINEAR)


def clutter(rng: Random) -> Image.Image:
    """Draw soft shapes that mean nothing."""
    image = gradient(rng)
    draw = ImageDraw.Draw(image)
    base = image.getpixel((SIZE // 2, SIZE // 2))
    assert isinstance(base, tuple)
    middle = (int(base[0]), int(base[1]), int(base[2]))
    for _ in range(rng.randint(4, 10)):
        x, y, radius = rng.randint(0, SIZE), rng.randint(0, SIZE), rng.randint(4, 20)
        colour = mix(any_colour(rng), middle, 0.7)
        if rng.random() < 0.5:
            draw.ellipse((x - radius, y - radius, x + radius, y + rng.randint(2, 20)), colour)
        else:
            draw.regular_polygon((x, y, radius), rng.randint(3, 5), rng.randint(0, 90), colour)
    return image


Place = Callable[[Random], Image.Image]
_DAYLIGHT: Place = partial(sky, colours=DAY)
_ROADSIDE: Place = partial(outdoors, grounds=ROAD)
_MEADOW: Place = partial(outdoors, grounds=GRASS)
_OPEN_LAND: Place = partial(outdoors, grounds=[*GRASS, *EARTH])
_SEA: Place = partial(outdoors, grounds=WATER)
_LEAVES: Place = partial(texture, colours=GRASS)
HOMES: dict[str, tuple[Place, ...]] = {
    "airplane": (_DAYLIGHT, _DAYLIGHT, sky),
    "automobile": (_ROADSIDE,),
    "bird": (_DAYLIGHT, _MEADOW, _LEAVES),
    "cat": (indoors, indoors, gradient),
    "deer": (_OPEN_LAND, _LEAVES),
    "dog": (indoors, _MEADOW),
    "frog": (_LEAVES, _LEAVES, partial(texture, colours=WATER)),
    "horse": (_OPEN_LAND,),
    "ship": (_SEA,),
    "truck": (_ROADSIDE,),
}


def foreground(image: Image.Image, rng: Random) -> None:
    """Draw something that hides a little of the figure: grass, a post, a twig or a passing ball."""
    draw = ImageDraw.Draw(image)
    colour = near(rng.choice(GROUNDS + WALLS), rng, 30)
    kind = rng.randrange(4)
    if kind == 0:
        for x in range(rng.randint(-3, 2), SIZE, rng.randint(5, 9)):
            height = rng.randint(6, 18)
            draw.polygon((x - 2, SIZE, x + 2, SIZE, x + rng.randint(-5, 5), SIZE - height), colour)
    elif kind == 1:
        x = rng.randint(0, SIZE)
        draw.line((x, 0, x + rng.randint(-8, 8), SIZE), colour, rng.randint(3, 7))
    elif kind == 2:
        y = rng.randint(0, SIZE)
        draw.line((0, y, SIZE, y + rng.randint(-30, 30)), colour, rng.randint(2, 4))
    else:
        x, y, radius = rng.randint(0, SIZE), rng.choice((4, SIZE - 4)), rng.randint(8, 15)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


def _blend(first: Colour, last: Colour, upright: bool) -> Image.Image:
    size = (1, 2) if upright else (2, 1)
    return Image.frombytes("RGB", size, bytes(first + last)).resize((SIZE, SIZE), Image.Resampling.BILINEAR)


def _cloud(draw: ImageDraw.ImageDraw, rng: Random, colour: Colour) -> None:
    x, y = rng.randint(0, SIZE), rng.randint(0, SIZE * 2 // 3)
    for _ in range(3):
        width, height = rng.randint(5, 13), rng.randint(3, 6)
        draw.ellipse((x - width, y - height, x + width, y + height), colour)
        x += rng.randint(5, 12)


def _hill(draw: ImageDraw.ImageDraw, rng: Random, horizon: int) -> None:
    x, width, height = rng.randint(0, SIZE), rng.randint(20, 60), rng.randint(6, 26)
    colour = near(rng.choice(GROUNDS), rng)
    if rng.random() < 0.5:
        draw.ellipse((x - width, horizon - height, x + width, horizon + height), colour)
    else:
        draw.polygon((x - width, horizon, x, horizon - math.floor(1.4 * height), x + width, horizon), colour)


def _tree(draw: ImageDraw.ImageDraw, rng: Random, horizon: int) -> None:
    x, height, width = rng.randint(0, SIZE), rng.randint(14, 36), rng.randint(5, 12)
    leaves = near(rng.choice(GRASS), rng, 25)
    draw.line((x, horizon, x, horizon - height // 2), (100, 75, 50), 3)
    if rng.random() < 0.5:
        draw.polygon(
            (x - width, horizon - height // 4, x, horizon - height, x + width, horizon - height // 4), leaves
        )
    else:
        draw.ellipse((x - width, horizon - height, x + width, horizon - height // 3), leaves)


def _house(draw: ImageDraw.ImageDraw, rng: Random, horizon: int) -> None:
    x, width, height = rng.randint(-5, SIZE), rng.randint(8, 24), rng.randint(10, 40)
    wall = near(rng.choice(WALLS), rng, 25)
    draw.rectangle((x, horizon - height, x + width, horizon), wall)
    for y in range(horizon - height + 3, horizon - 4, 8):
        for left in range(x + 3, x + width - 3, 7):
            draw.rectangle((left, y, left + 2, y + 3), shade(wall, 0.7))
