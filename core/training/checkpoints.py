"""Files of what a run has learned: checkpoints to resume from, weights to judge and share, shipped models.

Every file is written whole or not at all (temporary file, fsync, rename) with its SHA-256 beside it, as
`sha256sum` writes it: torch.load doesn't notice a flipped bit.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from core.errors import InputError, shown
from core.files import state_dict, whole
from core.files.locations import DATA_SETS
from core.files.state_dict import load_state_dict
from core.lenet import LeNet
from core.normalisations import Normalisation
from core.training.config import TrainConfig
from core.training.loop import TrainingState
from core.training.network import build, expected

__all__ = [
    "Checkpoint",
    "Weights",
    "load",
    "load_any",
    "load_of",
    "load_state_dict",
    "load_weights",
    "network_in",
    "own_tensors",
    "save",
    "save_weights",
    "shipped_model",
    "weights_in",
]  # fmt: skip

SHIPPED = Path(__file__).parents[2] / "assets" / "weights"
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Weights:
    """A network's weights and the normalisation of its input: `normalise(images, mean, std)`."""

    state_dict: dict[str, Tensor]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    data_set: str
    epoch: int
    step: int
    metrics: dict[str, float] = field(default_factory=dict)
    config: TrainConfig | None = None  # None for an uploaded network
    name: str = ""  # given to an uploaded network
    layers: str = ""  # of an uploaded network of one's own

    @property
    def architecture(self) -> str:
        """The layers in the short form of the calculator; "" is LeNet."""
        return self.config.network if self.config else self.layers

    def network(self) -> nn.Module:
        """Build the network with these weights, in eval mode."""
        model = build(self.architecture)
        model.load_state_dict(self.state_dict)
        return model.eval()

    def lenet(self) -> LeNet:
        """Build a LeNet with these weights, in eval mode. Raises InputError for another network."""
        model = self.network()
        if not isinstance(model, LeNet):
            raise InputError("network_not_lenet")
        return model


class Config(Protocol):
    """Settings of a run, as a file keeps them."""

    def to_json(self) -> dict[str, Any]:
        """Settings as plain lists, numbers and strings."""

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Read the settings that `to_json` wrote."""


C = TypeVar("C", bound=Config)


@dataclass(frozen=True, eq=False)
class Checkpoint(Generic[C]):
    """Full checkpoint of a run: `Training(config, splits, state)` continues from here."""

    config: C
    state: TrainingState
    data_set: str


def weights_in(checkpoint: Checkpoint[TrainConfig]) -> Weights:
    """Weights alone of a checkpoint of LeNet or of a network of one's own."""
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
    """Write a full checkpoint to resume from.

    Raises OSError when the disk is full or the folder can't be written.
    """
    buffer = io.BytesIO()
    torch.save(
        {"format": _FORMAT, "config": config.to_json(), "data_set": data_set, "state": vars(state)}, buffer
    )
    whole.write_with_digest(path, buffer.getvalue())


def load(path: Path) -> Checkpoint[TrainConfig]:
    """Load the checkpoint that `save` wrote. Raises InputError when it is missing, damaged or foreign."""
    return load_of(TrainConfig, path)


