"""Checked settings of a training run; two recipes. Imports no torch, so that a page can use it at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from core.checks import SEED, Bounds, one_of, settings, within
from core.errors import InputError, shown
from core.faults.table import FAULTS
from core.normalisations import NORMALISATIONS, Channels
from core.optimizers import OPTIMIZERS
from core.optimizers.table import LR, WEIGHT_DECAY
from core.shapes.code import from_short, short
from core.shapes.trainable import trainable
from core.written.link import opened

SCHEDULES = ("constant", "step", "cosine", "one-cycle")
DEVICES = ("cpu", "cuda", "mps")

BOUNDS: Mapping[str, Bounds] = {
    "epochs": Bounds(1, 1000),
    "batch_size": Bounds(1, 8192),
    "lr": LR,
    "weight_decay": WEIGHT_DECAY,
    "crop": Bounds(0, 8),
    "seed": SEED,
    "train_size": Bounds(10, 50_000),
    "wrong_labels": Bounds(0.0, 1.0),
    "imbalance": Bounds(1.0, 1000.0),
    "patience": Bounds(0, 1000),
}
# What a run has had for longer than these; their defaults aren't written.
LATER = ("network", "wrong_labels", "imbalance", "shuffle", "patience", "fault")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """All settings of a training run: the same config, data, device and thread count give the same weights.

    epochs: passes over the training split. batch_size: images a step. lr: peak learning rate of `schedule`.
    hyper: hyper-parameters of `optimizer` that differ from their defaults.
    crop: how many pixels a random crop may shift. mean, std: by channel on a scale of 0 to 1.
    train_size: how many training images to use, None for all. network: layers in the short form of a link,
    "" for LeNet. wrong_labels: share of the training images with a label of another class. imbalance: how
    many times as many images the first class has as the last. shuffle: False for all images in the order of
    their classes. patience: how many epochs without a better validation accuracy end the run, 0 for never.
    fault: its name in FAULTS.

    Raises InputError for a value that is not allowed.
    """

    epochs: int = 10
    batch_size: int = 16
    optimizer: str = "momentum"
    lr: float = 0.001
    hyper: Mapping[str, float] = field(default_factory=dict)
    weight_decay: float = 0.0
    schedule: str = "constant"
    flip: bool = False
    crop: int = 0
    mean: Channels = NORMALISATIONS["half"].mean
    std: Channels = NORMALISATIONS["half"].std
    seed: int = 0
    train_size: int | None = None
    device: str = "cpu"
    network: str = ""
    wrong_labels: float = 0.0
    imbalance: float = 1.0
    shuffle: bool = True
    patience: int = 0
    fault: str = "none"

    def __post_init__(self) -> None:
        one_of("optimizer", self.optimizer, OPTIMIZERS)
        one_of("schedule", self.schedule, SCHEDULES)
        one_of("device", self.device, DEVICES)
        one_of("fault", self.fault, FAULTS)
        for name in ("flip", "shuffle"):
            one_of(name, getattr(self, name), (True, False))
        for name, bounds in BOUNDS.items():
            if name != "train_size" or self.train_size is not None:
                object.__setattr__(self, name, within(name, getattr(self, name), bounds))
        for name in ("mean", "std"):
            object.__setattr__(self, name, _channels(name, getattr(self, name)))
        if not isinstance(self.hyper, Mapping):
            raise InputError("setting_wrong", name="hyper", value=shown(self.hyper), allowed="{name: number}")
        object.__setattr__(self, "hyper", OPTIMIZERS[self.optimizer].checked(self.hyper))
        object.__setattr__(self, "network", _network(self.network))

    def to_json(self) -> dict[str, Any]:
        """Settings as plain lists, numbers and strings; of LATER only those that aren't at their default."""
        usual = {row.name: row.default for row in fields(self) if row.name in LATER}
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if key not in usual or value != usual[key]
        }

    @classmethod
    def from_json(cls, values: object) -> "TrainConfig":
        """Read the config that `to_json` wrote; settings left out take their default.

        Raises InputError for anything that is not such a dict.
        """
        return cls(**settings(values, [row.name for row in fields(cls)]))

    def differences(self, other: "TrainConfig") -> list[str]:
        """Names of the settings in which two configs differ, in the order of the fields."""
        return [row.name for row in fields(self) if getattr(self, row.name) != getattr(other, row.name)]


def recipe(name: str, **changes: Any) -> TrainConfig:
    """A recipe by name, some settings changed. Raises InputError for an unknown name or a refused setting."""
    one_of("recipe", name, RECIPES)
    return replace(RECIPES[name], **changes)


def _network(value: Any) -> str:
    """The layers as every part of the app writes them."""
    if not isinstance(value, str):
        raise InputError("setting_wrong", name="network", value=shown(value), allowed="Conv2d(3,6,5),...")
    if not value:
        return ""
    layers = from_short(opened(value))
    trainable(layers)
    return short(layers)


def _channels(name: str, values: Any) -> tuple[float, ...]:
    lowest = 1e-3 if name == "std" else 0.0
    if (
        not isinstance(values, list | tuple)
        or len(values) != 3
        or not all(_lies_in(lowest, number) for number in values)
    ):
        raise InputError("setting_channels", name=name, value=shown(values), low=lowest)
    return tuple(map(float, values))


def _lies_in(lowest: float, value: object) -> bool:
    """Whether `value` is a number from `lowest` to 1; NaN, booleans and numbers as text are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= 1.0


RECIPES: Mapping[str, TrainConfig] = {
    # The settings of the tutorial that most learners come from.
    "tutorial": TrainConfig(),
    # Large batches, Nesterov momentum and one rise and fall of the learning rate: several times faster to the
    # same accuracy.
    "fast": TrainConfig(
        batch_size=128,
        optimizer="nesterov",
        lr=0.08,
        weight_decay=5e-4,
        schedule="one-cycle",
        **NORMALISATIONS["cifar"]._asdict(),
    ),
}
