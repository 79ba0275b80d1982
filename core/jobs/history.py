"""The course of a run as numbers to plot and to display, from the events that its worker reported."""

import binascii
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from core.cifar10 import CLASSES
from core.jobs import vitals
from core.jobs.vitals import Vitals

Event = Mapping[str, Any]
T = TypeVar("T")
SMOOTHING = 0.9  # weight of the past in the smoothed loss, per point; batch losses are too noisy to read
NEEDED = {  # the numbers without which an event is worthless
    "attempt": (),
    "step": ("step", "lr"),
    "epoch": ("epoch", "step", "train_accuracy", "validation_accuracy", "seconds"),
    "checkpoint": ("step",),
}
OPTIONAL = (
    "loss",
    "loss_after",
    "train_loss",
    "validation_loss",
    "elapsed",
    "images_per_second",
    "total_steps",
    "steps_per_epoch",
)
RECENT = 8  # step events over which the speed is averaged
KERNELS = 6  # of the first convolution, as many as LeNet has
LENETS_KERNEL = (3, 5, 5)  # the shape of one where a report names none


@dataclass(frozen=True)
class Point:
    """One optimizer step of the thinned record.

    `epoch` is its place on the axis: 1.5 is half-way through the second epoch.
    """

    epoch: float
    step: int
    lr: float
    loss: float | None
    smoothed: float | None


@dataclass(frozen=True)
class Epoch:
    """Results of an epoch; None where a loss was not finite."""

    epoch: int
    train_loss: float | None
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float
    seconds: float

    @property
    def gap(self) -> float:
        """Training accuracy minus validation accuracy."""
        return self.train_accuracy - self.validation_accuracy


@dataclass(frozen=True)
class Quantity:
    """One term of the optimizer's rule: a number for each watched weight, or one that they share."""

    symbol: str
    key: str
    values: Sequence[float | None]
    shared: bool


@dataclass(frozen=True)
class WatchedWeights:
    """One weight of each layer through a step, as core.training.weight_steps reports it.

    names: parameter and place, such as conv1.weight[0,2,3,1]. None stands for what was not finite.
    """

    rule: str
    names: Sequence[str]
    hyper: Mapping[str, float | None]
    before: Sequence[float | None]
    after: Sequence[float | None]
    terms: Sequence[Quantity]


@dataclass(frozen=True)
class Inspected:
    """An inspected step: loss of one batch before and after it, gradient norm and one weight by layer."""

    step: int
    lr: float
    loss: float | None
    loss_after: float | None
    gradient_norms: Mapping[str, float]
    weights: WatchedWeights | None = None


@dataclass(frozen=True)
class Kernels:
    """The first kernels of the first convolution after a step, as uint8 images, each of `shape`."""

    step: int
    images: bytes
    shape: tuple[int, int, int]

    @property
    def count(self) -> int:
        """Number of kernels."""
        return len(self.images) // math.prod(self.shape)


@dataclass(frozen=True)
class Confusion:
    """Validation images of an epoch, counted by [true class][predicted class]."""

    epoch: int
    counts: Sequence[Sequence[int]]

    @property
    def total(self) -> int:
        """Number of images."""
        return sum(map(sum, self.counts))

    @property
    def right(self) -> int:
        """Number of images on the diagonal."""
        return sum(row[index] for index, row in enumerate(self.counts))

    @property
    def mixed_up(self) -> tuple[int, int, int]:
        """The two classes taken for each other most often, in either direction, and how often."""
        pairs = [(first, second) for second in range(len(CLASSES)) for first in range(second)]
        often = {pair: self.counts[pair[0]][pair[1]] + self.counts[pair[1]][pair[0]] for pair in pairs}
        most = max(pairs, key=often.__getitem__)
        return *most, often[most]


