"""A pen that draws filled shapes in the figure's own coordinates, wherever the figure stands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

_CIRCLE = [(math.cos(2 * math.pi * k / 20), math.sin(2 * math.pi * k / 20)) for k in range(20)]


def shade(colour: Colour, factor: float) -> Colour:
    """Darken a colour by a factor below 1; above 1, move it by factor - 1 towards white."""
    if factor <= 1:
        return (int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor))
    return mix(colour, (255, 255, 255), factor - 1)


def mix(a: Colour, b: Colour, part: float) -> Colour:
    """Mix `part` of b with the rest of a."""
    return (
        int(a[0] + part * (b[0] - a[0])),
        int(a[1] + part * (b[1] - a[1])),
        int(a[2] + part * (b[2] - a[2])),
    )


def distance(a: Colour, b: Colour) -> float:
    """Visible difference of two colours; brightness counts more than hue."""
    light = abs(sum(a) - sum(b)) / 3
    return light + 0.35 * (abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2])) / 3


@dataclass(frozen=True)
class Frame:
    """The figure's place: its square -1..1 (x to the right, y down) on the canvas, in pixels."""

    x: float
    y: float
    width: float  # pixels per unit along the figure's x, negative when mirrored
    height: float
    turn: float = 0.0  # radians, clockwise

    def place(self, points: Sequence[Point]) -> list[float]:
        """The points in pixels, as the flat list that Pillow takes fastest."""
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        xx, xy, yx, yy = self.width * cos, -self.height * sin, self.width * sin, self.height * cos
        left, top = self.x, self.y
        return [pixel for x, y in points for pixel in (left + xx * x + xy * y, top + yx * x + yy * y)]


@dataclass
class Pen:
    """Collector of shapes; `ink` draws all outlines, then all fillings, to outline the silhouette only."""

    frame: Frame
    body: Colour = (200, 120, 60)
    second: Colour = (240, 240, 240)  # markings, windows' frames, wings
    accent: Colour = (220, 50, 50)  # collars, stripes, flags
    line: Colour = (30, 30, 30)
    shapes: list[tuple[list[float], Colour, bool]] = field(default_factory=list)

    @property
    def dark(self) -> Colour:
        """The body's colour in the shade."""
        return shade(self.body, 0.68)

    @property
    def light(self) -> Colour:
        """The body's colour in the light."""
        return shade(self.body, 1.4)

    def turned(self, radians: float) -> None:
        """Turn everything drawn from here on around the middle of the figure."""
        self.frame = Frame(
            self.frame.x, self.frame.y, self.frame.width, self.frame.height, self.frame.turn + radians
        )

    def polygon(self, points: Sequence[Point], fill: Colour, edge: bool = True) -> None:
        """Add a polygon; `edge` says whether to outline it."""
        self.shapes.append((self.frame.place(points), fill, edge))

    def box(
        self, left: float, top: float, right: float, bottom: float, fill: Colour, edge: bool = True
    ) -> None:
        """Add a rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill, edge)

    def oval(
        self, x: float, y: float, rx: float, ry: float, fill: Colour, tilt: float = 0.0, edge: bool = True
    ) -> None:
        """Add an ellipse with half-axes `rx` and `ry`, turned by `tilt` radians."""
        cos, sin = math.cos(tilt), math.sin(tilt)
        points = [(x + rx * c * cos - ry * s * sin, y + rx * c * sin + ry * s * cos) for c, s in _CIRCLE]
        self.polygon(points, fill, edge)

    def dot(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """Add a small detail inside the silhouette, without an outline."""
        self.oval(x, y, radius, radius, fill, edge=False)

    def blob(self, points: Sequence[Point], fill: Colour, edge: bool = True) -> None:
        """Add a polygon rounded by cutting its corners twice (Chaikin)."""
        curve = list(points)
        for _ in range(2):
            following = curve[1:] + curve[:1]
            curve = [
                (a * p + b * q, a * r + b * s)
                for (p, r), (q, s) in zip(curve, following, strict=True)
                for a, b in ((0.75, 0.25), (0.25, 0.75))
            ]
        self.polygon(curve, fill, edge)

    def limb(
        self, points: Sequence[Point], start: float, end: float, fill: Colour, edge: bool = True
    ) -> None:
        """Add a bent stroke whose half-width runs from `start` to `end`."""
        left: list[Point] = []
        right: list[Point] = []
        last = len(points) - 1
        for k, (x, y) in enumerate(points):
            (ax, ay), (bx, by) = points[max(k - 1, 0)], points[min(k + 1, last)]
            dx, dy = bx - ax, by - ay
            reach = (start + (end - start) * k / last) / (math.hypot(dx, dy) or 1.0)
            left.append((x - dy * reach, y + dx * reach))
            right.append((x + dy * reach, y - dx * reach))
        self.polygon(left + right[::-1], fill, edge)

    def ink(self, image: Image.Image, thickness: int) -> None:
        """Draw all collected shapes; `thickness` is the outline's width in canvas pixels, 0 for none."""
        draw = ImageDraw.Draw(image)
        if thickness:
            for points, _, edge in self.shapes:
                if edge:
                    draw.line(points + points[:4], self.line, 2 * thickness)
        for points, fill, _ in self.shapes:
            draw.polygon(points, fill)
