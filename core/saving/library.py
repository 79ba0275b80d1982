"""Networks that learners uploaded: some for each owner, on disk beside the runs, with their normalisation."""

import json
import re
import threading
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from core.errors import InputError, shown
from core.files import whole
from core.files.locations import DATA_SETS
from core.files.state_dict import MAX_HEADER
from core.training import checkpoints
from core.training.checkpoints import Weights
from core.training.config import TrainConfig

MOST = 20  # networks an owner may keep; a LeNet takes a quarter of a megabyte
LONGEST_NAME = 80  # characters; a run's checkpoint is downloaded under a name of 50
FOLDER = "models"  # in the runs folder; no run has this name
_OWNER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_one_at_a_time = threading.Lock()  # two uploads at once must not both take the last place


@dataclass(frozen=True)
class Uploaded:
    """A network in the library; `digest` is the SHA-256 of its file, and the file's name."""

    digest: str
    name: str
    data_set: str
    kept_at: float  # seconds since 1970
    path: Path

    def weights(self) -> Weights:
        """Load the weights. Raises InputError when the file is missing or damaged."""
        return checkpoints.load_weights(self.path)


def entries(runs: Path, owner: str) -> list[Uploaded]:
    """An owner's networks, the newest first; files whose header can't be read are left out."""
    try:
        paths = list(_folder(runs, owner).glob("*.safetensors"))
    except OSError:
        return []
    readable = [
        entry for path in paths if _DIGEST.fullmatch(path.stem) and (entry := _entry(path)) is not None
    ]
    return sorted(readable, key=lambda entry: (entry.kept_at, entry.digest), reverse=True)


def keep(
    runs: Path,
    owner: str,
    name: str,
    state_dict: dict[str, Tensor],
    *,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    data_set: str,
    network: str = "",
) -> Uploaded:
    """Keep a checked state_dict; the same one under the same name is kept once.

    `network` are its layers in the short form of the calculator, "" for LeNet.

    Raises InputError for an empty name, impossible constants, an unknown data set, a full library or a folder
    that can't be written.
    """
    cleaned = checked_name(name)
    checked = TrainConfig(mean=mean, std=std, network=network)
    if data_set not in DATA_SETS:
        raise InputError("data_set_unknown", name=shown(data_set), allowed=DATA_SETS)
    about = {"name": cleaned, "mean": checked.mean, "std": checked.std, "data_set": data_set}
    if network:
        about["network"] = checked.network
    data = safetensors.torch.save(state_dict, {"lenet_lab": json.dumps(about)})
    path = _folder(runs, owner) / f"{sha256(data).hexdigest()}.safetensors"
    with _one_at_a_time:
        if not path.exists() and len(list(path.parent.glob("*.safetensors"))) >= MOST:
            raise InputError("library_full", most=MOST)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole.write_with_digest(path, data)
        except OSError as error:
            raise InputError("library_unwritable", reason=error.strerror or type(error).__name__) from error
    return Uploaded(path.stem, cleaned, data_set, path.stat().st_mtime, path)


def delete(runs: Path, owner: str, digest: str) -> None:
    """Delete a network, if there is one. Raises InputError when the disk refuses."""
    if not _DIGEST.fullmatch(digest):
        return
    path = _folder(runs, owner) / f"{digest}.safetensors"
    try:
        with _one_at_a_time:
            path.unlink(missing_ok=True)
            whole.digest_path(path).unlink(missing_ok=True)
    except OSError as error:
        raise InputError("library_unwritable", reason=error.strerror or type(error).__name__) from error


def find(runs: Path, digest: str) -> Uploaded:
    """Any owner's network by the digest that a page gave a worker. Raises InputError when there is none."""
    paths = (runs / FOLDER).glob(f"*/{digest}.safetensors") if _DIGEST.fullmatch(digest) else iter(())
    entry = next((entry for path in paths if (entry := _entry(path)) is not None), None)
    if entry is None:
        raise InputError("checkpoint_missing", path=shown(digest)[:12])
    return entry


def checked_name(name: str) -> str:
    """Bring a name to one printable line, not too long. Raises InputError when nothing is left."""
    cleaned = " ".join(
        "".join(char if char.isprintable() else " " for char in name[: 4 * LONGEST_NAME]).split()
    )[:LONGEST_NAME].strip()
    if not cleaned:
        raise InputError("library_name", longest=LONGEST_NAME)
    return cleaned


def _folder(runs: Path, owner: str) -> Path:
    if not _OWNER.fullmatch(owner):
        raise InputError("job_owner", longest=64)
    return runs / FOLDER / owner


def _entry(path: Path) -> Uploaded | None:
    """Read an entry from the file's header alone; damage to the rest shows when the file is opened."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header: dict[str, Any] = json.loads(file.read(min(length, MAX_HEADER)))
        about = json.loads(header["__metadata__"]["lenet_lab"])
        name, data_set = checked_name(about["name"]), about["data_set"]
        return (
            Uploaded(path.stem, name, data_set, path.stat().st_mtime, path) if data_set in DATA_SETS else None
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
