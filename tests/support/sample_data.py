"""Small made-up data for the tests of core: images a network learns in seconds, and bit-by-bit comparison."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from core.dataset import ImageSet, Splits
from core.dataset.batch_file import write_batch, write_meta
from core.files.locations import FILES, FOLDER, META_FILE


def noise(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Random images uint8 [count, 3, 32, 32] and labels int64 [count]."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return images, torch.randint(0, 10, (count,), generator=generator)


def coloured(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Noise on a background whose brightness by channel gives away the class, so that learning is possible.

    The ten classes come in turn.
    """
    images, _ = noise(count, seed)
    labels = torch.arange(count) % 10
    # (N, 3, 1, 1)
    levels = torch.stack([labels % 2, labels // 2 % 3, labels // 5], 1).mul(80)[:, :, None, None]
    return (images // 4 + levels).to(torch.uint8), labels


def made_splits(train: int = 50, validation: int = 20) -> Splits:
    """Splits of `coloured` images."""
    return Splits(
        ImageSet(*coloured(train, 1), "train"),
        ImageSet(*coloured(validation, 2), "validation"),
        ImageSet(*coloured(20, 3), "test"),
    )


def write_data_set(root: Path, per_file: int = 40) -> Path:
    """Write `coloured` images as a whole data set under root/cifar-10-batches-py; returns that folder."""
    folder = root / FOLDER
    folder.mkdir(parents=True)
    for seed, name in enumerate(name for name in FILES if name != META_FILE):
        write_batch(folder / name, *coloured(per_file, seed), [f"{i}.png" for i in range(per_file)], name)
    write_meta(folder)
    return folder


def same(first: object, other: object) -> bool:
    """Equal down to the last bit, through dicts and lists of tensors."""
    if isinstance(first, Tensor):
        return isinstance(other, Tensor) and first.dtype == other.dtype and torch.equal(first, other)
    if isinstance(first, Mapping):
        return (
            isinstance(other, Mapping)
            and first.keys() == other.keys()
            and all(same(first[key], other[key]) for key in first)
        )
    if isinstance(first, list | tuple):
        return isinstance(other, list | tuple) and len(first) == len(other) and all(map(same, first, other))
    return first == other
