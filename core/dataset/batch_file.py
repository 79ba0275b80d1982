"""Reading and writing of one file in CIFAR-10's layout, without running anything in it.

A file is a pickled dict with batch_label, labels (whole numbers 0..9), data (uint8 [N, 3072]: 1024 red,
1024 green, 1024 blue values per image, row by row) and filenames.
Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.cifar10 import CLASSES, ROW
from core.dataset import foreign
from core.errors import InputError
from core.files import whole
from core.files.locations import MAX_BATCH_BYTES, MAX_TEXT_BYTES, META_FILE
from core.files.pickles import reader as pickles
from core.files.pickles.arrays import ArrayStandIn, numpy_globals

MAX_IMAGES = 10_000  # in one file
_OF_CIFAR_100 = {b"fine_labels", "fine_labels", b"fine_label_names", "fine_label_names"}  # batch, meta
_TEXT_PICKLES = (b"(", b"c")  # how a dict, an OrderedDict begins in protocol 0


@dataclass(frozen=True)
class Batch:
    """A checked file: `rows` uint8 [N, 3072] is a read-only view onto the bytes read, `labels` int64 [N]."""

    rows: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


class _Ordered(dict[Any, Any], pickles.StandIn):
    """Stand-in for collections.OrderedDict, empty or of pairs; drops what else was set on it."""

    def __init__(self, pairs: object = ()) -> None:
        super().__init__()
        if not isinstance(pairs, list | tuple):
            raise ValueError("pairs")
        for key, value in pairs:
            if type(key) not in (str, bytes):
                raise ValueError("key")
            self[key] = value

    def set_state(self, state: object) -> None:
        """Take anything, keep nothing."""


def read_batch(path: str | Path) -> tuple[Tensor, Tensor]:
    """Read one file: (images uint8 [N, 3, 32, 32], labels int64 [N]).

    A file of the binary version is read if its name ends in .bin.
    Raises InputError for a file that is missing, unreadable, too large, damaged, or not in CIFAR-10's layout.
    """
    batch = open_batch(path)
    images = torch.empty(len(batch.rows), 3, 32, 32, dtype=torch.uint8)
    images.view(-1, ROW).numpy()[:] = batch.rows
    return images, torch.from_numpy(batch.labels)


def open_batch(path: str | Path) -> Batch:
    """Read and check one file, its pixels not yet copied. Raises as `read_batch` does."""
    path = Path(path)
    if path.suffix == ".bin" and (binary := _binary(path)) is not None:
        return binary
    content = contents(path)
    if content.keys() & _OF_CIFAR_100:
        raise InputError("data_file_cifar100", file=path.name)
    rows = _rows(_entry(content, "data", path), path)
    labels = _labels(_entry(content, "labels", path), path)
    if len(labels) != len(rows):
        raise InputError("data_file_count", file=path.name, labels=len(labels), images=len(rows))
    return Batch(rows, labels)


def _binary(path: Path) -> Batch | None:
    with _reading(path):
        if path.stat().st_size > MAX_IMAGES * (1 + ROW):
            return None
        found = foreign.binary_batch(path)
    return Batch(found[0], found[1].astype(np.int64)) if found else None


def contents(path: Path) -> dict[Any, Any]:
    """The dict in a file, built without running anything, but not checked; it may contain itself."""
    with _reading(path):
        try:
            content = _pickled(path)
        except pickles.PickleRefused as error:
            if error.name:
                raise InputError("data_file_calls", file=path.name, name=error.name) from error
            raise (foreign.refusal(path) or InputError("data_file_broken", file=path.name)) from error
    if not isinstance(content, dict):
        raise InputError("data_file_broken", file=path.name)
    return content


def _pickled(path: Path) -> object:
    with path.open("rb") as file:
        size = path.stat().st_size
        limit = MAX_TEXT_BYTES if file.peek(1)[:1] in _TEXT_PICKLES else MAX_BATCH_BYTES
        if size > limit:
            raise foreign.refusal(path) or InputError(
                "data_file_too_large", file=path.name, size=size >> 20, limit=limit >> 20
            )
        return pickles.load(file, {**numpy_globals(), ("collections", "OrderedDict"): _Ordered})


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name a file that can't be opened or read."""
    try:
        yield
    except FileNotFoundError:
        raise InputError("data_file_missing", file=path.name, folder=str(path.parent)) from None
    except OSError as error:
        raise InputError(
            "data_file_unreadable", file=path.name, folder=str(path.parent), reason=error.strerror
        ) from error


