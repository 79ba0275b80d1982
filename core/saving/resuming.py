"""Is 2 + 2 epochs the same as 4? Three paths of one training: never stopped, stopped and resumed, resumed without its optimizer's state."""

import hashlib
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from core.dataset import Splits
from core.progress import Progress
from core.training import checkpoints
from core.training.config import TrainConfig
from core.training.loop import EpochResult
from core.training.run import Training

HALF = 2  # epochs before the break, and as many after it
CONFIG = TrainConfig(epochs=2 * HALF, batch_size=32, optimizer="momentum", lr=0.05, train_size=800, seed=0)


@dataclass(frozen=True)
class Track:
    """`sha256` is of all weights at the end, `difference` the largest from those of the uninterrupted path, `losses` on the
    validation images after each epoch that this path trained itself."""

    sha256: str
    difference: float
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Resuming:
    whole: Track
    resumed: Track
    forgotten: Track
    checkpoint_bytes: int


def compare(splits: Splits, data_set: str) -> Generator[Progress, None, Resuming]:
    """Train the three paths, reporting epochs of all together; the checkpoint between the halves is a real file."""
    whole = Training(CONFIG, splits)
    losses = yield from _epochs(whole, 2 * HALF, 0)
    first = Training(CONFIG, splits)
    yield from _epochs(first, HALF, 2 * HALF)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "checkpoint.pt")
        checkpoints.save(file, CONFIG, first.state(), data_set)
        state, size = checkpoints.load(file).state, file.stat().st_size
    resumed = Training(CONFIG, splits, state)
    later = yield from _epochs(resumed, HALF, 3 * HALF)
    forgotten = Training(CONFIG, splits, replace(state, optimizer=Training(CONFIG, splits).state().optimizer))
    other = yield from _epochs(forgotten, HALF, 4 * HALF)
    return Resuming(
        _track(whole, whole, losses), _track(resumed, whole, later), _track(forgotten, whole, other), size
    )


def digest(state_dict: Mapping[str, Tensor]) -> str:
    """SHA-256 of all numbers, in the order of the names."""
    found = hashlib.sha256()
    for name in sorted(state_dict):
        found.update(state_dict[name].detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _epochs(training: Training, count: int, before: int) -> Generator[Progress, None, tuple[float, ...]]:
    """Train `count` epochs more; the validation loss after each."""
    losses: list[float] = []
    for result in training:
        if isinstance(result, EpochResult):
            losses.append(result.validation_loss)
            if len(losses) == count:
                break
        yield Progress(before + len(losses), 5 * HALF)
    return tuple(losses)


def _track(training: Training, whole: Training, losses: tuple[float, ...]) -> Track:
    mine, theirs = training.model.state_dict(), whole.model.state_dict()
    apart = max(float((mine[name].double() - theirs[name].double()).abs().max()) for name in mine)
    return Track(digest(mine), apart, losses)
