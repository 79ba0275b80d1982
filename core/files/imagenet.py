"""ResNet-18's ImageNet weights: their location and one shared download, checked before anything is read.

Imports no torch, so a page can ask at once.
"""

import hashlib
import io
import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from core.errors import InputError
from core.files.fetch import Part, Source, fetch
from core.files.locations import cache_home
from core.files.lock import acquiring
from core.files.whole import storage_error
from core.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

# Source: torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url, enforced by a test. The file name ends with
# the first digits of its SHA-256.
URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
_HASH = re.compile(r"-([0-9a-f]{8,64})\.pth$")
_LEAST_BYTES = 40 * 2**20  # resnet18's 11.7 million float32 numbers take 44.7 MB


def weights_file() -> Path:
    """Path of the weights, named as torch.hub names them."""
    return cache_home() / "imagenet" / _url().rsplit("/", 1)[1]


def is_there() -> bool:
    """Whether the weights are there, with a plausible size."""
    try:
        return weights_file().stat().st_size >= _LEAST_BYTES
    except OSError:
        return False


def download() -> Generator[Progress, None, None]:
    """Fetch the file; a generator of progress that may be stopped, to be continued by the next call.

    The address is torchvision's own, and so is the check: the file's SHA-256 begins as its name says.
    LENET_LAB_RESNET_URL replaces the address.
    Raises InputError for no network (within 10 s), a refusal or stall of the server, a wrong checksum, and a
    full or unwritable disk.
    """
    target = weights_file()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.parent / ".download.lock", thread_local=False)
        part = Part(target.with_name(f"{target.name}.part"))
        for _ in acquiring(lock):
            yield Progress(part.size(), part.total())
        try:
            if not is_there():
                yield from _fetching(target, part)
        finally:
            lock.release()
    except OSError as error:  # network failures are InputErrors by now
        raise storage_error(error, target.parent) from error


def load() -> "dict[str, Tensor]":
    """Load the state_dict as data. Raises InputError if missing, damaged or of another network."""
    import torch

    path = weights_file()
    try:
        data = path.read_bytes()
    except OSError:
        raise InputError("imagenet_missing") from None
    if not _matches(hashlib.sha256(data).hexdigest()):
        path.unlink(missing_ok=True)  # so that it can be fetched again
        raise InputError("imagenet_damaged", path=path.name)
    try:
        state = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
        return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}
    except Exception as error:  # torch.load has no exception of its own
        raise InputError("imagenet_damaged", path=path.name) from error


def _fetching(target: Path, part: Part) -> Generator[Progress, None, None]:
    for done, total in fetch(Source(_url(), "ResNet-18"), part):
        yield Progress(done, total)
    with part.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not _matches(digest) or part.size() < _LEAST_BYTES:
        part.remove()
        raise InputError("imagenet_checksum")
    part.path.replace(target)
    part.remove()


def _url() -> str:
    return os.environ.get("LENET_LAB_RESNET_URL", URL)


def _matches(digest: str) -> bool:
    match = _HASH.search(_url())
    return bool(match and digest.startswith(match[1]))
