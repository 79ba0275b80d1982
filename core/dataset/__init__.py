"""Images of the ten classes, CIFAR-10's or sketches: read, cut into train, validation and test, measured."""

from core.cifar10 import CLASSES, MEAN, STD
from core.dataset.batch_file import read_batch
from core.dataset.splits import CIFAR10Dataset, ImageSet, Origin, Splits, load_split, splits
from core.files.archive import extract
from core.files.download import download

__all__ = [
    "CLASSES", "MEAN", "STD", "CIFAR10Dataset", "ImageSet", "Origin", "Splits", "download", "extract",
    "load_split", "read_batch", "splits",
]  # fmt: skip
