"""The width of a layer changed, channels or features, with the layers behind it made to fit."""

from collections.abc import Mapping, Sequence

from core.errors import InputError, shown
from core.shapes.fix import fix
from core.shapes.layers import Layer
from core.shapes.network import replaced
from core.shapes.trace import names, trace
from core.shapes.trainable import IMAGE

OUTPUTS = ("out_channels", "out_features")
# Corrections that only take what arrives; any other would be another network.
_FOLLOWS = frozenset(
    {
        "in_channels",
        "in_channels_depthwise",
        "in_features",
        "normalized_shape",
        "num_channels",
        "num_features",
    }
)


def widths(layers: Sequence[Layer]) -> Mapping[str, int]:
    """Width of each layer that has one, by name; the last of them makes the classes and is left out."""
    found = {
        name: int(layer.values[output])
        for name, layer in zip(names(layers), layers, strict=True)
        for output in OUTPUTS
        if output in layer.values
    }
    return dict(list(found.items())[:-1])


def widened(layers: Sequence[Layer], name: str, width: int) -> tuple[Layer, ...]:
    """Give the layer called `name` this width, and let the next ones take what arrives.

    Raises InputError for a layer without a width, and a width that the layer refuses.
    """
    allowed = widths(layers)
    if name not in allowed:
        raise InputError("setting_wrong", name="layer", value=shown(name), allowed=tuple(allowed))
    index = names(layers).index(name)
    layer = layers[index]
    output = next(output for output in OUTPUTS if output in layer.values)
    changed = replaced(tuple(layers), index, layer.changed(**{output: width}))
    for _ in layers:
        correction = fix(changed, trace(changed, IMAGE))
        if correction is None or correction.key not in _FOLLOWS:
            break
        changed = correction.layers
    return changed
