"""Is 2 + 2 epochs the same as 4? Three paths of one training.

Never stopped; stopped and resumed; resumed without its optimizer's state.
"""

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
    """One path; `sha256` is of all weights at the end.

    `difference` is the largest from the weights of the uninterrupted path; `losses` are on the validation
    images after each epoch that this path trained itself.
    """

    sha256: str
    difference: float
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Resuming:
    """The three paths, and the size of the checkpoint between the halves."""

    whole: Track
    resumed: Track
    forgotten: Track
    checkpoint_bytes: int


def compare(splits: Splits, data_set: str) -> Generator[Progress, None, Resuming]:
    """Train the three paths; the checkpoint between the halves is a real file.

    Progress counts the epochs of all paths together.
    """
    whole = Training(CONFIG, splits)
    whole_losses = yield from _epochs(whole, 2 * HALF, 0)
    stopped = Training(CONFIG, splits)
    yield from _epochs(stopped, HALF, 2 * HALF)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "checkpoint.pt")
        checkpoints.save(file, CONFIG, stopped.state(), data_set)
        state, size = checkpoints.load(file).state, file.stat().st_size
    resumed = Training(CONFIG, splits, state)
    resumed_losses = yield from _epochs(resumed, HALF, 3 * HALF)
    forgotten = Training(CONFIG, splits, replace(state, optimizer=Training(CONFIG, splits).state().optimizer))
    forgotten_losses = yield from _epochs(forgotten, HALF, 4 * HALF)
    return Resuming(
        _track(whole, whole, whole_losses),
        _track(resumed, whole, resumed_losses),
        _track(forgotten, whole, forgotten_losses),
        size,
    )


def digest(state_dict: Mapping[str, Tensor]) -> str:
    """SHA-256 of all numbers, in the order of their names."""
    sha256 = hashlib.sha256()
    for name in sorted(state_dict):
        sha256.update(state_dict[name].detach().cpu().contiguous().numpy().tobytes())
    return sha256.hexdigest()


def _epochs(training: Training, count: int, before: int) -> Generator[Progress, None, tuple[float, ...]]:
    """Train `count` more epochs; returns the validation loss after each."""
    losses: list[float] = []
    for result in training:
        if isinstance(result, EpochResult):
            losses.append(result.validation_loss)
            if len(losses) == count:
                break
        yield Progress(before + len(losses), 5 * HALF)
    return tuple(losses)


def _track(training: Training, whole: Training, losses: tuple[float, ...]) -> Track:
    weights, reference = training.model.state_dict(), whole.model.state_dict()
    difference = max(
        float((weights[name].double() - reference[name].double()).abs().max()) for name in weights
    )
    return Track(digest(weights), difference, losses)
