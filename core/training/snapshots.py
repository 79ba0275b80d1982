"""Files that a training run keeps: two resume checkpoints in turn, and the weights of its epochs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from core.errors import InputError
from core.files.epochs import epoch_file, epoch_files
from core.files.whole import digest_beside
from core.training import checkpoints
from core.training.checkpoints import C, Checkpoint, Weights
from core.training.config import TrainConfig
from core.training.loop import Loop

_RESUME = ("resume-a.pt", "resume-b.pt")
_MOST_EPOCHS, _LEAST_EPOCHS = 40, 4  # weights files of one run; 250 KB each for LeNet
_MOST_BYTES = 64 * 2**20  # of all of them, where that leaves the least


class Snapshots(Generic[C]):
    """Checkpoints in one run's folder; a network whose parameters aren't finite is not kept.

    No ResNet-18's weights are kept epoch by epoch: it has 45 MB.
    """

    def __init__(self, folder: Path, config: C, data_set: str) -> None:
        self._folder = folder
        self._config = config
        self._data_set = data_set
        self._next = _RESUME[0]
        self.lost = False
        """Whether `newest` has found files, none of which could be read."""

    def newest(self) -> Checkpoint[C] | None:
        """The furthest readable resume checkpoint; if one is damaged, the other."""
        readable = [(checkpoint, name) for name in _RESUME if (checkpoint := self._load(name))]
        if not readable:
            self.lost = any((self._folder / name).exists() for name in _RESUME)
            return None
        checkpoint, name = max(
            readable, key=lambda pair: (pair[0].state.steps_done, pair[0].state.epochs_judged)
        )
        self._next = _other(name)
        return checkpoint

    def save(self, training: Loop) -> str | None:
        """Write the older of the two; returns its name, None if nothing is worth keeping. Raises OSError."""
        if not training.finite():
            return None
        name, self._next = self._next, _other(self._next)
        checkpoints.save(self._folder / name, self._config, training.state(), self._data_set)
        return name

    def save_weights(self, training: Loop, epoch: int, metrics: dict[str, float], best: int) -> None:
        """Write an epoch's weights and thin out the earlier ones, sparing the best. Raises OSError."""
        if not (training.finite() and isinstance(self._config, TrainConfig)):
            return
        path, step = epoch_file(self._folder, epoch), training.steps_done
        path.parent.mkdir(exist_ok=True)
        checkpoints.save_weights(path, training.model, self._config, self._data_set, epoch, step, metrics)
        size = path.stat().st_size
        most = max(_LEAST_EPOCHS, min(_MOST_EPOCHS, _MOST_BYTES // size))
        for dropped in set(range(epoch)) - kept_epochs(epoch, best, most):
            for part in path.parent.glob(f"{epoch_file(self._folder, dropped).name}*"):
                part.unlink()

    def _load(self, name: str) -> Checkpoint[C] | None:
        try:
            return checkpoints.load_of(type(self._config), self._folder / name)
        except InputError:
            return None


def kept_epochs(last: int, best: int, most: int = _MOST_EPOCHS) -> set[int]:
    """Epochs whose weights stay: last, best, and every one, second, fourth, ..., about `most` of them."""
    stride = 1
    while last // stride + 1 > most:
        stride *= 2
    return {*range(0, last + 1, stride), last, best}


def _other(name: str) -> str:
    return _RESUME[1 - _RESUME.index(name)]


@dataclass(frozen=True)
class CheckpointFile:
    """A run's checkpoint that can be judged; `epoch` is None for the one left by a stop in mid-epoch."""

    name: str
    path: Path
    epoch: int | None
    step: int | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 written beside the file; empty if it is missing."""
        return digest_beside(self.path)

    def weights(self) -> Weights:
        """Load the weights. Raises InputError when the file is missing or damaged."""
        if self.epoch is not None:
            return checkpoints.load_weights(self.path)
        return checkpoints.weights_in(checkpoints.load(self.path))


def run_checkpoints(
    folder: Path, events: Iterable[Mapping[str, Any]], *, running: bool
) -> list[CheckpointFile]:
    """Checkpoints in a run's folder, oldest first.

    Resume checkpoints are not offered while the run is still rewriting them.
    """
    files = [CheckpointFile(path.stem, path, epoch) for epoch, path in epoch_files(folder).items()]
    if running:
        return files
    events = [event for event in events if "step" in event]  # a damaged one may lack it
    steps = {event.get("file", ""): event["step"] for event in events if event["type"] == "checkpoint"}
    judged = max((event["step"] for event in events if event["type"] == "epoch"), default=0)
    name, step = max(steps.items(), key=lambda pair: pair[1], default=("", 0))
    return [*files, CheckpointFile("last", folder / name, None, step)] if step > judged else files
