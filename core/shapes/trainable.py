"""What a list of layers must be to be trained: ten numbers from an image of 3 x 32 x 32, by known layers."""

import math
from collections.abc import Sequence

from core.cifar10 import CLASSES
from core.errors import InputError, shown
from core.shapes.layers import Layer, Merged
from core.shapes.trace import LayerShape, failing, trace

IMAGE = (3, 32, 32)
MOST_PARAMETERS = 5_000_000


def trainable(layers: Sequence[Layer]) -> list[LayerShape]:
    """Trace the layers. Raises InputError for the first reason why they can't be trained."""
    own = [layer.values["name"] for layer in layers if not layer.is_known]
    if own:
        raise InputError("network_unknown", name=own[0])
    traced = trace(layers, IMAGE)
    broken = failing(traced)
    if broken is not None:
        raise InputError("network_breaks", layer=traced[broken].name, reason=traced[broken].refusal)
    output = traced[-1].output_shape if traced else IMAGE
    if output != (len(CLASSES),) or isinstance(output, Merged):
        raise InputError("network_output", shape=shown(output), classes=len(CLASSES))
    parameters = sum(row.parameters for row in traced)
    if not parameters:
        raise InputError("network_learns_nothing")
    if parameters > MOST_PARAMETERS:
        raise InputError("network_too_large", count=parameters, most=MOST_PARAMETERS)
    return traced


def ends_in_softmax(layers: Sequence[Layer]) -> bool:
    """Whether the last layer makes probabilities of the logits, which the loss does itself."""
    return bool(layers) and layers[-1].kind in ("Softmax", "LogSoftmax")


def needs_two_images(traced: Sequence[LayerShape]) -> str | None:
    """Name of the first layer that has one number to normalise in a batch of one, or None."""
    return next(
        (
            row.name
            for row in traced
            if row.kind in ("BatchNorm1d", "BatchNorm2d", "BasicBlock")
            and math.prod((row.output_shape or (2, 2))[1:]) == 1
        ),
        None,
    )
