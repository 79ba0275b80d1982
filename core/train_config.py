"""Every setting of a training run, checked; and the two recipes. Imports no torch, so that a page can use it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from core.errors import InputError, shown
from core.optimizers import OPTIMIZERS

SCHEDULES = ("constant", "step", "cosine", "one-cycle")
DEVICES = ("cpu", "cuda", "mps")
HALF = (0.5, 0.5, 0.5)  # what most tutorials pass to Normalize
# Mean and standard deviation of the 50,000 training images by channel, on a scale of 0 to 1, over all pixels.
# The often copied (.2023, .1994, .2010) is the mean of the deviations of single images.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True)
class Bounds:
    """The closed range of a number in TrainConfig; an int's bounds are ints."""

    low: float
    high: float


BOUNDS: Mapping[str, Bounds] = {
    "epochs": Bounds(1, 1000),
    "batch_size": Bounds(1, 8192),
    "lr": Bounds(1e-8, 100.0),
    "weight_decay": Bounds(0.0, 1.0),
    "crop": Bounds(0, 8),
    "seed": Bounds(0, 2**31 - 1),
    "train_size": Bounds(10, 50_000),
}


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run, completely: the same config, data, device and thread count give the same weights.

    epochs: passes over the training split. batch_size: images a step. lr: the peak learning rate of `schedule`.
    hyper: hyper-parameters of `optimizer` that differ from torch's defaults. crop: how many pixels a random crop may shift.
    mean, std: by channel on a scale of 0 to 1. train_size: how many training images to use, None for all.

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
    mean: tuple[float, float, float] = HALF
    std: tuple[float, float, float] = HALF
    seed: int = 0
    train_size: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        _choice("optimizer", self.optimizer, OPTIMIZERS)
        _choice("schedule", self.schedule, SCHEDULES)
        _choice("device", self.device, DEVICES)
        _choice("flip", self.flip, (True, False))
        for name, bounds in BOUNDS.items():
            if name != "train_size" or self.train_size is not None:
                object.__setattr__(self, name, within(name, getattr(self, name), bounds))
        for name in ("mean", "std"):
            object.__setattr__(self, name, _channels(name, getattr(self, name)))
        if not isinstance(self.hyper, Mapping):
            raise InputError("setting_wrong", name="hyper", value=shown(self.hyper), allowed="{name: number}")
        object.__setattr__(self, "hyper", OPTIMIZERS[self.optimizer].checked(self.hyper))

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: object) -> "TrainConfig":
        """The config that `to_json` wrote; settings left out take their default.

        Raises InputError for anything that is not such a dict.
        """
        return cls(**named(values, [row.name for row in fields(cls)]))

    def differences(self, other: "TrainConfig") -> list[str]:
        """The names of the settings in which the two differ, in the order of the fields."""
        return [row.name for row in fields(self) if getattr(self, row.name) != getattr(other, row.name)]


def recipe(name: str, **changes: Any) -> TrainConfig:
    """A recipe by name with some settings changed. Raises InputError for an unknown name or a refused setting."""
    _choice("recipe", name, RECIPES)
    return replace(RECIPES[name], **changes)


def _choice(name: str, value: object, allowed: Any) -> None:
    if not isinstance(value, str | bool) or value not in allowed:
        raise InputError("setting_wrong", name=name, value=shown(value), allowed=", ".join(map(str, allowed)))


def named(values: object, names: Sequence[str]) -> Mapping[str, Any]:
    """Settings from outside under names that are known. Raises InputError for anything else."""
    if not isinstance(values, Mapping):
        raise InputError("setting_wrong", name="config", value=shown(values), allowed="{name: value}")
    for name in values:
        if name not in names:
            raise InputError("setting_unknown", name=shown(name), allowed=", ".join(names))
    return values


def within(name: str, value: Any, bounds: Bounds) -> Any:
    """The number, of the bounds' own type. Raises InputError for one outside of them, and for what is none."""
    kind = type(bounds.low)
    right_type = isinstance(value, int | kind) and not isinstance(value, bool)
    if not right_type or not bounds.low <= value <= bounds.high:
        raise InputError("setting_out_of_range", name=name, value=shown(value), low=bounds.low, high=bounds.high)
    return kind(value)


def _channels(name: str, values: Any) -> tuple[float, ...]:
    lowest = 1e-3 if name == "std" else 0.0
    if not isinstance(values, list | tuple) or len(values) != 3 or not all(_lies_in(lowest, number) for number in values):
        raise InputError("setting_channels", name=name, value=shown(values), low=lowest)
    return tuple(map(float, values))


def _lies_in(lowest: float, value: object) -> bool:
    """A number from `lowest` to 1; NaN, booleans and numbers spelled out as text are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= 1.0


RECIPES: Mapping[str, TrainConfig] = {
    # What the tutorial that most learners arrive with does.
    "tutorial": TrainConfig(),
    # Large batches, Nesterov momentum and one rise and fall of the learning rate: several times faster to the same accuracy.
    "fast": TrainConfig(batch_size=128, optimizer="nesterov", lr=0.08, weight_decay=5e-4, schedule="one-cycle", mean=MEAN, std=STD),
}
