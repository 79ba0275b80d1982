"""What a training run keeps of itself: two resume checkpoints in turn, and the weights of its epochs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from core.errors import InputError
from core.files.whole import digest_beside
from core.training import checkpoints
from core.training.checkpoints import C, Checkpoint, Weights
from core.training.config import TrainConfig
from core.training.loop import Loop

_RESUME = ("resume-a.pt", "resume-b.pt")
_EPOCH = re.compile(r"epoch-(\d{4,})\.safetensors")
_MOST_EPOCHS = 40  # weights files of one run; 250 KB each for LeNet


class Snapshots(Generic[C]):
    """The checkpoints in one run's folder. Nothing is kept of a network whose parameters aren't finite.

    Only a LeNet's weights are kept epoch by epoch: a ResNet has 45 MB.
    """

    def __init__(self, folder: Path, config: C, data_set: str) -> None:
        self._folder = folder
        self._config = config
        self._data_set = data_set
        self._next = _RESUME[0]

    def newest(self) -> Checkpoint[C] | None:
        """The furthest resume checkpoint that can be read; a damaged one gives way to the other."""
        found = [(checkpoint, name) for name in _RESUME if (checkpoint := self._load(name))]
        if not found:
            return None
        checkpoint, name = max(
            found, key=lambda pair: (pair[0].state.steps_done, pair[0].state.epochs_judged)
        )
        self._next = _other(name)
        return checkpoint

    def save(self, training: Loop) -> str | None:
        """Write the older of the two; its name, None when there was nothing worth keeping. Raises OSError."""
        if not training.finite():
            return None
        name, self._next = self._next, _other(self._next)
        checkpoints.save(self._folder / name, self._config, training.state(), self._data_set)
        return name

    def save_weights(self, training: Loop, epoch: int, metrics: dict[str, float], best: int) -> None:
        """Write the weights after an epoch and thin the earlier ones out, the best spared. Raises OSError."""
        if not (training.finite() and isinstance(self._config, TrainConfig)):
            return
        weights = self._folder / "weights"
        weights.mkdir(exist_ok=True)
        step = training.steps_done
        checkpoints.save_weights(
            weights / _file(epoch), training.model, self._config, self._data_set, epoch, step, metrics
        )
        for dropped in set(range(epoch)) - kept_epochs(epoch, best):
            for path in weights.glob(f"{_file(dropped)}*"):
                path.unlink()

    def _load(self, name: str) -> Checkpoint[C] | None:
        try:
            return checkpoints.load_of(type(self._config), self._folder / name)
        except InputError:
            return None


def kept_epochs(last: int, best: int) -> set[int]:
    """The epochs whose weights stay: every one, or every second, fourth, ... so that about 40 do, and the last and the best."""
    stride = 1
    while last // stride + 1 > _MOST_EPOCHS:
        stride *= 2
    return {*range(0, last + 1, stride), last, best}


def _file(epoch: int) -> str:
    return f"epoch-{epoch:04}.safetensors"


def _other(name: str) -> str:
    return _RESUME[1 - _RESUME.index(name)]


@dataclass(frozen=True)
class CheckpointFile:
    """A checkpoint of a run that can be judged; `epoch` is None for the one that a stop in mid-epoch left."""

    name: str
    path: Path
    epoch: int | None
    step: int | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 that was written beside it; empty where that is missing."""
        return digest_beside(self.path)

    def weights(self) -> Weights:
        """Raises InputError when the file is missing or damaged."""
        if self.epoch is not None:
            return checkpoints.load_weights(self.path)
        return checkpoints.lenet_of(checkpoints.load(self.path))


def run_checkpoints(
    folder: Path, events: Iterable[Mapping[str, Any]], *, running: bool
) -> list[CheckpointFile]:
    """The checkpoints in a run's folder, oldest first. While it runs, the resume checkpoints are still being rewritten: not offered."""
    found = [
        CheckpointFile(path.stem, path, int(match[1]))
        for path in sorted((folder / "weights").glob("epoch-*.safetensors"))
        if (match := _EPOCH.fullmatch(path.name))
    ]
    if running:
        return found
    steps = {event["file"]: event["step"] for event in events if event["type"] == "checkpoint"}
    judged = max((event["step"] for event in events if event["type"] == "epoch"), default=0)
    name, step = max(steps.items(), key=lambda pair: pair[1], default=("", 0))
    return [*found, CheckpointFile("last", folder / name, None, step)] if step > judged else found
