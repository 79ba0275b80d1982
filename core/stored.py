"""Opens a network by the name under which a runs folder keeps it, for a worker that was told this name and its checksum."""

from hashlib import sha256
from pathlib import Path

from core import checkpoints
from core.checkpoints import Weights
from core.data_home import DATA_SETS
from core.errors import InputError
from core.jobs.entries import stored_name

SHIPPED = {f"shipped-{name}": name for name in DATA_SETS}


def open_weights(runs: Path, name: str, digest: str) -> Weights:
    """`name` is "shipped-<data set>", or a file in the folder `runs`, with slashes.

    Raises InputError when it is missing, damaged, or not the one that `digest`, its SHA-256, is of.
    """
    if name in SHIPPED:
        return checkpoints.shipped_model(SHIPPED[name])
    if not stored_name(name):
        raise InputError("checkpoint_missing", path=name[:60])
    path = runs / name
    weights = checkpoints.load_weights(path) if path.suffix == ".safetensors" else checkpoints.lenet_of(checkpoints.load(path))
    if sha256(path.read_bytes()).hexdigest() != digest:
        raise InputError("checkpoint_damaged", path=path.name)
    return weights