@dataclass(frozen=True)
class History:
    """Everything a page shows of a run.

    Speeds are in images per second, times in seconds; None where nothing is known yet. `reported_at` is the
    time of the last report, in seconds since 1970; `anew` says that the last attempt found damaged
    checkpoints alone and began at step 0. `before` are the epochs that a branch goes on from, `offset` their
    number.
    """

    points: Sequence[Point]
    epochs: Sequence[Epoch]
    inspected: Inspected | None
    step: int
    total_steps: int
    elapsed: float
    images_per_second: float | None
    time_left: float | None
    reported_at: float | None = None
    anew: bool = False
    kernels: Kernels | None = None
    confusion: Confusion | None = None
    before: Sequence[Epoch] = ()
    offset: int = 0
    vitals: Sequence[Vitals] = ()

    @property
    def timeline(self) -> Sequence[Epoch]:
        """All epochs that the weights have seen, numbered through."""
        return [*self.before, *(replace(row, epoch=row.epoch + self.offset) for row in self.epochs)]

    @property
    def progress(self) -> float:
        """Share of the steps that are done; 0 while the total is unknown."""
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0

    @property
    def best(self) -> Epoch | None:
        """The epoch with the best validation accuracy, the first of equals."""
        return max(self.epochs, key=lambda row: row.validation_accuracy, default=None)


def history(events: Iterable[Event]) -> History:
    """Summarise the events of one run, in order; unknown kinds and damaged events are passed over."""
    reported = list(events)
    events = [event for event in reported if _whole(event)]
    attempt = next((event for event in reversed(events) if event["type"] == "attempt"), {})
    steps = [event for event in events if event["type"] == "step"]
    epochs = [_epoch(event) for event in events if event["type"] == "epoch"]
    last = next(
        (event for event in reversed(events) if event["type"] in ("step", "epoch", "checkpoint", "attempt")),
        {},
    )
    total, elapsed = int(attempt.get("total_steps") or 0), _latest(events, "elapsed")
    step = max(int(last.get("step", 0)), steps[-1]["step"] if steps else 0)
    inspected = next((event for event in reversed(steps) if event.get("inspected")), None)
    return History(
        points=_points(steps, int(attempt.get("steps_per_epoch") or 1) or 1),
        epochs=epochs,
        inspected=_inspected(inspected) if inspected else None,
        step=step,
        total_steps=total,
        elapsed=elapsed,
        images_per_second=_speed(steps),
        time_left=elapsed / step * (total - step) if step and elapsed and total else None,
        reported_at=max((event["time"] for event in reported if _number(event.get("time"))), default=None),
        anew=attempt.get("anew") is True,
        kernels=_newest(_kernels, reported, "kernels"),
        confusion=_newest(_confusion, reported, "confusion"),
        vitals=_vitals(reported),
        **_newest(_branched, reported, "branch") or {},
    )


def _vitals(events: Sequence[Event]) -> list[Vitals]:
    """The vital signs in the order of their steps; of a step that was taken twice the later report."""
    found = (vitals.read(event) for event in events if event["type"] == "vitals")
    by_step = {report.step: report for report in found if report is not None}
    return [by_step[step] for step in sorted(by_step)]


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most about `most` of the points, evenly spaced, the last one included."""
    stride = -(-len(points) // most) if len(points) > most else 1
    return [*points[:-1:stride], points[-1]] if points else points


def _newest(read: Callable[[Event], T | None], events: Sequence[Event], kind: str) -> T | None:
    """The last event of a kind that can be read."""
    found = (read(event) for event in reversed(events) if event["type"] == kind)
    return next((report for report in found if report is not None), None)


def _whole(event: Event) -> bool:
    needed = NEEDED.get(event["type"])
    if needed is None or not all(_number(event.get(name)) for name in needed):
        return False
    return all(event.get(name) is None or _number(event[name]) for name in OPTIONAL)


def _number(value: object) -> bool:
    """Whether a value is a number that a float can hold; not NaN either, which no worker writes."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


