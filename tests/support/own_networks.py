"""Random lists of layers that can be trained, and such as can't."""

import math
import random
from functools import partial

from core.shapes import Layer
from core.shapes.layers import Merged
from core.shapes.trace import trace
from core.shapes.trainable import IMAGE
from tests.shapes.settings import KNOWN, random_setting

LARGEST = 4096  # numbers that a layer may leave


def good(seed: int) -> tuple[Layer, ...]:
    """Up to eight layers of any kind, then what makes ten numbers of them."""
    draw = random.Random(seed)
    layers: list[Layer] = []
    for _ in range(draw.randint(0, 8)):
        arriving = _output(layers)
        layer = random_setting(draw.choice(KNOWN), arriving, draw)
        output = _output([*layers, layer])
        if output and not isinstance(output, Merged) and 0 < math.prod(output) <= LARGEST:
            layers.append(layer)
    output = _output(layers)
    if len(output) > 1:
        layers.append(Layer("Flatten", {}))
    return (*layers, Layer("Linear", {"in_features": math.prod(output), "out_features": 10}))


def bad(seed: int) -> tuple[Layer, ...]:
    """A good list with one fault."""
    draw = random.Random(seed)
    layers = list(good(seed))
    faults = (
        partial(layers.append, Layer("Linear", {"in_features": 7, "out_features": 10})),
        partial(layers.append, Layer("Linear", {"in_features": 10, "out_features": draw.choice([1, 9, 11])})),
        partial(layers.pop),
        partial(layers.append, Layer("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 5})),
        partial(layers.insert, draw.randint(0, len(layers)), Layer("Other", {"name": "Block"})),
        partial(layers.insert, 0, Layer("Conv2d", {"in_channels": 4, "out_channels": 3, "kernel_size": 1})),
        partial(layers.insert, 0, Layer("MaxPool2d", {"kernel_size": 33})),
        partial(layers.clear),
    )
    draw.choice(faults)()
    return tuple(layers)


def _output(layers: list[Layer]) -> tuple[int, ...]:
    """What the layers leave of an image; an empty shape if they break."""
    return (trace(layers, IMAGE)[-1].output_shape or ()) if layers else IMAGE
