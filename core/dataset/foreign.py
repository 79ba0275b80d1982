"""Files that lie where one of CIFAR-10's Python version should: named by what they hold."""

import mmap
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.cifar10 import CLASSES, ROW
from core.errors import InputError

_BEGINNINGS = {
    b"\x1f\x8b": "data_file_packed",
    b"PK\x03\x04": "data_file_packed",
    b"MATLAB ": "data_file_matlab",
    b"version https://git-lfs": "data_file_text",
    b"<": "data_file_text",
}
# Numbers of classes: each row is its label, or the coarse and the fine one, and its pixels.
# Source: https://www.cs.toronto.edu/~kriz/cifar.html
_ROWS = {"data_file_binary": (len(CLASSES),), "data_file_cifar100": (20, 100)}


def refusal(path: Path) -> InputError | None:
    """The sentence that names what is no batch of the Python version; None where nothing is known of it.

    Raises OSError where the file can't be read.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:  # CIFAR-100's have 155 MB
            key = _kind(content)
    return InputError(key, file=path.name) if key else None


def _kind(content: mmap.mmap) -> str | None:
    head = content[:64].lstrip()
    for beginning, key in _BEGINNINGS.items():
        if head.startswith(beginning):
            return key
    for key, classes in _ROWS.items():
        if _holds_rows(content, classes):
            return key
    return "data_file_cifar100" if content.find(b"fine_labels") >= 0 else None


def _holds_rows(content: mmap.mmap | bytes, classes: tuple[int, ...]) -> bool:
    """Whether the content is rows that begin with labels below these numbers of classes."""
    size = len(classes) + ROW
    return len(content) % size == 0 and all(
        max(content[place::size]) < count for place, count in enumerate(classes)
    )


def binary_batch(path: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None:
    """Pixels [N, 3072] and labels [N] of a file of CIFAR-10's binary version; None for any other file."""
    content = path.read_bytes()
    if not content or not _holds_rows(content, _ROWS["data_file_binary"]):
        return None
    rows = np.frombuffer(content, np.uint8).reshape(-1, 1 + ROW)  # (N, 3073)
    return rows[:, 1:], rows[:, 0]
