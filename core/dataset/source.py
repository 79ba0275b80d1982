"""A data set by its name or its folder, for notebooks and the command line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.dataset import sketches
from core.dataset.splits import SPLIT_SEED, Splits, splits
from core.errors import InputError
from core.files import locations
from core.files.locations import DataSet
from core.progress import Progress


@dataclass(frozen=True)
class Source:
    """Files of a data set, and the name to store with what is trained on them."""

    folder: Path
    name: DataSet


def data_set(given: str, split_seed: int = SPLIT_SEED) -> Splits:
    """Load "sketches", "cifar-10", or the files in a folder; missing sketches are drawn first, about 6 s.

    Raises InputError as `source` and `splits` do.
    """
    for _ in drawing(given):
        pass
    return splits(source(given).folder, split_seed)


def drawing(given: str) -> Iterator[Progress]:
    """Draw the sketches if they are asked for and missing, as the app does; a generator of progress."""
    if given == "sketches":
        yield from sketches.write(locations.parent("sketches"))


def source(given: str) -> Source:
    """Find a data set by name where the app keeps it; any other word is a folder of CIFAR-10's files.

    Raises InputError when there is neither.
    """
    for name in locations.DATA_SETS:
        if name == given:
            folder = locations.locate(name)
            if folder is None:
                raise InputError("data_set_missing", name=name)
            return Source(folder, name)
    if not Path(given).is_dir():
        raise InputError("data_set_nowhere", given=given, allowed=locations.DATA_SETS)
    return Source(Path(given), "cifar-10")
