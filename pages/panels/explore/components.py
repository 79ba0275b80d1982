"""Browser components for one image's numbers: its pixels as a map, and their way from a row of the file."""

import base64

from torch import Tensor

from core.dataset.row import row_of
from core.figures.palette import SEQUENTIAL
from pages.app.components import component

_PIXELS = component(
    "explore/pixel_map",
    '<div class="frame"><output aria-live="polite"></output><canvas tabindex="0" role="img"></canvas>'
    '<div class="scale" aria-hidden="true">0<div class="bar"></div>255</div></div>',
    uses=("lib/canvas", "lib/dom", "lib/numbers"),
)
_UNFOLDING = component(
    "explore/unfolding",
    '<div class="frame"><canvas></canvas><p class="stage" aria-live="polite"></p>'
    '<div class="controls"><button type="button" class="play"></button>'
    '<button type="button" class="back"></button>'
    '<button type="button" class="step"></button>'
    '<input type="range" min="0" max="400" value="0"></div></div>',
    uses=("lib/canvas", "lib/numbers"),
)


def pixel_map(image: Tensor, channel: int, *, labels: dict[str, str], key: str) -> None:
    """Draw one channel of an image uint8 [3, 32, 32] as a heat map that reads out the pointer's pixel.

    labels: label, hint, and sentence with {row}, {column}, {red}, {green}, {blue}.
    """
    _PIXELS(key=key, data={"pixels": _encoded(image), "channel": channel, "stops": SEQUENTIAL, **labels})


def unfolding(image: Tensor, *, labels: dict[str, str | list[str]], key: str) -> None:
    """Animate the 3,072 numbers of an image uint8 [3, 32, 32] from a file's row into planes and the image.

    labels: label, play, pause, step, back, scrub; lists: runs (3), planes (3 and the image), stages (5
    sentences).
    """
    _UNFOLDING(key=key, data={"pixels": _encoded(image), **labels})


def _encoded(image: Tensor) -> str:
    return base64.b64encode(row_of(image).numpy().tobytes()).decode()
