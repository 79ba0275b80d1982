"""Which checkpoints of a run can be judged: the weights after each epoch that was kept, and where it was stopped."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.files.whole import digest_beside

if TYPE_CHECKING:
    from core.checkpoints import Weights

_EPOCH = re.compile(r"epoch-(\d{4,})\.safetensors")


@dataclass(frozen=True)
class Kept:
    """A checkpoint file; `epoch` is None for the one that a stop in mid-epoch left."""

    name: str
    path: Path
    epoch: int | None
    step: int | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 that was written beside it; empty where that is missing."""
        return digest_beside(self.path)

    def weights(self) -> "Weights":
        """Raises InputError when the file is missing or damaged."""
        from core import checkpoints

        if self.epoch is not None:
            return checkpoints.load_weights(self.path)
        return checkpoints.lenet_of(checkpoints.load(self.path))


def kept(folder: Path, events: Iterable[Mapping[str, Any]], *, running: bool) -> list[Kept]:
    """The checkpoints in a run's folder, oldest first. While it runs, the resume checkpoints are still being rewritten: not offered."""
    found = [
        Kept(path.stem, path, int(match[1]))
        for path in sorted((folder / "weights").glob("epoch-*.safetensors"))
        if (match := _EPOCH.fullmatch(path.name))
    ]
    if running:
        return found
    steps = {event["file"]: event["step"] for event in events if event["type"] == "checkpoint"}
    judged = max((event["step"] for event in events if event["type"] == "epoch"), default=0)
    name, step = max(steps.items(), key=lambda pair: pair[1], default=("", 0))
    return [*found, Kept("last", folder / name, None, step)] if step > judged else found
