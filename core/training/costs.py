"""What a training takes, estimated from its settings: memory at its peak, time of an epoch. Imports no torch.

The memory's constants are fitted to `python -m tests.benchmarks.memory`, with the CUDA build of torch on
Linux; they hold for the CPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from statistics import fmean

from core.cifar10 import CLASSES
from core.errors import InputError
from core.files.locations import DataSet
from core.shapes.code import from_short
from core.shapes.network import PRESETS
from core.shapes.trainable import trainable
from core.training.config import TrainConfig

LONGEST_EPOCH = 30 * 60  # seconds
TRAINING_IMAGES: Mapping[DataSet, int] = {"sketches": 9_000, "cifar-10": 45_000}
# Of one core of a laptop, LeNet on the sketches; `python -m tests.benchmarks.sweep` measures the whole.
_STEP = 1.3e-3  # seconds of a step, however small its batch
_TRAINED = 0.1e-3  # seconds of an image trained on
_JUDGED = 0.15  # seconds of an epoch's validation, and of its files
_IMAGES = {"sketches": 12_000, "cifar-10": 60_000}  # of all files: a training loads them as one tensor
_IMAGE = 32 * 32 * 3  # bytes, uint8
_PROCESS = 600 * 2**20  # Python, torch and its optimizers
_LENET = 80 * 1024  # bytes of an image of the batch: its pixels as floats, activations and their gradients


def process_and_data(data_set: DataSet, chosen: int) -> int:
    """Bytes of a worker that has loaded a data set, and copied `chosen` of its training images."""
    return _PROCESS + (_IMAGES[data_set] + chosen) * _IMAGE


def training_memory(config: TrainConfig, data_set: DataSet) -> int:
    """Peak memory of a training of LeNet or of one's own network, in MB."""
    on_cpu = config.batch_size if config.device == "cpu" else 0
    image, weights = _own(config.network) if config.network else (_LENET, 0)
    copied = config.train_size or (TRAINING_IMAGES[data_set] if config.imbalance > 1 else 0)
    return (process_and_data(data_set, copied) + on_cpu * image + weights) // 2**20


@dataclass(frozen=True)
class Measured:
    """A training of which an epoch was timed, in seconds."""

    config: TrainConfig
    data_set: DataSet
    seconds: float

    @property
    def factor(self) -> float:
        """How many times slower this machine is than the one of the constants."""
        return self.seconds / epoch_seconds(self.config, self.data_set)


def epoch_seconds(config: TrainConfig, data_set: DataSet, measured: Measured | None = None) -> float:
    """About how long an epoch takes, reckoned from its steps, images and multiply-accumulates."""
    images = training_images(config, data_set)
    work = images * (0.5 + 0.5 * macs(config.network) / macs(""))
    alone = ceil(images / config.batch_size) * _STEP + work * _TRAINED + _JUDGED
    return alone * (measured.factor if measured else 1.0)


def require_short_epoch(seconds: float) -> None:
    """Check the time of an epoch. Raises InputError for more than LONGEST_EPOCH."""
    if seconds > LONGEST_EPOCH:
        raise InputError("network_slow", minutes=round(seconds / 60), most=LONGEST_EPOCH // 60)


def training_images(config: TrainConfig, data_set: DataSet) -> int:
    """About how many images an epoch has."""
    images = min(TRAINING_IMAGES[data_set], config.train_size or TRAINING_IMAGES[data_set])
    last = len(CLASSES) - 1
    return round(images * fmean(config.imbalance ** (-label / last) for label in range(last + 1)))


@lru_cache(maxsize=256)
def macs(network: str) -> int:
    """Multiply-accumulates of the network for one image."""
    return sum(row.macs for row in trainable(from_short(network or PRESETS["lenet"].text)))


def _own(network: str) -> tuple[int, int]:
    """Bytes for an image of the batch, and for the weights with their gradients and the optimizer's state."""
    traced = trainable(from_short(network))
    return _LENET + 2 * sum(row.memory for row in traced), 16 * sum(row.parameters for row in traced)
