"""Memory that a training takes at its peak, estimated from its settings. Imports no torch.

The constants are fitted to `python -m tests.benchmarks.memory`, with the CUDA build of torch on Linux; they
hold for the CPU.
"""

from core.files.locations import DataSet
from core.shapes.code import from_short
from core.shapes.trainable import trainable
from core.training.config import TrainConfig

_IMAGES = {"sketches": 12_000, "cifar-10": 60_000}  # of all files: a training loads them as one tensor
_IMAGE = 32 * 32 * 3  # bytes, uint8
_PROCESS = 600 * 2**20  # Python, torch and its optimizers
_LENET = 80 * 1024  # bytes of an image of the batch: its pixels as floats, activations and their gradients


def process_and_data(data_set: DataSet, chosen: int) -> int:
    """Bytes of a worker that has loaded a data set, and copied `chosen` of its training images."""
    return _PROCESS + (_IMAGES[data_set] + chosen) * _IMAGE


def lenet_memory(config: TrainConfig, data_set: DataSet) -> int:
    """Peak memory of a training of LeNet, in MB."""
    on_cpu = config.batch_size if config.device == "cpu" else 0
    image, weights = _own(config.network) if config.network else (_LENET, 0)
    return (process_and_data(data_set, config.train_size or 0) + on_cpu * image + weights) // 2**20


def _own(network: str) -> tuple[int, int]:
    """Bytes for an image of the batch, and for the weights with their gradients and the optimizer's state."""
    traced = trainable(from_short(network))
    return _LENET + 2 * sum(row.memory for row in traced), 16 * sum(row.parameters for row in traced)
