"""Locations of data sets on this machine. Imports no torch, so the first page can ask at once."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Literal

from platformdirs import user_cache_path

from core.errors import InputError
from core.files import packed, typed_path

DataSet = Literal["sketches", "cifar-10"]
DATA_SETS: tuple[DataSet, ...] = ("sketches", "cifar-10")
FOLDER = "cifar-10-batches-py"  # name of the folder inside the official archive
BINARY_FOLDER = "cifar-10-batches-bin"  # and inside that of the binary version
# Some programs unpack an archive into a folder of its name, or the folder into one of its own name.
_WITHIN = (FOLDER, "cifar-10-python", BINARY_FOLDER, "cifar-10-binary")
_DEEPEST = 3
TRAIN_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_FILES = ("test_batch",)
META_FILE = "batches.meta"
BATCH_FILES = (*TRAIN_FILES, *TEST_FILES)
FILES = (META_FILE, *BATCH_FILES)
# The official files have 31 MB; saved again by Python 3 with protocol 2 they reach 62 MB.
MAX_BATCH_BYTES = 64 * 2**20
MAX_TEXT_BYTES = 128 * 2**20  # protocol 0 writes a byte as up to four characters: 88 MB
MAX_META_BYTES = 2**20

# What tells the other versions by their names: https://www.cs.toronto.edu/~kriz/cifar.html
_OTHER_VERSIONS = (
    ("data_folder_binary", tuple(f"{name}.bin" for name in BATCH_FILES)),
    ("data_folder_matlab", ("data_batch_1.mat",)),
    ("data_folder_cifar100", ("train", "test", "meta")),
    ("data_folder_cifar100", ("train.bin", "test.bin")),
    ("data_folder_cifar100", ("train.mat", "test.mat")),
)

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
    """The app's cache folder: LENET_LAB_CACHE, otherwise the user's own."""
    folder = os.environ.get("LENET_LAB_CACHE")
    return Path(folder) if folder else user_cache_path("lenet-lab", appauthor=False)


def parent(data_set: DataSet) -> Path:
    """The folder into which the app installs a data set, as its subfolder FOLDER.

    Raises InputError for an unknown name.
    """
    if data_set not in DATA_SETS:
        raise InputError("data_set_unknown", name=data_set, allowed=DATA_SETS)
    return cache_home() / ("sketches-v1" if data_set == "sketches" else "cifar-10")


def configured() -> Path | None:
    """The folder of LENET_LAB_DATA, or else of the last `point_at`, whether or not a data set is there."""
    value = os.environ.get("LENET_LAB_DATA")
    if not value:
        try:
            value = _pointer().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
    return _folder(value)


def is_fixed() -> bool:
    """Whether LENET_LAB_DATA is set, which leaves `point_at` without effect."""
    return bool(os.environ.get("LENET_LAB_DATA"))


def _folder(text: str) -> Path:
    """The folder of a typed path, or of the file there; an impossible path stands for itself."""
    try:
        path = typed_path.meant(text)
        return batches_folder(path.parent if path.is_file() and packed.kind_of(path) is None else path)
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a NUL
        return Path(text.replace("\0", ""))


def point_at(folder: str) -> None:
    """Use the CIFAR-10 files in `folder` (cifar-10-batches-py or its parent) from now on.

    Raises InputError if any of the seven files is missing, naming what is there instead, or if the choice
    can't be stored.
    """
    root = _folder(folder)
    if not is_complete(root):
        raise _refusal(root)
    try:
        _pointer().parent.mkdir(parents=True, exist_ok=True)
        _pointer().write_text(str(root), encoding="utf-8")
    except OSError as error:
        raise InputError("folder_unwritable", folder=str(_pointer().parent), reason=error.strerror) from error


def _refusal(root: Path) -> InputError:
    with suppress(OSError):  # an impossible path
        if (other := _other(root)) is not None:
            return other
    missing = [name for name in FILES if not _has_plausible_size(root / name)]
    return InputError("data_folder_incomplete", folder=str(root), missing=tuple(missing))


def _other(root: Path) -> InputError | None:
    """The sentence for a folder with a packed archive or another version in it, or for such an archive."""
    archive = packed.find(root if root.exists() else root.parent)  # the folder may be still in it
    if (archive or root).name.startswith("cifar-100"):
        return InputError("data_folder_cifar100", folder=str(archive or root))
    if archive is not None:
        is_ours = packed.kind_of(archive) in packed.UNPACKED_HERE
        return InputError("data_packed" if is_ours else "archive_kind", archive=str(archive))
    for key, files in _OTHER_VERSIONS:
        if all((root / name).is_file() for name in files):
            return InputError(key, folder=str(root))
    return None


def unpacked() -> Path:
    """The folder into which the app unpacks an archive of the learner's, as its subfolder FOLDER."""
    return parent("cifar-10") / "unpacked"


def _pointer() -> Path:
    return parent("cifar-10") / "folder.txt"


def locate(data_set: DataSet) -> Path | None:
    """The folder with the seven complete files, None if the data set isn't there.

    For CIFAR-10 the folder set by LENET_LAB_DATA or the learner comes first, then the one the app downloaded.
    """
    places = [parent(data_set) / FOLDER]
    if data_set == "cifar-10" and (chosen := configured()) is not None:
        places.insert(0, chosen)
    return next((place for place in places if is_complete(place)), None)


def promised(data_set: DataSet) -> Path | None:
    """The folder that a training may already be given: the data set's own, or where the sketches will be."""
    return locate(data_set) or (parent("sketches") / FOLDER if data_set == "sketches" else None)


def batches_folder(root_dir: str | Path) -> Path:
    """`root_dir`, or the folder with the files inside it by its name, a few levels down at most."""
    root = Path(root_dir)
    for _ in range(_DEEPEST):
        within = next((root / name for name in _WITHIN if (root / name).is_dir()), None)
        if within is None or (root.name == FOLDER and is_complete(root)):
            break
        root = within
    return root


def is_complete(root: str | Path) -> bool:
    """Whether all seven files are there with plausible sizes; their content is checked on reading."""
    return all(_has_plausible_size(Path(root) / name) for name in FILES)


def _has_plausible_size(path: Path) -> bool:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    low, high = (0, MAX_META_BYTES) if path.name == META_FILE else (3072, MAX_TEXT_BYTES)
    return S_ISREG(found.st_mode) and low < found.st_size <= high


def is_official(root: str | Path) -> bool:
    """Whether the files are byte for byte those that Alex Krizhevsky published; reads 185 MB, about 0.4 s."""
    # FILES has the smallest first, which tells other copies apart at once.
    return all(md5(Path(root) / name) == MD5[name] for name in FILES)


def differing(root: str | Path) -> list[str]:
    """The batch files that are not the official ones: some of them damaged, or all six of another copy."""
    return [name for name in BATCH_FILES if md5(Path(root) / name) != MD5[name]]


def stamps(root: str | Path) -> tuple[tuple[int, int, int], ...]:
    """Size, time of change and inode of the batch files; they tell a cache that a file has changed."""
    return tuple(_stamp(Path(root) / name) for name in BATCH_FILES)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_size, found.st_mtime_ns, found.st_ino


def md5(path: Path) -> str:
    """MD5 of a file, 2.5 ms per MB; empty if it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError:
        return ""
