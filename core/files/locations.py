"""Where data sets lie on this machine; imports no torch, so that the first page can ask at once."""

import hashlib
import os
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path

from core.errors import InputError

DataSet = Literal["sketches", "cifar-10"]
DATA_SETS: tuple[DataSet, ...] = ("sketches", "cifar-10")
FOLDER = "cifar-10-batches-py"  # the name of the folder inside the official archive
TRAIN_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_FILES = ("test_batch",)
META_FILE = "batches.meta"
FILES = (META_FILE, *TRAIN_FILES, *TEST_FILES)
MAX_BATCH_BYTES = (
    64 * 2**20
)  # the official files have 31 MB; saved again by Python 3 with protocol 2 they reach 62 MB
MAX_META_BYTES = 2**20

# Source: torchvision.datasets.CIFAR10 (meta, train_list, test_list)
MD5 = {
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}


def cache_home() -> Path:
    """The app's cache folder: LENET_LAB_CACHE, else the user's own."""
    configured = os.environ.get("LENET_LAB_CACHE")
    return Path(configured) if configured else user_cache_path("lenet-lab", appauthor=False)


def parent(data_set: DataSet) -> Path:
    """The folder that the app installs a data set into; it will hold FOLDER.

    Raises InputError for an unknown name.
    """
    if data_set not in DATA_SETS:
        raise InputError("data_set_unknown", name=data_set, allowed=", ".join(DATA_SETS))
    return cache_home() / ("sketches-v1" if data_set == "sketches" else "cifar-10")


def configured() -> Path | None:
    """What LENET_LAB_DATA, or else the learner by `point_at`, points at, whether or not a data set is there."""
    value = os.environ.get("LENET_LAB_DATA")
    if not value:
        try:
            value = _pointer().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
    return _folder(value)


def is_fixed() -> bool:
    """LENET_LAB_DATA is set: pointing at another folder would have no effect."""
    return bool(os.environ.get("LENET_LAB_DATA"))


def _folder(text: str) -> Path:
    """The folder somebody typed; a name that can't be one stands for itself and holds nothing."""
    try:
        return batches_folder(Path(text.strip()).expanduser().absolute())
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a NUL
        return Path(text.replace("\0", ""))


def point_at(folder: str) -> None:
    """Use the CIFAR-10 files in `folder` (cifar-10-batches-py or its parent) from now on.

    Raises InputError when the seven files aren't all there, or when that can't be remembered.
    """
    root = _folder(folder)
    missing = [name for name in FILES if not _has_plausible_size(root / name)]
    if missing:
        raise InputError("data_folder_incomplete", folder=str(root), missing=", ".join(missing))
    try:
        _pointer().parent.mkdir(parents=True, exist_ok=True)
        _pointer().write_text(str(root), encoding="utf-8")
    except OSError as error:
        raise InputError("folder_unwritable", folder=str(_pointer().parent), reason=error.strerror) from error


def _pointer() -> Path:
    return parent("cifar-10") / "folder.txt"


def locate(data_set: DataSet) -> Path | None:
    """The folder with the seven complete files, None where the data set isn't there.

    For CIFAR-10 the folder that LENET_LAB_DATA or the learner points at comes first, then the one the app downloaded.
    """
    places = [parent(data_set) / FOLDER]
    chosen = configured()
    if data_set == "cifar-10" and chosen is not None:
        places.insert(0, chosen)
    return next((place for place in places if is_complete(place)), None)


def batches_folder(root_dir: str | Path) -> Path:
    """`root_dir` itself, or FOLDER inside it where there is one."""
    root = Path(root_dir)
    return root / FOLDER if root.name != FOLDER and (root / FOLDER).is_dir() else root


def is_complete(root: str | Path) -> bool:
    """All seven files are there, with a size that a data set can have; their content is checked when they are read."""
    return all(_has_plausible_size(Path(root) / name) for name in FILES)


def _has_plausible_size(path: Path) -> bool:
    try:
        size = path.stat().st_size
    except (OSError, ValueError):
        return False
    return path.is_file() and (
        0 < size <= MAX_META_BYTES if path.name == META_FILE else 3072 < size <= MAX_BATCH_BYTES
    )


def is_official(root: str | Path) -> bool:
    """The files are byte for byte the ones that Alex Krizhevsky published; reads 185 MB, about 0.4 s."""
    return all(
        md5(Path(root) / name) == MD5[name] for name in FILES
    )  # the smallest first: other copies are told apart at once


def md5(path: Path) -> str:
    """Of one file, 2.5 ms a MB; empty where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError:
        return ""