def _entry(content: dict[Any, Any], key: str, path: Path) -> object:
    for name in (key.encode(), key):  # bytes as Python 2 left them, text where Python 3 saved the file again
        if name in content:
            return content[name]
    raise InputError("data_file_key", file=path.name, key=key)


def _rows(data: object, path: Path) -> npt.NDArray[np.uint8]:
    if not isinstance(data, ArrayStandIn):
        raise InputError("data_file_images", file=path.name, found=type(data).__name__)
    array = data.array
    if (
        array.dtype != np.uint8
        or array.ndim != 2
        or array.shape[1] != ROW
        or not 1 <= len(array) <= MAX_IMAGES
    ):
        raise InputError("data_file_images", file=path.name, found=f"{array.dtype} {list(array.shape)}")
    return array.view(np.uint8)


def _labels(labels: object, path: Path) -> npt.NDArray[np.int64]:
    if isinstance(labels, ArrayStandIn) and labels.array.ndim == 1 and labels.array.dtype.kind in "iu":
        found = labels.array.astype(np.int64)
    elif (
        isinstance(labels, list | tuple)
        and set(map(type, labels)) <= {int}
        and all(0 <= label < 10 for label in labels)
    ):
        found = np.array(labels, dtype=np.int64)
    else:
        raise InputError("data_file_labels", file=path.name)
    if len(found) and not (found.min() >= 0 and found.max() <= 9):
        raise InputError("data_file_labels", file=path.name)
    return found


def write_batch(
    path: str | Path, images: Tensor, labels: Iterable[int], filenames: Sequence[str], batch_label: str
) -> None:
    """Write images uint8 [N, 3, 32, 32] with their labels and file names as one file, whole or not at all.

    The file is byte for byte a pickle of Python 2, so every CIFAR-10 reader takes it: text is stored as 8-bit
    strings, which Python 3's pickle module can no longer write.
    Raises ValueError if the sizes don't match, for no image or more than MAX_IMAGES, and for a label outside
    0..9.
    """
    numbers = [int(label) for label in labels]
    if (
        images.dtype != torch.uint8
        or images.shape != (len(numbers), 3, 32, 32)
        or len(filenames) != len(numbers)
    ):
        raise ValueError(
            f"{images.dtype} {list(images.shape)}, {len(numbers)} labels, {len(filenames)} file names"
        )
    if not 1 <= len(numbers) <= MAX_IMAGES or not set(numbers) <= set(range(10)):
        raise ValueError(f"{len(numbers)} labels, of 1 to {MAX_IMAGES} within 0..9")
    pixels = np.ascontiguousarray(images.numpy())
    head, tail = _array_opcodes(len(numbers))
    entries = (
        _string("batch_label")
        + _string(batch_label)
        + _string("labels")
        + b"]("
        + bytes(b for n in numbers for b in (0x4B, n))
        + b"e"
    )
    names = _string("filenames") + b"](" + b"".join(map(_string, filenames)) + b"e"
    whole.write(
        Path(path),
        b"\x80\x02}(" + entries + _string("data") + head,
        pixels.data.cast("B"),
        tail + names + b"u.",
    )


def write_meta(dest: str | Path) -> None:
    """Write batches.meta, the class names, into the folder `dest`."""
    names = b"](" + b"".join(map(_string, CLASSES)) + b"e"
    numbers = (
        _string("num_cases_per_batch")
        + b"M"
        + struct.pack("<H", MAX_IMAGES)
        + _string("num_vis")
        + b"M"
        + struct.pack("<H", ROW)
    )
    whole.write(Path(dest) / META_FILE, b"\x80\x02}(" + numbers + _string("label_names") + names + b"u.")


def _string(text: str) -> bytes:
    """The text as a SHORT_BINSTRING instruction, at most 255 bytes."""
    data = text.encode("latin1")
    return b"U" + bytes([len(data)]) + data


def _array_opcodes(rows: int) -> tuple[bytes, bytes]:
    """Opcodes before and after the pixels of a uint8 array [rows, 3072]."""
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    shape = b"J" + struct.pack("<i", rows) + b"J" + struct.pack("<i", ROW) + b"\x86"
    dtype = b"cnumpy\ndtype\nU\x02u1\x89\x88\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return empty + b"(K\x01" + shape + dtype + b"\x89T" + struct.pack("<i", rows * ROW), b"tb"