def load_of(kind: type[C], path: Path) -> Checkpoint[C]:
    """Load a checkpoint as `load` does, with settings of this class."""
    data = whole.read_with_digest(path)
    try:
        values: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
        if values["format"] != _FORMAT:
            raise ValueError(values["format"])
        return Checkpoint(
            kind.from_json(values["config"]), TrainingState(**values["state"]), values["data_set"]
        )
    except Exception as error:  # torch.load has no exception class of its own
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
    """Write the weights alone as .safetensors, with metadata on how to use them. Raises OSError."""
    about = {
        "config": config.to_json(),
        "data_set": data_set,
        "epoch": epoch,
        "step": step,
        "metrics": metrics,
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    # A single entry: safetensors writes several in an order that changes from call to call, and with it the
    # file's SHA-256.
    whole.write_with_digest(path, safetensors.torch.save(tensors, {"lenet_lab": json.dumps(about)}))


def load_weights(path: Path) -> Weights:
    """Load weights that `save_weights` or core.saving.library wrote.

    Raises InputError when the file is missing, damaged, not finite or of another network.
    """
    data = whole.read_with_digest(path)
    network = network_in(data)
    state_dict = own_tensors(data, network) if network else load_state_dict(data)
    try:
        about = json.loads(_metadata(data)["lenet_lab"])
        if "config" not in about:  # uploaded: of the settings only the normalisation is known
            checked = TrainConfig(mean=about["mean"], std=about["std"])
            return Weights(
                state_dict,
                checked.mean,
                checked.std,
                about["data_set"],
                0,
                0,
                name=about["name"],
                layers=network,
            )
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


def load_any(path: Path) -> tuple[nn.Module, Normalisation | None]:
    """Load a network from any file of a LeNet's weights, and the normalisation where the file says it.

    A network of one's own is read from a .safetensors that names its layers. A checksum beside the file
    is checked. Raises InputError when the file is missing, damaged or of another network.
    """
    data = whole.read_with_digest(path) if whole.digest_beside(path) else state_dict.read(path)
    network = network_in(data)
    tensors = own_tensors(data, network) if network else state_dict.load_wrapped(data)
    about = _metadata(data) if network else state_dict.about(data)
    model = build(network)
    model.load_state_dict(tensors)
    return model, _normalisation(about)


def network_in(data: bytes) -> str:
    """The layers that a .safetensors file of a network of one's own names; "" for any other file.

    `save_weights`, core.saving.library and core.saving.export write them.
    """
    try:
        about = _metadata(data)
        if "lenet_lab" in about:
            about = json.loads(about["lenet_lab"])
        return TrainConfig(network=about.get("config", about).get("network", "")).network
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return ""


def _metadata(data: bytes) -> dict[str, Any]:
    """What stands beside the tensors of a .safetensors file. Raises KeyError or ValueError for another."""
    length = int.from_bytes(data[:8], "little")
    if data[8:9] != b"{" or length > state_dict.MAX_HEADER:
        raise ValueError("no header")
    return dict(json.loads(data[8 : 8 + length])["__metadata__"])


def own_tensors(data: bytes, network: str) -> dict[str, Tensor]:
    """The tensors of a .safetensors file, exactly those of the network. Raises InputError for others."""
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise InputError("weights_damaged", reason=str(error)[:120]) from error
    wanted = expected(network)
    for name in [*wanted, *tensors]:
        found, right = tensors.get(name), wanted.get(name)
        if found is None or right is None or (found.shape, found.dtype) != (right.shape, right.dtype):
            raise InputError("network_other_weights", name=shown(name))
        if not found.isfinite().all():
            raise InputError("weights_not_finite", name=name)
    return tensors


def _normalisation(about: Mapping[Any, Any]) -> Normalisation | None:
    """The mean and std that `save`, `save_weights`, the library or core.saving.export wrote into a file."""
    try:
        values = next(_written(about[key]) for key in ("config", "lenet_lab", "normalise") if key in about)
        values = values.get("config", values)
        checked = TrainConfig(mean=values["mean"], std=values["std"])
    except (StopIteration, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
    return Normalisation(checked.mean, checked.std)


def _written(values: Any) -> Any:
    """Metadata of a .safetensors file are text."""
    return json.loads(values) if isinstance(values, str) else values


def shipped_model(data_set: str) -> Weights:
    """Load the LeNet shipped with the app and trained on `data_set`, such as "sketches".

    Raises InputError when there is none for it.
    """
    path = SHIPPED / f"lenet-{data_set}.safetensors"
    if data_set not in DATA_SETS or not path.is_file():
        raise InputError("no_shipped_model", data_set=data_set[:40])
    return load_weights(path)
