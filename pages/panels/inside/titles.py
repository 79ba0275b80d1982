"""Stages of a network as a learner reads them: their names, and how large they are drawn."""

import math
from collections.abc import Mapping, Sequence

from torch import Tensor

from core.inside.stages import Stage, Stages
from core.training.checkpoints import Weights
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.punctuation import listed, together
from pages.shared.images.number_map import NumberMap

words = PageWords("inside")

MOST_TILES = 64  # maps of one stage that are drawn
# Pixels, by eye: LeNet's stages in three rows of a page.
SIZES: Mapping[tuple[int, int, int], int] = {
    (3, 32, 32): 150,
    (6, 28, 28): 228,
    (6, 14, 14): 150,
    (16, 10, 10): 206,
    (16, 5, 5): 116,
    (1, 16, 25): 128,
    (1, 10, 12): 92,
    (1, 7, 12): 80,
    (1, 10, 1): 142,
}
SMALLEST, LARGEST = 80, 200


def title(found: Stages, stage: Stage) -> str:
    """Name and shape of a stage: "conv1, ReLU 6 × 28 × 28"."""
    shape = together(" × ".join(map(str, stage.output)))
    if stage.name == "softmax":
        return words("stage.softmax")
    if stage.name == found.output.name and stage.function not in ("Softmax", "LogSoftmax"):
        return words("stage.logits")
    group = found.group(stage)
    done = [other.function for other in group[: group.index(stage) + 1] if found.changes(other)]
    if done:
        return words("stage.after", name=stage.head, functions=listed(done), shape=shape)
    stage = found[stage.head]
    key = "other" if stage.kind in ("elementwise", "softmax", "other") else stage.kind
    return words(f"stage.{key}", name=stage.name, function=stage.function, shape=shape)


def own(key: str, weights: Weights) -> str:
    """The key of the text for a network of one's own, where it has one."""
    other = f"{key}.own"
    return other if weights.architecture and other in words else key


def columns(tiles: int) -> int:
    """Tiles in a row: three colours beside each other, more in a square."""
    return tiles if tiles <= 3 else math.isqrt(tiles - 1) + 1


def stage_map(
    found: Stages,
    stage: Stage,
    values: Tensor,
    alt: str,
    *,
    size: int | None = None,
    clickable: bool = False,
    marks: Sequence[tuple[int, int, int]] = (),
) -> NumberMap:
    """Draw a stage's values for one image, of very many maps the first."""
    name, drawn = title(found, stage), stage.drawn(values)[:MOST_TILES]
    if len(drawn) < stage.shape[0]:
        name = words("stage.first", stage=name, n=MOST_TILES)
    bars = class_names() if stage.classes else ()
    across = columns(len(drawn))
    size = size or SIZES.get(stage.shape) or _size(across * stage.shape[2])
    return NumberMap(drawn, name, alt, size=size, columns=across, clickable=clickable, marks=marks, bars=bars)


def _size(cells: int) -> int:
    """Pixels for so many cells beside each other: the more, the smaller each."""
    return max(SMALLEST, min(LARGEST, round(24 * math.sqrt(cells))))
