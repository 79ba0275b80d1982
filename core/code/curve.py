"""The curve of a run as a picture, beside the cell of a notebook that draws it."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from core.figures.palette import TRAIN, VALIDATION

_SIZE, _LEFT, _BOTTOM, _EDGE = (640, 320), 50, 30, 12  # pixels
_TICKS = 5
Points = Sequence[tuple[int, float]]


def curve(losses: Points, validation: Points) -> bytes:
    """PNG of batch losses as a line and validation losses as dots, both by step, over axes from 0."""
    image = Image.new("RGB", _SIZE, "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    width, height = _SIZE[0] - _LEFT - _EDGE, _SIZE[1] - _BOTTOM - _EDGE
    last = max(step for step, _ in (*losses, *validation))
    highest = max(loss for _, loss in (*losses, *validation)) or 1.0

    def place(step: float, loss: float) -> tuple[float, float]:
        return _LEFT + width * step / last, _EDGE + height * (1 - loss / highest)

    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        x, y = place(share * last, share * highest)
        draw.line([(_LEFT, y), (_SIZE[0] - _EDGE, y)], "#dddddd")
        draw.text((_LEFT - 6, y), f"{share * highest:.3g}", "#444444", font, anchor="rm")
        draw.text((x, _SIZE[1] - _BOTTOM + 6), f"{share * last:.0f}", "#444444", font, anchor="mt")
    draw.line([place(*point) for point in losses], TRAIN, 1)
    for x, y in (place(*point) for point in validation):
        draw.ellipse([x - 3, y - 3, x + 3, y + 3], VALIDATION)
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()
