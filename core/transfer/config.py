"""Every setting of a ResNet-18 run, checked. Imports no torch, so that a page can use it at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.checks import SEED, Bounds, one_of, settings, within

MODES = ("features", "fine-tune", "scratch")
SIZES = (32, 64, 96, 128, 160, 192, 224)

BOUNDS: Mapping[str, Bounds] = {
    "train_size": Bounds(50, 50_000),
    "validation_size": Bounds(10, 5_000),
    "epochs": Bounds(1, 200),
    "batch_size": Bounds(2, 1024),
    "lr": Bounds(1e-8, 10.0),
    "weight_decay": Bounds(0.0, 1.0),
    "seed": SEED,
}


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """All settings of a run of torchvision's ResNet-18 with a new last layer of ten outputs.

    mode: "features" freezes the body and trains the new layer on features computed once; "fine-tune" starts
    from the same weights and trains all; "scratch" starts from random ones. size: pixels a side to which the
    32 x 32 images are enlarged. train_size, validation_size: how many images of each split are used.
    lr, weight_decay: of Adam.

    Raises InputError for a value that is not allowed.
    """

    mode: str = "features"
    size: int = 64
    train_size: int = 5_000
    validation_size: int = 1_000
    epochs: int = 20
    batch_size: int = 128
    lr: float = 0.001
    weight_decay: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        one_of("mode", self.mode, MODES)
        one_of("size", self.size, SIZES)
        for name, bounds in BOUNDS.items():
            object.__setattr__(self, name, within(name, getattr(self, name), bounds))

    @property
    def pretrained(self) -> bool:
        """Whether the run starts from ImageNet weights."""
        return self.mode != "scratch"

    def to_json(self) -> dict[str, Any]:
        """Settings as plain numbers and strings."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object) -> "TransferConfig":
        """Read the config that `to_json` wrote; settings left out take their default.

        Raises InputError for anything that is not such a dict.
        """
        return cls(**settings(values, [row.name for row in fields(cls)]))
