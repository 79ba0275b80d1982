"""The few numbers of a run that tell one fault from another."""

import math
from dataclasses import dataclass

from core.jobs.history import Epoch, History
from core.jobs.vitals import LayerVitals, Number, Vitals

_BY_STEP = 50  # layers are looked at early: later all that is wrong is wrong at once


@dataclass(frozen=True)
class Signs:
    """Numbers of a run; None where it has not reported them.

    first_loss, highest_loss: of a batch. first_epoch to validation_accuracy: losses and accuracies of the
    first and the last epoch. images, classes: number of images in the first batch, of classes among them.
    mean to validation_std: of what the network is given in training and in validation; narrower: the second
    std by the first. weight, activation: of the first layer at the first step; update: norm of what the first
    step added to all weights; dead: the lowest dead share of a layer with a ReLU, then.

    The others are of `step`, the last measured one up to 50. share: norm of what it added by that of all
    weights. gradient: norm in the first layer. leftover: norm of the gradient that zero_grad left.
    low_sum, high_sum: of an image's ten outputs. lowest: the lowest output. spread: standard deviation of a
    class's output over images.
    """

    first_loss: Number
    highest_loss: Number
    first_epoch: Number
    last_epoch: Number
    validation_loss: Number
    train_accuracy: Number
    validation_accuracy: Number
    images: int | None
    classes: int | None
    mean: Number
    std: Number
    validation_mean: Number
    validation_std: Number
    narrower: Number
    weight: Number
    activation: Number
    update: Number
    dead: Number
    step: int | None
    share: Number
    gradient: Number
    leftover: Number
    low_sum: Number
    high_sum: Number
    lowest: Number
    spread: Number


def early(course: History) -> Vitals | None:
    """The vital signs of the last measured step up to 50; None where there are none."""
    return next((report for report in reversed(course.vitals) if report.step <= _BY_STEP), None)


def signs(course: History) -> Signs:
    """Read the signs from what a run has reported."""
    first, later = next(iter(course.vitals), None), early(course)
    layer = first.layers[0] if first and first.layers else None
    mean, std = first.inputs if first else (None, None)
    validation_mean, validation_std = first.validation if first else (None, None)
    return Signs(
        **_losses(course),
        images=first.images if first else None,
        classes=first.classes if first else None,
        mean=mean,
        std=std,
        validation_mean=validation_mean,
        validation_std=validation_std,
        narrower=_ratio(validation_std, std),
        weight=layer.weight if layer else None,
        activation=layer.activation if layer else None,
        update=total(first, "update"),
        dead=min((row.dead for row in first.layers if row.dead is not None), default=None) if first else None,
        step=later.step if later else None,
        share=_ratio(total(later, "update"), total(later, "weight")),
        gradient=later.layers[0].gradient if later and later.layers else None,
        leftover=later.leftover if later else None,
        low_sum=later.sums[0] if later else None,
        high_sum=later.sums[1] if later else None,
        lowest=later.lowest if later else None,
        spread=later.spread if later else None,
    )


def total(report: Vitals | None, name: str) -> Number:
    """The norm over all layers of what LayerVitals has by layer; None where one of them is missing."""
    values = [getattr(layer, name) for layer in report.layers] if report else []
    return math.hypot(*values) if values and None not in values else None


def share(layer: LayerVitals) -> Number:
    """What a step added to a layer by the layer's weights, both as norms."""
    return _ratio(layer.update, layer.weight)


def _losses(course: History) -> dict[str, Number]:
    losses = [point.loss for point in course.points if point.loss is not None]
    first: Epoch | None = next(iter(course.epochs), None)
    last = course.epochs[-1] if course.epochs else None
    return {
        "first_loss": losses[0] if losses else None,
        "highest_loss": max(losses, default=None),
        "first_epoch": first.train_loss if first else None,
        "last_epoch": last.train_loss if last else None,
        "validation_loss": last.validation_loss if last else None,
        "train_accuracy": last.train_accuracy if last else None,
        "validation_accuracy": last.validation_accuracy if last else None,
    }


def _ratio(value: Number, by: Number) -> Number:
    return value / by if value is not None and by else None
