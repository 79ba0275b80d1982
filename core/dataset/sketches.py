"""The built-in data set: CIFAR-10's ten classes drawn by code, in CIFAR-10's layout, for the same reader."""

import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Literal

import numpy as np
import torch
from filelock import FileLock

from core.cifar10 import CLASSES
from core.dataset.batch_file import write_batch, write_meta
from core.dataset.drawings.picture import Pixels, draw
from core.errors import InputError
from core.files.locations import FOLDER, TEST_FILES, TRAIN_FILES, is_complete
from core.files.lock import acquiring
from core.files.whole import storage_error
from core.process import children, end_with_parent
from core.progress import Progress

Split = Literal["train", "test"]

LIMITS = {"train_size": (10, 50_000), "test_size": (10, 10_000)}  # images; a file holds at most 10,000
_CHUNK = 100  # images drawn between two reports, about 0.05 s
_UNFINISHED = ".sketches-"

Chunk = tuple[Split, range]
Drawn = list[tuple[Pixels, int]]


def write(
    dest: str | Path, train_size: int = 10_000, test_size: int = 2_000, seed: int = 0, processes: int = 1
) -> Generator[Progress, None, None]:
    """Write the data set into dest/cifar-10-batches-py; a generator of progress in images, about 0.5 ms each.

    The folder appears when it is whole; stopped early, the generator leaves nothing behind. A complete set is
    kept as it is. While another call, of any process, writes into the same folder, this one waits and takes
    over if the other stops. `processes` other than 1 is a number of children that draw in its stead.
    Raises InputError for a size outside LIMITS, a full disk, or an unwritable folder.
    """
    _check(train_size=train_size, test_size=test_size)
    dest = Path(dest)
    if is_complete(dest / FOLDER):
        return
    total = train_size + test_size
    try:
        dest.mkdir(parents=True, exist_ok=True)
        lock = FileLock(dest / ".sketches.lock", thread_local=False)
        for _ in acquiring(lock):
            yield Progress(0, total, "wait")
        try:
            if not is_complete(dest / FOLDER):  # another call may have finished it
                yield from _write(dest, {"train": train_size, "test": test_size}, seed, processes)
        finally:
            lock.release()
    except OSError as error:
        raise storage_error(error, dest) from error
    yield Progress(total, total, "draw")


def picture(seed: int, split: Split, index: int) -> tuple[Pixels, int]:
    """Draw (uint8 [3, 32, 32], label) of one image, which depends on the three arguments alone."""
    label = label_of(seed, split, index)
    return draw(CLASSES[label], Random(f"sketches/{seed}/{split}/{index}")), label


def label_of(seed: int, split: Split, index: int) -> int:
    """Label of an image; every ten in a row hold each class once, in random order, to balance any size."""
    block, place = divmod(index, len(CLASSES))
    return Random(f"sketches/{seed}/{split}/labels/{block}").sample(range(len(CLASSES)), len(CLASSES))[place]


def _check(**sizes: int) -> None:
    for name, size in sizes.items():
        low, high = LIMITS[name]
        if type(size) is not int or not low <= size <= high:
            raise InputError("sketches_size", name=name, value=size, low=low, high=high)


def _write(dest: Path, sizes: dict[Split, int], seed: int, processes: int) -> Generator[Progress, None, None]:
    """Write all files into a folder beside the final one, then move it into place."""
    for leftover in dest.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=dest) as parent:
        folder = Path(parent) / FOLDER
        folder.mkdir()
        write_meta(folder)
        files = list(_files(folder, sizes))
        with _mapping(processes) as draw_all:
            drawn = draw_all(
                partial(_draw, seed),
                [chunk for _, split, indices in files for chunk in _chunks(split, indices)],
            )
            yield from _write_files(files, iter(drawn), sum(sizes.values()))
        if (dest / FOLDER).exists():  # incomplete, or we wouldn't be here
            (dest / FOLDER).replace(Path(parent) / "before")
        folder.replace(dest / FOLDER)


def _files(folder: Path, sizes: dict[Split, int]) -> Iterator[tuple[Path, Split, range]]:
    """Each file with its images; the training images are cut into five parts as equal as possible."""
    size = sizes["train"]
    bounds = [0, *accumulate((size + k) // len(TRAIN_FILES) for k in range(len(TRAIN_FILES)))]
    for name, start, stop in zip(TRAIN_FILES, bounds[:-1], bounds[1:], strict=True):
        yield folder / name, "train", range(start, stop)
    yield folder / TEST_FILES[0], "test", range(sizes["test"])


@contextmanager
def _mapping(processes: int) -> Iterator[Callable[..., Iterable[Drawn]]]:
    """`map` in this process, or in several others, which stop as soon as nobody wants their pictures."""
    if processes == 1:
        yield map
        return
    pool = ProcessPoolExecutor(processes, mp_context=children(), initializer=end_with_parent)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(split: Split, indices: range) -> list[Chunk]:
    return [(split, indices[start : start + _CHUNK]) for start in range(0, len(indices), _CHUNK)]


def _draw(seed: int, chunk: Chunk) -> Drawn:
    split, indices = chunk
    return [picture(seed, split, index) for index in indices]


def _write_files(
    files: list[tuple[Path, Split, range]], chunks: Iterator[Drawn], total: int
) -> Iterator[Progress]:
    """Collect the images of each file and write it, yielding how many of all are drawn."""
    done = 0
    for path, split, indices in files:
        drawn: Drawn = []
        while len(drawn) < len(indices):
            yield Progress(done + len(drawn), total, "draw")
            drawn += next(chunks)
        images, labels = zip(*drawn, strict=True)
        names = [
            f"{CLASSES[label]}_{split}_{index:06d}.png" for label, index in zip(labels, indices, strict=True)
        ]
        write_batch(path, torch.from_numpy(np.stack(images)), labels, names, _batch_label(path))
        done += len(drawn)


def _batch_label(path: Path) -> str:
    """The batch label in the wording of the official files."""
    return (
        "testing batch 1 of 1"
        if path.name in TEST_FILES
        else f"training batch {path.name[-1]} of {len(TRAIN_FILES)}"
    )
