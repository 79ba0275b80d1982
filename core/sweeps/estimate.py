"""How long the trainings of a sweep take together."""

from collections.abc import Iterable

from core.files.locations import DataSet
from core.training.config import TrainConfig
from core.training.costs import Measured, epoch_seconds

_START = 4.0  # seconds until the first step of a worker that isn't warm


def seconds(
    configs: Iterable[TrainConfig], data_set: DataSet, at_once: int = 1, measured: Measured | None = None
) -> float:
    """About how long these trainings take, with so many at once."""
    alone = sum(config.epochs * epoch_seconds(config, data_set, measured) for config in configs)
    return _START + alone / at_once
