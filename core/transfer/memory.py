"""Memory that a run of ResNet-18 takes at its peak, estimated from its settings. Imports no torch.

The constants are fitted as those of core.training.costs.
"""

from core.files.locations import DataSet
from core.training.costs import process_and_data
from core.transfer.config import TransferConfig

_BODY = 100 * 2**20  # bytes of the weights, and of the file that they come from
_TRAINED = 200 * 2**20  # bytes of weights, gradients, Adam's two means, and a checkpoint of all
_PASS = 146  # bytes a pixel and image, in a forward pass that keeps nothing
_STEP = 470  # bytes a pixel and image, in a step that keeps every layer's input
_CHUNK, _JUDGED = 100, 50  # images in one forward pass: for features, and of the validation split


def resnet_memory(config: TransferConfig, data_set: DataSet) -> int:
    """Peak memory of a run of ResNet-18, in MB."""
    pixels = config.size**2
    if config.mode == "features":
        own = _BODY + _CHUNK * pixels * _PASS
    else:
        own = _TRAINED + pixels * max(config.batch_size * _STEP, _JUDGED * _PASS)
    return (process_and_data(data_set, config.train_size) + own) // 2**20
