"""The vital signs of a training as numbers in its events: what one step did to each layer. No torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

Number = float | None  # None for what was not finite


@dataclass(frozen=True)
class LayerVitals:
    """One layer at a step.

    activation: standard deviation of what it returns, before any ReLU. dead: share of its units, channels of
    a convolution, whose ReLU returns 0 for all images; None where no ReLU follows. gradient, weight: norms of
    the batch's gradient and of the weights, biases included. update: norm of what the step added to these.
    """

    name: str
    activation: Number
    dead: Number
    gradient: Number
    weight: Number
    update: Number


@dataclass(frozen=True)
class Vitals:
    """One step of a training, measured before it was taken; steps count from 1.

    loss: mean over the batch. images, classes: number of images in the batch, of classes among them. inputs,
    validation: mean and standard deviation of what the network is given in training and in validation.
    lowest: the lowest output for any image. sums: lowest and highest sum of an image's ten outputs. spread:
    standard deviation of a class's output over images, mean over classes. leftover: norm of the gradient that
    zero_grad left.
    """

    step: int
    epoch: int
    lr: Number
    loss: Number
    images: int
    classes: int
    inputs: tuple[Number, Number]
    validation: tuple[Number, Number]
    lowest: Number
    sums: tuple[Number, Number]
    spread: Number
    leftover: Number
    layers: Sequence[LayerVitals]


def read(event: Mapping[str, Any]) -> Vitals | None:
    """Read the event that has the fields of Vitals; None for a damaged one."""
    try:
        layers = [_layer(row) for row in event["layers"]]
        values = {
            row.name: _VALUES[row.name](event[row.name]) for row in fields(Vitals) if row.name != "layers"
        }
    except (KeyError, TypeError, ValueError):
        return None
    return Vitals(layers=layers, **values)


def _layer(row: Mapping[str, Any]) -> LayerVitals:
    """Read one layer. Raises KeyError and TypeError."""
    numbers = {field.name: _number(row[field.name]) for field in fields(LayerVitals) if field.name != "name"}
    if not isinstance(row["name"], str):
        raise TypeError(row)
    return LayerVitals(row["name"], **numbers)


def _number(value: Any) -> Number:
    if value is None or type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    raise TypeError(value)


def _count(value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    raise TypeError(value)


def _pair(value: Any) -> tuple[Number, Number]:
    first, second = value
    return _number(first), _number(second)


_VALUES: Mapping[str, Callable[[Any], Any]] = (
    dict.fromkeys(("step", "epoch", "images", "classes"), _count)
    | dict.fromkeys(("lr", "loss", "lowest", "spread", "leftover"), _number)
    | dict.fromkeys(("inputs", "validation", "sums"), _pair)
)
