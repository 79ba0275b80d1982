"""What a training takes, estimated from its settings: memory at its peak, time of an epoch. Imports no torch.

The memory's constants are fitted to `python -m tests.benchmarks.memory`, with the CUDA build of torch on
Linux; they hold for the CPU.
"""

import math

from core.errors import InputError
from core.files.locations import DataSet
from core.shapes.code import from_short
from core.shapes.network import PRESETS
from core.shapes.trainable import trainable
from core.training.config import TrainConfig

LONGEST_EPOCH = 30 * 60  # seconds
_TRAINING_IMAGES = {"sketches": 9000, "cifar-10": 45_000}
_IMAGES = {"sketches": 12_000, "cifar-10": 60_000}  # of all files: a training loads them as one tensor
_IMAGE = 32 * 32 * 3  # bytes, uint8
_PROCESS = 600 * 2**20  # Python, torch and its optimizers
_LENET = 80 * 1024  # bytes of an image of the batch: its pixels as floats, activations and their gradients


def process_and_data(data_set: DataSet, chosen: int) -> int:
    """Bytes of a worker that has loaded a data set, and copied `chosen` of its training images."""
    return _PROCESS + (_IMAGES[data_set] + chosen) * _IMAGE


def training_memory(config: TrainConfig, data_set: DataSet) -> int:
    """Peak memory of a training of LeNet, in MB."""
    on_cpu = config.batch_size if config.device == "cpu" else 0
    image, weights = _own(config.network) if config.network else (_LENET, 0)
    copied = config.train_size or (_TRAINING_IMAGES[data_set] if config.imbalance > 1 else 0)
    return (process_and_data(data_set, copied) + on_cpu * image + weights) // 2**20


def epoch_seconds(config: TrainConfig, data_set: DataSet, seconds_per_image: float) -> float:
    """Time of an epoch, where one image of a training step takes so long.

    Raises InputError for more than LONGEST_EPOCH.
    """
    images = min(config.train_size or math.inf, _TRAINING_IMAGES[data_set])
    seconds = images * seconds_per_image
    if seconds > LONGEST_EPOCH:
        raise InputError("network_slow", minutes=round(seconds / 60), most=LONGEST_EPOCH // 60)
    return seconds


def macs(network: str) -> int:
    """Multiply-accumulates of the network for one image."""
    return sum(row.macs for row in trainable(from_short(network or PRESETS["lenet"].text)))


def _own(network: str) -> tuple[int, int]:
    """Bytes for an image of the batch, and for the weights with their gradients and the optimizer's state."""
    traced = trainable(from_short(network))
    return _LENET + 2 * sum(row.memory for row in traced), 16 * sum(row.parameters for row in traced)
