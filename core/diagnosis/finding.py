"""What one check of a training finds, and the evidence that the checks look at. No torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from statistics import median
from typing import Any, Literal

from core.cifar10 import CLASSES
from core.jobs.history import Epoch, History
from core.jobs.vitals import LayerVitals, Vitals
from core.training.config import TrainConfig
from core.transfer.config import TransferConfig

Verdict = Literal["sound", "striking", "unknown"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    check: its name in CHECKS. kind: which of its sentences fits, or why nothing is known; "" if sound.
    numbers: what the verdict rests on, empty if unknown. points_to: faults of FAULTS and topics, likeliest
    first. step: at which it was first seen, counted from 1; 0 unless striking.
    """

    check: str
    verdict: Verdict
    numbers: Mapping[str, float | str]
    kind: str = ""
    points_to: Sequence[str] = ()
    step: int = 0


def unknown(check: str, kind: str = "unmeasured") -> Finding:
    """The finding of a check that can't be made: this run didn't report its numbers, or not yet."""
    return Finding(check, "unknown", {}, kind)


def sound(check: str, **numbers: Any) -> Finding:
    """The finding of a check that has nothing to say."""
    return Finding(check, "sound", numbers)


def striking(check: str, kind: str, points_to: Sequence[str], step: int, **numbers: Any) -> Finding:
    """The finding of a check that has something to say."""
    return Finding(check, "striking", numbers, kind, points_to, step)


class Case:
    """The evidence: settings of a run, and what it has reported, without numbers that aren't finite."""

    def __init__(self, course: History, config: TrainConfig | TransferConfig) -> None:
        self.course, self.config = course, config

    @property
    def fresh(self) -> bool:
        """Whether the weights were random at the first step: a branch goes on from learned ones."""
        return not self.course.offset

    @property
    def ended(self) -> bool:
        """Whether all epochs are judged."""
        return len(self.epochs) >= self.config.epochs

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch; 1 while nothing is known."""
        return max(1, self.course.total_steps // self.config.epochs)

    @cached_property
    def chance(self) -> float:
        """Training loss of a guess that knows nothing but how often each class occurs: ln 10 if equally."""
        return -sum(share * math.log(share) for share in self.shares)

    @cached_property
    def shares(self) -> Sequence[float]:
        """Share of each class in the training images, as core.dataset.experiments draws them."""
        factor = getattr(self.config, "imbalance", 1.0)
        sizes = [factor ** (-index / (len(CLASSES) - 1)) for index in range(len(CLASSES))]
        return [size / sum(sizes) for size in sizes]

    @property
    def balanced(self) -> bool:
        """Whether all classes have equally many training images."""
        return self.shares[0] == self.shares[-1]

    @cached_property
    def epochs(self) -> Sequence[Epoch]:
        """The epochs of this run, None for a loss that isn't finite; none whose accuracy is out of range."""
        rows: list[Epoch] = [
            replace(row, **{name: finite(getattr(row, name)) for name in _EPOCH})  # type: ignore[arg-type]
            for row in self.course.epochs
        ]
        return [row for row in rows if _share(row.train_accuracy) and _share(row.validation_accuracy)]

    @cached_property
    def vitals(self) -> Sequence[Vitals]:
        """The vital signs by step, None for each number that isn't finite; none with absurd counts."""
        return [
            _finite_vitals(row)
            for row in self.course.vitals
            if max(row.step, row.epoch, row.images, row.classes) <= _MOST and row.layers
        ]

    @cached_property
    def losses(self) -> Sequence[tuple[int, float | None]]:
        """Step and loss of the batch, before the step; None for one that wasn't finite."""
        steps = [(finite(point.step), finite(point.loss)) for point in self.course.points]
        return [(int(at), loss) for at, loss in steps if at is not None and 0 < at <= _MOST]

    @cached_property
    def last_loss(self) -> float | None:
        """Median loss of the last batches: that of one varies, and the mean of an epoch comes late."""
        known = [loss for _, loss in self.losses if loss is not None]
        return median(known[-_BATCHES:]) if known else None

    @cached_property
    def lowest_loss(self) -> float | None:
        """The lowest of the last batches' loss, of all epochs' training loss and of all validation losses."""
        epochs = (loss for row in self.epochs for loss in (row.train_loss, row.validation_loss))
        return min((loss for loss in (self.last_loss, *epochs) if loss is not None), default=None)

    @property
    def learned(self) -> bool:
        """Whether the loss was ever clearly below that of a guess."""
        return self.lowest_loss is not None and self.lowest_loss < self.chance - CLEARLY

    def end_of(self, index: int) -> int:
        """The last step of an epoch, by its place among all."""
        return (index + 1) * self.steps_per_epoch


def finite(value: Any) -> float | None:
    """The number as a float; None for NaN, for what float32 can't hold, and for anything else."""
    try:
        number = float(value)
    except (OverflowError, TypeError, ValueError):
        return None
    return number if abs(number) <= _LARGEST else None


_LARGEST = 1e39  # float32 holds 3.4e38
_MOST = 10**12  # steps, epochs, images
_BATCHES = 10
CLEARLY = 0.05  # healthy runs have come at least so far before MOVED of curve_checks
_EPOCH = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
_PAIRS = ("inputs", "validation", "sums")
_SINGLE = ("lr", "loss", "lowest", "spread", "leftover")


def _share(value: float | None) -> bool:
    return value is not None and 0 <= value <= 1


def _finite_vitals(report: Vitals) -> Vitals:
    pairs = {name: tuple(map(finite, getattr(report, name))) for name in _PAIRS}
    numbers = {name: finite(getattr(report, name)) for name in _SINGLE}
    layers = [_finite_layer(layer) for layer in report.layers]
    return replace(report, layers=layers, **numbers, **pairs)  # type: ignore[arg-type]


def _finite_layer(layer: LayerVitals) -> LayerVitals:
    numbers = (finite(getattr(layer, row.name)) for row in fields(layer) if row.name != "name")
    return LayerVitals(layer.name, *numbers)