def _points(steps: Sequence[Event], steps_per_epoch: int) -> list[Point]:
    points, average, weight = [], 0.0, 0.0
    for event in steps:
        loss = event.get("loss")
        if loss is not None:
            average = SMOOTHING * average + (1 - SMOOTHING) * loss
            weight = SMOOTHING * weight + (1 - SMOOTHING)  # corrects the start, as Adam does
        smoothed = average / weight if weight and loss is not None else None
        points.append(Point(event["step"] / steps_per_epoch, event["step"], event["lr"], loss, smoothed))
    return points


def _epoch(event: Event) -> Epoch:
    accuracy, seconds = (event["train_accuracy"], event["validation_accuracy"]), event["seconds"]
    return Epoch(
        event["epoch"],
        event.get("train_loss"),
        accuracy[0],
        event.get("validation_loss"),
        accuracy[1],
        seconds,
    )


def _inspected(event: Event) -> Inspected:
    norms = event.get("gradient_norms") or {}
    weights = _weights(event.get("weights"))
    return Inspected(event["step"], event["lr"], event.get("loss"), event.get("loss_after"), norms, weights)


def _weights(report: Any) -> WatchedWeights | None:
    """Read the report of an inspected step; None for one from before there were any, or a damaged one."""
    try:
        names = [f"{name}[{','.join(map(str, index))}]" for name, index in report["watched"].items()]
        terms = [
            Quantity(str(term["symbol"]), str(term["key"]), _numbers(term["values"]), bool(term["shared"]))
            for term in report["terms"]
        ]
        before, after = _numbers(report["before"]), _numbers(report["after"])
        hyper = dict(zip(report["hyper"], _numbers(report["hyper"].values()), strict=True))
    except (AttributeError, KeyError, TypeError):
        return None
    lengths = {len(before), len(after), *(len(term.values) for term in terms if not term.shared)}
    if lengths != {len(names)} or not all(term.values for term in terms) or not terms or terms[-1].shared:
        return None
    return WatchedWeights(str(report["rule"]), names, hyper, before, after, terms)


def _branched(event: Event) -> Mapping[str, Any] | None:
    """Read what a branch goes on from; None for a damaged report."""
    try:
        rows = [_epoch(row) for row in event["epochs"] if _whole({"step": 0, **row, "type": "epoch"})]
    except (KeyError, TypeError):
        return None
    offset = event.get("offset")
    return {"before": rows, "offset": offset} if type(offset) is int and offset >= 0 else None


def _kernels(event: Event) -> Kernels | None:
    """Read a report of the first convolution; None for a damaged one."""
    try:
        images = binascii.a2b_base64(event["images"])
        channels, rows, columns = event.get("shape", LENETS_KERNEL)
        size = channels * rows * columns
        sizes = range(size, (KERNELS + 1) * size, size)  # of one kernel to all that are shown
        whole = _number(event.get("step")) and min(channels, rows, columns) > 0 and len(images) in sizes
    except (KeyError, TypeError, ValueError):
        return None
    return Kernels(event["step"], images, (channels, rows, columns)) if whole else None


def _confusion(event: Event) -> Confusion | None:
    """Read the matrix of an epoch; None for a damaged one."""
    try:
        kinds = [[type(count) for count in row] for row in event["counts"]]
    except (KeyError, TypeError):
        return None
    whole = _number(event.get("epoch")) and kinds == [[int] * len(CLASSES)] * len(CLASSES)
    return Confusion(event["epoch"], event["counts"]) if whole else None


def _numbers(values: Iterable[Any]) -> list[float | None]:
    """The values as numbers or None. Raises TypeError for anything else."""
    values = list(values)
    if not all(value is None or _number(value) for value in values):
        raise TypeError(values)
    return values


def _speed(steps: Sequence[Event]) -> float | None:
    recent = [event["images_per_second"] for event in steps[-RECENT:] if event.get("images_per_second")]
    return sum(recent) / len(recent) if recent else None


def _latest(events: Sequence[Event], name: str) -> float:
    return next((float(event[name]) for event in reversed(events) if event.get(name) is not None), 0.0)
