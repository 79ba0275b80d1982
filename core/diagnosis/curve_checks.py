"""Checks of a training's curves: does the loss stay a number, does it fall, does validation follow.

Each threshold names the highest value of the healthy runs and the lowest of the sick ones, runs of
`python -m tests.benchmarks.clinic.runs`, kept or --siblings.
"""

import math
from itertools import pairwise
from statistics import median

from core.diagnosis.finding import CLEARLY, Case, Finding, sound, striking, unknown

ROSE = 1.0  # above the first loss; healthy runs end 1.7 below it or lower
# Steps of a run added up, as a share of the weights, after which the loss has to have moved: in healthy runs
# it has after 0.11, of batches of 16 or 128; with shuffled labels it hasn't after 0.23, six tutorial epochs.
MOVED = 0.2
MOVED_BATCH = 16  # a gradient of fewer images is mostly noise, and so are its steps
MANY_IMAGES = 1000  # which nothing but wrong labels keeps from being of any use to others
GUESSED = 0.15  # accuracy; with shuffled labels up to 0.13, healthy 0.18 at least after two epochs
FEW_STEPS = 50  # after fewer the loss needn't have fallen
WIDE = 0.2  # accuracy; healthy up to 0.13, raw validation images 0.63
GAP = 0.1  # accuracy, with a validation loss that is RISE above its lowest; healthy up to 0.05 above it
RISE = 0.1
FALLING = 0.15  # validation loss an epoch; healthy up to 0.1, of the tutorial's recipe


def diverged(case: Case) -> Finding:
    """Look for a loss that isn't a number any more, or that ends far above where it began."""
    if not case.losses:
        return unknown("diverged", "early")
    known = [(at, loss) for at, loss in case.losses if loss is not None]
    first, last = (known[0][1], case.last_loss) if known else (math.nan, math.nan)
    at = _lost(case)
    if at is not None or last is None:
        return striking(
            "diverged", "nan", ["lr_high", "lr_range"], at or 1, first=first, last=math.nan, at=at or 1
        )
    numbers = {"first": first, "last": last}
    limit = max(first, case.chance) + ROSE
    if last > limit:
        at = next(at for at, loss in known if loss > limit)
        return striking("diverged", "rose", ["lr_high", "lr_range"], at, **numbers)
    return sound("diverged", **numbers)


def _lost(case: Case) -> int | None:
    """The step at which a loss wasn't finite, of a batch or of an epoch."""
    batches = [at for at, loss in case.losses if loss is None]
    epochs = [
        case.end_of(index)
        for index, row in enumerate(case.epochs)
        if row.train_loss is None or row.validation_loss is None
    ]
    return min(batches + epochs, default=None)


def flat(case: Case) -> Finding:
    """Look for a loss that stays at that of a guess although the steps are of a sound size."""
    lowest, moved = case.lowest_loss, _moved(case)
    if not case.epochs or lowest is None:
        return unknown("flat", "early")
    accuracy = max(row.validation_accuracy for row in case.epochs)
    numbers = {"lowest": lowest, "chance": case.chance, "accuracy": accuracy}
    if moved is not None:
        numbers["moved"] = moved
    at = case.end_of(len(case.epochs) - 1)
    if case.learned and not _by_heart(case):
        return sound("flat", **numbers)
    if case.learned:
        numbers["best"] = min(row.validation_loss for row in case.epochs if row.validation_loss is not None)
        return striking("flat", "memorised", ["labels_shuffled"], at, **numbers)
    if moved is None:
        return striking("flat", "unmeasured", ["lr_low", "labels_shuffled", "weights_zero"], at, **numbers)
    if moved >= MOVED * max(1.0, math.sqrt(MOVED_BATCH / case.config.batch_size)):
        return striking("flat", "labels", ["labels_shuffled"], at, **numbers)
    if case.ended and case.course.step >= FEW_STEPS:
        return striking("flat", "short", ["lr_low", "lr_range"], at, **numbers)
    return unknown("flat", "early")


def _by_heart(case: Case) -> bool:
    """Whether training gets better and validation not at all, of equal classes with many images each."""
    losses = [row.validation_loss for row in case.epochs if row.validation_loss is not None]
    many = case.steps_per_epoch * case.config.batch_size >= MANY_IMAGES
    if len(losses) < 2 or not many or not case.balanced:
        return False
    best = max(row.validation_accuracy for row in case.epochs)
    return min(losses) > case.chance - CLEARLY and best < GUESSED


def _moved(case: Case) -> float | None:
    """The steps of all judged epochs added up, as a share of the weights: the layers' median.

    Between two reports the mean of both counts for each step.
    """
    shares = [
        (report.step, median(row))
        for report in case.vitals
        if report.epoch <= len(case.epochs)
        and (
            row := [
                layer.update / layer.weight
                for layer in report.layers
                if layer.weight and layer.update is not None
            ]
        )
    ]
    if not shares:
        return None
    between = sum(
        (after - before) * (first + second) / 2 for (before, first), (after, second) in pairwise(shares)
    )
    return shares[0][1] + between


def gap(case: Case) -> Finding:
    """Compare training with validation: far apart, the network knows its training images by heart."""
    if not case.epochs:
        return unknown("gap", "early")
    last = case.epochs[-1]
    numbers = {"train": last.train_accuracy, "validation": last.validation_accuracy, "gap": last.gap}
    losses = [row.validation_loss for row in case.epochs if row.validation_loss is not None]
    if losses:
        numbers |= {"lowest": min(losses), "last": losses[-1]}
    risen = bool(losses) and losses[-1] > min(losses) + RISE
    if last.gap < (GAP if risen else WIDE):
        return sound("gap", **numbers)
    kind, at = "growing" if risen else "wide", case.end_of(len(case.epochs) - 1)
    if not case.balanced:  # validation has as many of each class
        kind, numbers["factor"] = "unequal", case.shares[0] / case.shares[-1]
    return striking("gap", kind, ["overfitting"], at, **numbers)


def falling(case: Case) -> Finding:
    """Look whether the validation loss of a network that learns still falls: more epochs would help."""
    rows = [row.validation_loss for row in case.epochs if row.validation_loss is not None]
    if not case.ended or len(rows) < 2:
        return unknown("falling", "early")
    recent = rows[-3:]
    fell = (recent[0] - recent[-1]) / (len(recent) - 1)
    numbers = {"fell": fell, "change": -fell, "last": rows[-1]}
    if fell > FALLING and case.learned:  # a loss that has exploded falls too
        return striking("falling", "still", ["lr_range"], case.end_of(len(case.epochs) - 1), **numbers)
    return sound("falling", **numbers)
