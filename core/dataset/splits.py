"""CIFAR-10 and data sets in its layout: one uint8 tensor per split, cut into train, validation and test."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from core.cifar10 import CLASSES, ROW
from core.cifar10 import SPLIT_SEED as SPLIT_SEED
from core.dataset.batch_file import MAX_IMAGES, open_batch
from core.errors import InputError
from core.files.locations import TEST_FILES, TRAIN_FILES, batches_folder

_CHUNK = 1024  # rows moved at once, 3 MB


@dataclass(frozen=True)
class Origin:
    """An image's place on disk: the name of its batch file, and its row there, from 0."""

    file: str
    row: int


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images uint8 [N, 3, 32, 32] with labels int64 [N]; shared, so read-only.

    `name` is "train", "validation" or "test". `places` int32 [N] says where each image came from, as file
    number x MAX_IMAGES + row; None for images from no file.
    """

    images: Tensor
    labels: Tensor
    name: str
    places: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def counts(self) -> list[int]:
        """Number of images of each class."""
        return torch.bincount(self.labels, minlength=len(CLASSES)).tolist()

    def origin(self, index: int) -> Origin | None:
        """Place on disk of image `index`; None for images from no file."""
        if self.places is None:
            return None
        file, row = divmod(int(self.places[index]), MAX_IMAGES)
        return Origin((*TRAIN_FILES, *TEST_FILES)[file], row)


@dataclass(frozen=True, eq=False)
class Splits:
    """Three sets: train to learn from, validation to steer by, test to look at once at the end."""

    train: ImageSet
    validation: ImageSet
    test: ImageSet


class CIFAR10Dataset(Dataset[tuple[Any, int]]):
    """CIFAR-10 as a PyTorch Dataset: item i is (image, label), a PIL image unless there is a `transform`."""

    def __init__(
        self, root_dir: str | Path, train: bool = True, transform: Callable[[Image.Image], Any] | None = None
    ) -> None:
        self.images, self.labels = load_split(root_dir, train)  # [N, 3, 32, 32], [N]
        self.transform = transform

    @classmethod
    def of(
        cls, images: Tensor, labels: Tensor, transform: Callable[[Image.Image], Any] | None = None
    ) -> Self:
        """Make a dataset of images [N, 3, 32, 32] and labels [N] in memory; nothing is read or copied."""
        dataset = cls.__new__(cls)
        dataset.images, dataset.labels, dataset.transform = images, labels, transform
        return dataset

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, idx: int) -> tuple[Any, int]:
        image = Image.fromarray(self.images[idx].permute(1, 2, 0).numpy())  # PIL wants [32, 32, 3]
        label = int(self.labels[idx])
        return (self.transform(image) if self.transform else image), label


def load_split(root_dir: str | Path, train: bool) -> tuple[Tensor, Tensor]:
    """Load (images uint8 [N, 3, 32, 32], labels int64 [N]) of the five training files or of the test file.

    `root_dir` is the folder cifar-10-batches-py or its parent. Each file is copied once, into its place.
    Raises InputError for a missing folder and for each file as `read_batch` does.
    """
    return _load_split(root_dir, train)[:2]


def _load_split(root_dir: str | Path, train: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Load images, labels, and the `places` of ImageSet."""
    root = batches_folder(root_dir)
    if not root.is_dir():
        raise InputError("data_folder_missing", folder=str(root))
    paths = [_stored(root / name) for name in (TRAIN_FILES if train else TEST_FILES)]
    images = torch.empty(sum(map(_most_images, paths)), 3, 32, 32, dtype=torch.uint8)
    labels, places = torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int32)
    for number, path in enumerate(paths, start=0 if train else len(TRAIN_FILES)):
        found = _read_into(images[len(labels) :], path)
        rows = torch.arange(len(found), dtype=torch.int32)
        labels, places = torch.cat([labels, found]), torch.cat([places, number * MAX_IMAGES + rows])
    total = len(labels)
    return images if total == len(images) else images[:total].clone(), labels, places


def _stored(path: Path) -> Path:
    """The file, or the one of the binary version where only that is there."""
    binary = path.with_name(f"{path.name}.bin")
    return binary if binary.is_file() and not path.exists() else path


def _read_into(images: Tensor, path: Path) -> Tensor:
    """Put the images of one file at the start of `images` and return their labels.

    The bytes read are freed before the next file is read.
    """
    batch = open_batch(path)
    if len(batch.rows) > len(images):  # the file grew since its size was taken
        raise InputError("data_file_broken", file=path.name)
    images[: len(batch.rows)].view(-1, ROW).numpy()[:] = batch.rows
    return torch.from_numpy(batch.labels)


def _most_images(path: Path) -> int:
    """Upper bound of a file's images from its size; 0 for a file that `open_batch` will refuse."""
    try:
        return min(path.stat().st_size // ROW, MAX_IMAGES)
    except OSError:
        return 0


def splits(root_dir: str | Path, seed: int = SPLIT_SEED) -> Splits:
    """Load the three sets: validation is a tenth of the training files, drawn class by class from `seed`.

    The rest is train; the same seed gives the same cut. Train and validation share one tensor, its rows moved
    in place: no second copy of the data.
    Raises InputError as `load_split` does, and for too few images to cut.
    """
    images, labels, places = _load_split(root_dir, train=False)
    test = ImageSet(images, labels, "test", places)
    images, labels, places = _load_split(root_dir, train=True)
    held_out = _validation_rows(labels, seed)
    if not 0 < len(held_out) < len(labels):
        raise InputError("data_too_few", count=len(labels))
    cut = len(labels) - len(held_out)
    order = _move_to_end(images, held_out)
    labels, places = labels[order], places[order]
    train = ImageSet(images[:cut], labels[:cut], "train", places[:cut])
    return Splits(train, ImageSet(images[cut:], labels[cut:], "validation", places[cut:]), test)


def _validation_rows(labels: Tensor, seed: int) -> Tensor:
    """Rows of validation, ascending: a tenth of each class, at least one if the class has two images."""
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for label in range(len(CLASSES)):
        rows = (labels == label).nonzero().flatten()
        count = max(1, round(len(rows) / 10)) if len(rows) > 1 else 0
        drawn.append(rows[torch.randperm(len(rows), generator=generator)[:count]])
    return torch.cat(drawn).sort().values


def _move_to_end(images: Tensor, rows: Tensor) -> Tensor:
    """Move the images of `rows` (ascending) behind all others, in place; returns each image's former row."""
    stays = torch.ones(len(images), dtype=torch.bool)
    stays[rows] = False
    kept = stays.nonzero().flatten()
    moved = images[rows]
    for start in range(0, len(kept), _CHUNK):
        source = kept[start : start + _CHUNK]  # never before its target, so nothing unread is overwritten
        images[start : start + len(source)] = images[source]
    images[len(kept) :] = moved
    return torch.cat([kept, rows])
