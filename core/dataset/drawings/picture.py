"""One finished picture: place, figure, light and noise, all from one random generator."""

import math
from collections.abc import Callable
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.dataset.drawings import animals, four_legged, vehicles
from core.dataset.drawings.pen import Colour, Frame, Pen, distance, shade
from core.dataset.drawings.scenery import SIZE, background, foreground, near

DRAWINGS: dict[str, Callable[[Pen, Random], None]] = {  # CIFAR-10's classes in label order
    "airplane": vehicles.airplane,
    "automobile": vehicles.automobile,
    "bird": animals.bird,
    "cat": four_legged.cat,
    "deer": four_legged.deer,
    "dog": four_legged.dog,
    "frog": animals.frog,
    "horse": four_legged.horse,
    "ship": vehicles.ship,
    "truck": vehicles.truck,
}

COATS: list[Colour] = [
    (150, 95, 50), (190, 130, 70), (225, 185, 130), (110, 70, 45), (60, 50, 48),
    (130, 130, 135), (235, 230, 220), (215, 130, 60), (175, 160, 140),
]  # fmt: skip
PAINTS: list[Colour] = [
    (205, 45, 45), (45, 95, 185), (240, 190, 45), (60, 140, 75), (240, 240, 240), (50, 50, 58),
    (150, 155, 165), (235, 125, 40), (110, 70, 150), (90, 180, 190), (150, 110, 70), (235, 150, 170),
]  # fmt: skip
SKINS: list[Colour] = [
    (95, 170, 60),
    (60, 120, 50),
    (150, 190, 70),
    (150, 110, 60),
    (200, 80, 50),
    (60, 120, 170),
    (225, 190, 60),
]
PALE: list[Colour] = [(245, 240, 230), (230, 205, 165), (250, 250, 250), (215, 185, 150)]
COLOURS = {"cat": COATS, "deer": COATS, "dog": COATS, "horse": COATS, "frog": SKINS, "bird": PAINTS + COATS}
MARKINGS = {
    "cat": COATS + 2 * PALE,
    "deer": COATS + 2 * PALE,
    "dog": COATS + 2 * PALE,
    "horse": COATS + 2 * PALE,
    "frog": SKINS + 2 * PALE,
}

Pixels = NDArray[np.uint8]
_LEVEL = np.linspace(-1, 1, 32, dtype=np.float32)


def draw(name: str, rng: Random) -> Pixels:
    """Draw a picture of the class `name`, uint8 [3, 32, 32]: channel, row, column, as CIFAR-10 stores it."""
    wild = rng.random() ** 4  # most pictures are posed, a few are snapshots
    image = background(rng, name)
    pen = _pen(name, image, wild, rng)
    DRAWINGS[name](pen, rng)
    pen.ink(image, rng.choice((0, 1, 2, 2, 2)))
    if rng.random() < 0.1 + 0.5 * wild:
        foreground(image, rng)
    if rng.random() < 0.1:
        image = image.filter(ImageFilter.BoxBlur(1.5))
    return _light(image.reduce(SIZE // 32), wild, rng)


def _pen(name: str, image: Image.Image, wild: float, rng: Random) -> Pen:
    """A pen with colours that stand out against the image, and with the figure's place and size in it."""
    places = [
        _pixel(image, x, y)
        for x, y in ((SIZE // 2, SIZE // 2), (SIZE // 4, SIZE // 3), (SIZE * 3 // 4, SIZE * 2 // 3))
    ]
    body = _standing_out(COLOURS.get(name, PAINTS), places, rng)
    line = shade(body, rng.uniform(0.15, 0.4)) if rng.random() < 0.92 else (250, 250, 250)
    second = _standing_out(MARKINGS.get(name, [*PAINTS, *PALE]), [body], rng)
    return Pen(_frame(wild, rng), body, second, near(rng.choice(PAINTS), rng), line)


def _pixel(image: Image.Image, x: int, y: int) -> Colour:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return (int(value[0]), int(value[1]), int(value[2]))


def _standing_out(colours: list[Colour], against: list[Colour], rng: Random) -> Colour:
    """The first random choice that differs enough from all of `against`, or the most different one."""
    best, widest = colours[0], -1.0
    for choice in rng.sample(colours, min(len(colours), 8)):
        gap = min(distance(choice, other) for other in against)
        if gap > widest:
            best, widest = choice, gap
        if gap > 62:
            break
    return near(best, rng)


def _frame(wild: float, rng: Random) -> Frame:
    size = SIZE * (rng.uniform(0.43, 0.48) - 0.12 * wild)
    room = SIZE * 0.53 - size  # the smaller the figure, the farther it may stand from the middle
    x, y = (SIZE / 2 + rng.uniform(-room, room) for _ in range(2))
    mirror = 1 if rng.random() < 0.75 else -1
    stretch = math.exp(rng.uniform(-0.15, 0.15))
    return Frame(
        x, y, mirror * size * min(stretch, 1.1), size / max(stretch, 0.9), rng.gauss(0, 0.04 + 0.15 * wild)
    )


def _light(image: Image.Image, wild: float, rng: Random) -> Pixels:
    """Add light from one side, a tint, contrast and sensor noise."""
    pixels = np.asarray(image, dtype=np.float32)  # (32, 32, 3)
    across, down = rng.uniform(-0.16, 0.16), rng.uniform(-0.16, 0.16)
    gain = rng.uniform(0.8, 1.05) * (1 + across * _LEVEL[None, :, None] + down * _LEVEL[:, None, None])
    tint = np.array([rng.uniform(0.9, 1.1) for _ in range(3)], dtype=np.float32)
    grain = np.frombuffer(rng.randbytes(3072), dtype=np.uint8).reshape(32, 32, 3).astype(np.float32) - 127.5
    noisy = pixels * (gain * tint) + rng.uniform(-12, 12) + grain * (rng.uniform(0.02, 0.06) + 0.1 * wild)
    return np.ascontiguousarray(noisy.clip(0, 255).astype(np.uint8).transpose(2, 0, 1))
