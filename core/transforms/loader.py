"""The DataLoader as it is taught: the batches it makes of a Dataset."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from core.checks import Bounds, one_of, within
from core.cifar10 import CLASSES
from core.dataset import CIFAR10Dataset

BATCH_SIZES = Bounds(1, 64)
WORKERS = (0, 1, 2)


class Labelled(Sized, Protocol):
    """A Dataset of (image, label) that knows its length."""

    def __getitem__(self, index: int, /) -> tuple[Any, int]: ...


@dataclass(frozen=True)
class Loading:
    """Settings of a DataLoader; `seed` decides the order when it shuffles.

    Raises InputError for values this app doesn't offer.
    """

    batch_size: int = 16
    shuffle: bool = True
    drop_last: bool = False
    num_workers: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        within("batch_size", self.batch_size, BATCH_SIZES)
        one_of("num_workers", self.num_workers, WORKERS)

    @property
    def code(self) -> str:
        """The Python call that makes this DataLoader."""
        more = "".join(f", {name}=True" for name in ("shuffle", "drop_last") if getattr(self, name))
        workers = f", num_workers={self.num_workers}" if self.num_workers else ""
        return f"DataLoader(dataset, batch_size={self.batch_size}{more}{workers})"

    def loader(self, dataset: Any) -> "DataLoader[Any]":
        """A DataLoader over `dataset` with these settings."""
        generator = torch.Generator().manual_seed(self.seed)
        return DataLoader(
            dataset,
            self.batch_size,
            self.shuffle,
            num_workers=self.num_workers,
            drop_last=self.drop_last,
            generator=generator,
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """One batch as the DataLoader yields it: images, labels int64 [n], and its number, counted from 1."""

    number: int
    images: Tensor
    labels: Tensor

    @property
    def per_class(self) -> list[int]:
        """Number of images of each class."""
        return torch.bincount(self.labels, minlength=len(CLASSES)).tolist()


@dataclass(frozen=True, eq=False)
class Epoch:
    """An epoch of `count` batches over `images` images; `shown` are the first batches and the last."""

    count: int
    images: int
    shown: tuple[Batch, ...]
    dropped: int  # images that drop_last leaves out


def epoch(dataset: Labelled, loading: Loading, first: int = 3) -> Epoch:
    """Load only the first few batches of an epoch and the last, in this process.

    The sampler sets the order, so the whole epoch has the same batches; workers don't change them.
    """
    whole = loading.loader(dataset)
    # A DataLoader draws the seed of its workers first.
    torch.empty((), dtype=torch.int64).random_(generator=whole.generator)
    order, size, count = list(whole.sampler), loading.batch_size, len(whole)
    numbers = [*range(min(first, count)), *range(max(first, count - 1), count)]
    rows = [order[number * size : (number + 1) * size] for number in numbers]
    loader: DataLoader[Any] = DataLoader(dataset, batch_sampler=rows, generator=whole.generator)  # type: ignore[arg-type]
    shown = tuple(Batch(number + 1, *batch) for number, batch in zip(numbers, loader, strict=True))
    return Epoch(count, len(dataset), shown, max(0, len(dataset) - count * size))


def sorted_by_class(dataset: CIFAR10Dataset) -> "Subset[tuple[Any, int]]":
    """The same images, class 0 first, then class 1 and so on; only the order is copied."""
    return Subset(dataset, dataset.labels.argsort(stable=True).tolist())
