"""Batch throughput of this machine: DataLoader with and without workers, and the app's own way."""

import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from core.dataset import CIFAR10Dataset
from core.normalisations import NORMALISATIONS
from core.normalise import normalise
from core.process import children, end_with_parent
from core.transforms.pipeline import PRESETS, build

BATCH_SIZE = 64
SECONDS = 4.0  # at most, for each way; the in-memory one, which repeats its passes, gets a quarter
_PATIENCE = 30.0  # seconds for one batch; a spawned worker, as on Windows, imports torch first
IN_MEMORY = -1  # in place of a number of workers
SCATTER = 1.25  # two measurements of the same way may differ by this factor where other programs run too
WAYS = (0, 1, 2, IN_MEMORY)


@dataclass(frozen=True)
class Speed:
    """Progress of one way: `images` in `seconds`, including the start of its workers.

    `first`: seconds until the first batch.
    """

    workers: int
    images: int
    seconds: float
    first: float
    ended: bool = False

    @property
    def images_per_second(self) -> float:
        """Throughput so far."""
        return self.images / self.seconds


def verdict(ratio: float) -> Literal["help", "even", "no_help"]:
    """What a ratio of two throughputs, with workers and without, says beyond the scatter of measurements."""
    if ratio > SCATTER:
        return "help"
    return "even" if ratio >= 1 / SCATTER else "no_help"


def measure(
    images: Tensor, labels: Tensor, seconds: float = SECONDS, ways: Iterable[int] = WAYS
) -> Generator[Speed, None, None]:
    """Measure each way in turn; yields a Speed after every batch and one at the way's end.

    uint8 images [N, 3, 32, 32] become batches in random order, with the values ToTensor and Normalize give.
    Close the generator to stop: worker processes end with it.
    """
    for workers in ways:
        if workers == IN_MEMORY:
            yield from _timed(workers, in_memory(images, labels), seconds / 4)
        else:
            yield from _timed(workers, loaded(images, labels, workers), seconds)


def _timed(workers: int, batches: Generator[Tensor, None, None], seconds: float) -> Iterator[Speed]:
    """Take batches until the time is up or there are no more."""
    began, images, first, elapsed = time.perf_counter(), 0, 0.0, 0.0
    with closing(batches):
        for batch in batches:
            images += len(batch)
            elapsed = time.perf_counter() - began
            first = first or elapsed
            yield Speed(workers, images, elapsed, first)
            if elapsed >= seconds:
                break
    if images:
        yield Speed(workers, images, elapsed, first, ended=True)


def loaded(images: Tensor, labels: Tensor, workers: int) -> Generator[Tensor, None, None]:
    """One pass as most tutorials do it: an image at a time through PIL, ToTensor and Normalize."""
    dataset = CIFAR10Dataset.of(images, labels, build(PRESETS["tutorial"]))
    order = torch.Generator().manual_seed(0)
    context, patience = (children(), _PATIENCE) if workers else (None, 0.0)
    loader = DataLoader(
        dataset,
        BATCH_SIZE,
        shuffle=True,
        num_workers=workers,
        timeout=patience,
        multiprocessing_context=context,
        worker_init_fn=end_with_parent,
        generator=order,
    )
    for batch, _ in loader:
        yield batch


def in_memory(images: Tensor, labels: Tensor) -> Generator[Tensor, None, None]:
    """Pass after pass as core.trainer makes them: a few tensor operations for a whole batch."""
    order = torch.Generator().manual_seed(0)
    while len(labels):
        for rows in torch.split(torch.randperm(len(labels), generator=order), BATCH_SIZE):
            batch, _ = normalise(images.index_select(0, rows), *NORMALISATIONS["half"]), labels[rows]
            yield batch
