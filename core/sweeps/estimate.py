"""How long trainings will take, reckoned from their steps and images, and from the last one measured here."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from core.files.locations import DataSet
from core.shapes.code import from_short
from core.shapes.trainable import trainable
from core.training.config import TrainConfig

TRAINING_IMAGES: dict[DataSet, int] = {"sketches": 9_000, "cifar-10": 45_000}
# Of one core of a laptop, LeNet on the sketches; `python -m tests.benchmarks.sweep` measures the whole.
_STEP = 1.3e-3  # seconds of a step, however small its batch
_IMAGE = 0.1e-3  # seconds of an image trained on
_JUDGED = 0.15  # seconds of an epoch's validation, and of its files
_LENET = 651_720  # multiply-adds for an image
_START = 4.0  # seconds until the first step of a worker that isn't warm


@dataclass(frozen=True)
class Measured:
    """A training of which an epoch was timed, in seconds."""

    config: TrainConfig
    data_set: DataSet
    seconds: float

    @property
    def factor(self) -> float:
        """How many times slower this machine is than the one of the constants."""
        return self.seconds / _epoch(self.config, self.data_set)


def seconds(
    configs: Iterable[TrainConfig], data_set: DataSet, at_once: int = 1, measured: Measured | None = None
) -> float:
    """About how long these trainings take together, with so many at once."""
    alone = sum(config.epochs * _epoch(config, data_set) for config in configs)
    return _START + alone * (measured.factor if measured else 1.0) / at_once


def _epoch(config: TrainConfig, data_set: DataSet) -> float:
    images = min(TRAINING_IMAGES[data_set], config.train_size or TRAINING_IMAGES[data_set])
    macs = sum(row.macs for row in trainable(from_short(config.network))) if config.network else _LENET
    learning = ceil(images / config.batch_size) * _STEP + images * _IMAGE * (0.5 + 0.5 * macs / _LENET)
    return learning + _JUDGED
