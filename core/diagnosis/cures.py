"""Overfitting on purpose, and what is said to help against it: a table of trainings, each with one change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.checks import Bounds, one_of, within
from core.jobs.history import History
from core.training.config import TrainConfig

EPOCHS = Bounds(1, 100)
IMAGES = 500
# Small enough to be learned by heart, with a rate at which that takes half of the epochs.
OVERFITTING = TrainConfig(epochs=60, batch_size=32, lr=0.01, train_size=IMAGES)
_BODY = "Conv2d(3,6,5),ReLU(),MaxPool2d(2),Conv2d(6,16,5),ReLU(),MaxPool2d(2),Flatten(),"
DROPOUT = _BODY + "Linear(400,120),ReLU(),Dropout(0.5),Linear(120,84),ReLU(),Dropout(0.5),Linear(84,10)"
SMALLER = _BODY + "Linear(400,10)"

CURES: Mapping[str, Mapping[str, Any]] = {
    "more_data": {"train_size": 2000},
    "augmentation": {"flip": True, "crop": 2},
    "weight_decay": {"weight_decay": 0.01},
    "dropout": {"network": DROPOUT},
    "early_stopping": {"patience": 10},
    "smaller": {"network": SMALLER},
}
UNTREATED = "untreated"
# Gap at the end and best validation accuracy, in per cent, and validation loss at the end: of seeds 0, 1 and
# 2 on the sketches, as `python -m tests.benchmarks.clinic.overfitting` prints them; the page is held to them.
MEASURED: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    UNTREATED: ((41.2, 59.9, 2.71), (35.2, 65.8, 2.31), (36.4, 64.5, 2.60)),
    "more_data": ((17.3, 82.9, 1.36), (18.2, 81.9, 1.25), (16.6, 83.6, 1.11)),
    "augmentation": ((25.3, 69.6, 1.38), (14.3, 74.3, 0.95), (20.6, 72.1, 1.08)),
    "weight_decay": ((42.2, 59.1, 1.82), (34.5, 66.0, 1.46), (35.4, 64.9, 1.60)),
    "dropout": ((30.0, 63.5, 1.65), (21.7, 67.7, 1.29), (24.1, 66.4, 1.51)),
    "early_stopping": ((41.5, 59.7, 2.31), (34.9, 65.8, 2.13), (36.0, 64.5, 2.55)),
    "smaller": ((35.1, 65.3, 2.03), (34.4, 65.9, 2.06), (38.7, 62.4, 2.48)),
}
# Largest distance of two seeds' best validation accuracies with the same settings, rounded up.
BETWEEN_SEEDS = 0.07


def training(cure: str, epochs: int = OVERFITTING.epochs, seed: int = 0) -> TrainConfig:
    """The training with this cure, or without one: UNTREATED. Raises InputError for an unknown cure."""
    changes = {UNTREATED: {}, **CURES}[one_of("cure", cure, (UNTREATED, *CURES))]
    return replace(OVERFITTING, epochs=int(within("epochs", epochs, EPOCHS)), seed=seed, **changes)


@dataclass(frozen=True)
class Effect:
    """What a cure has done: gap at the end before and after it, and best validation accuracy; shares of 1.

    `losses` are the validation losses at the end, None where one is not finite.
    """

    gap_before: float
    gap_after: float
    best_before: float
    best_after: float
    losses: tuple[float | None, float | None]

    @property
    def change(self) -> float:
        """How much better the best validation accuracy is."""
        return self.best_after - self.best_before

    @property
    def verdict(self) -> str:
        """Whether the change is "better", "worse", or "same": no more than another seed may make."""
        if abs(self.change) <= BETWEEN_SEEDS:
            return "same"
        return "better" if self.change > 0 else "worse"


def effect(before: History, after: History) -> Effect | None:
    """Compare two finished runs; None where one of them has no epoch."""
    if before.best is None or after.best is None:
        return None
    first, last = before.epochs[-1], after.epochs[-1]
    return Effect(
        first.gap,
        last.gap,
        before.best.validation_accuracy,
        after.best.validation_accuracy,
        (first.validation_loss, last.validation_loss),
    )
