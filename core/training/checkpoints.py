"""Keeps what a run has learned: full checkpoints to resume from, weights alone to judge and share, and the shipped models.

Every file is written whole or not at all (temporary file, fsync, rename) with its SHA-256 beside it, as `sha256sum` writes it:
torch.load doesn't notice a flipped bit.
"""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import safetensors.torch
import torch
from torch import Tensor

from core.errors import InputError
from core.files import whole
from core.files.locations import DATA_SETS
from core.files.state_dict import load_state_dict
from core.lenet import LeNet
from core.training.config import TrainConfig
from core.training.loop import TrainingState

__all__ = [
    "Checkpoint",
    "Weights",
    "lenet_of",
    "load",
    "load_of",
    "load_state_dict",
    "load_weights",
    "save",
    "save_weights",
    "shipped_model",
]  # fmt: skip

SHIPPED = Path(__file__).parents[2] / "assets" / "weights"
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Weights:
    """A network alone, with what it must be fed: `normalise(images, mean, std)`."""

    state_dict: dict[str, Tensor]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    data_set: str
    epoch: int
    step: int
    metrics: dict[str, float] = field(default_factory=dict)
    config: TrainConfig | None = None  # None for a network that somebody brought along
    name: str = ""  # which they gave it

    def network(self) -> LeNet:
        """Build a LeNet with these weights, in eval mode."""
        model = LeNet()
        model.load_state_dict(self.state_dict)
        return model.eval()


class Config(Protocol):
    """The settings of a run as a file keeps them."""

    def to_json(self) -> dict[str, Any]: ...
    @classmethod
    def from_json(cls, values: object) -> Self: ...


C = TypeVar("C", bound=Config)


@dataclass(frozen=True, eq=False)
class Checkpoint(Generic[C]):
    """All of a run: `Training(config, splits, state)` goes on from here."""

    config: C
    state: TrainingState
    data_set: str


def lenet_of(checkpoint: Checkpoint[TrainConfig]) -> Weights:
    """The network of a LeNet's checkpoint alone."""
    state, config = checkpoint.state, checkpoint.config
    return Weights(
        state.model,
        config.mean,
        config.std,
        checkpoint.data_set,
        state.epochs_judged,
        state.steps_done,
        {},
        config,
    )


def save(path: Path, config: Config, state: TrainingState, data_set: str) -> None:
    """Write a full checkpoint to resume from. Raises OSError when the disk is full or the folder can't be written."""
    buffer = io.BytesIO()
    torch.save(
        {"format": _FORMAT, "config": config.to_json(), "data_set": data_set, "state": vars(state)}, buffer
    )
    whole.write_with_digest(path, buffer.getvalue())


def load(path: Path) -> Checkpoint[TrainConfig]:
    """The checkpoint that `save` wrote. Raises InputError when it is missing, damaged or something else."""
    return load_of(TrainConfig, path)


def load_of(kind: type[C], path: Path) -> Checkpoint[C]:
    """As `load`, of a run that has settings of this kind."""
    data = whole.read_with_digest(path)
    try:
        values: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
        if values["format"] != _FORMAT:
            raise ValueError(values["format"])
        return Checkpoint(
            kind.from_json(values["config"]), TrainingState(**values["state"]), values["data_set"]
        )
    except Exception as error:  # torch.load has no exception of its own
        raise InputError("checkpoint_foreign", path=path.name) from error


def save_weights(
    path: Path,
    model: torch.nn.Module,
    config: TrainConfig,
    data_set: str,
    epoch: int,
    step: int,
    metrics: dict[str, float],
) -> None:
    """Write the weights alone as .safetensors, with what one must know to use them in its metadata. Raises OSError."""
    about = {
        "config": config.to_json(),
        "data_set": data_set,
        "epoch": epoch,
        "step": step,
        "metrics": metrics,
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    # One entry alone: safetensors writes several in an order that changes from call to call, and with it the file's SHA-256.
    whole.write_with_digest(path, safetensors.torch.save(tensors, {"lenet_lab": json.dumps(about)}))


def load_weights(path: Path) -> Weights:
    """What `save_weights` or core.saving.library wrote. Raises InputError when it is missing, damaged, not finite or of another network."""
    data = whole.read_with_digest(path)
    state_dict = load_state_dict(data)
    try:
        length = int.from_bytes(data[:8], "little")
        about = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["lenet_lab"])
        if "config" not in about:  # brought along: only what it must be fed is known
            fed = TrainConfig(mean=about["mean"], std=about["std"])
            return Weights(state_dict, fed.mean, fed.std, about["data_set"], 0, 0, name=about["name"])
        config = TrainConfig.from_json(about["config"])
        return Weights(
            state_dict,
            config.mean,
            config.std,
            about["data_set"],
            about["epoch"],
            about["step"],
            about["metrics"],
            config,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("checkpoint_foreign", path=path.name) from error


def shipped_model(data_set: str) -> Weights:
    """The LeNet that comes with the app, trained on `data_set` ("sketches"). Raises InputError when there is none for it."""
    path = SHIPPED / f"lenet-{data_set}.safetensors"
    if data_set not in DATA_SETS or not path.is_file():
        raise InputError("no_shipped_model", data_set=data_set[:40])
    return load_weights(path)
