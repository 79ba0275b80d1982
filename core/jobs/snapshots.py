"""What a training run keeps of itself: two resume checkpoints in turn, and the weights of its epochs."""

from pathlib import Path
from typing import Generic

from core import checkpoints
from core.checkpoints import C, Checkpoint
from core.errors import InputError
from core.loop import Loop
from core.train_config import TrainConfig

_RESUME = ("resume-a.pt", "resume-b.pt")
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
        checkpoint, name = max(found, key=lambda pair: (pair[0].state.steps_done, pair[0].state.epochs_judged))
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
        checkpoints.save_weights(weights / _file(epoch), training.model, self._config, self._data_set, epoch, step, metrics)
        for dropped in set(range(epoch)) - kept(epoch, best):
            for path in weights.glob(f"{_file(dropped)}*"):
                path.unlink()

    def _load(self, name: str) -> Checkpoint[C] | None:
        try:
            return checkpoints.load_of(type(self._config), self._folder / name)
        except InputError:
            return None


def kept(last: int, best: int) -> set[int]:
    """The epochs whose weights stay: every one, or every second, fourth, ... so that about 40 do, and the last and the best."""
    stride = 1
    while last // stride + 1 > _MOST_EPOCHS:
        stride *= 2
    return {*range(0, last + 1, stride), last, best}


def _file(epoch: int) -> str:
    return f"epoch-{epoch:04}.safetensors"


def _other(name: str) -> str:
    return _RESUME[1 - _RESUME.index(name)]
