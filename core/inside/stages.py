"""Table of the stages of LeNet's forward pass: what each reads, its layer, its shape; units as link text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["input", "convolution", "relu", "pooling", "flatten", "linear", "softmax"]


@dataclass(frozen=True)
class Stage:
    """A stage of LeNet.

    `shape` is (channels, rows, columns) as units are drawn: a vector is folded into one channel. `reads` is
    the stage before it, `layer` the LeNet layer whose output it is; ReLU, flatten and softmax have none.
    """

    kind: Kind
    shape: tuple[int, int, int]
    reads: str = ""
    layer: str = ""
    kernel_size: int = 1
    stride: int = 1


STAGES: Mapping[str, Stage] = {
    "input": Stage("input", (3, 32, 32)),
    "conv1": Stage("convolution", (6, 28, 28), "input", "conv1", kernel_size=5),
    "relu1": Stage("relu", (6, 28, 28), "conv1"),
    "pool1": Stage("pooling", (6, 14, 14), "relu1", "pool", kernel_size=2, stride=2),
    "conv2": Stage("convolution", (16, 10, 10), "pool1", "conv2", kernel_size=5),
    "relu2": Stage("relu", (16, 10, 10), "conv2"),
    "pool2": Stage("pooling", (16, 5, 5), "relu2", "pool", kernel_size=2, stride=2),
    "flat": Stage("flatten", (1, 16, 25), "pool2"),
    "fc1": Stage("linear", (1, 10, 12), "flat", "fc1"),
    "relu3": Stage("relu", (1, 10, 12), "fc1"),
    "fc2": Stage("linear", (1, 7, 12), "relu3", "fc2"),
    "relu4": Stage("relu", (1, 7, 12), "fc2"),
    "logits": Stage("linear", (1, 10, 1), "relu4", "fc3"),
    "softmax": Stage("softmax", (1, 10, 1), "logits"),
}
# Stages of shape (N, C, H, W); those after them are vectors.
MAPS = tuple(name for name, stage in STAGES.items() if stage.shape[0] > 1 and stage.kind != "input")
RELUS = tuple(name for name, stage in STAGES.items() if stage.kind == "relu")
# Stages whose layers have weights.
WEIGHTED = tuple(name for name, stage in STAGES.items() if stage.kind in ("convolution", "linear"))
_CUT_OFF = {STAGES[name].reads for name in RELUS}
AFTER_RELU = tuple(name for name in STAGES if name not in _CUT_OFF)
BEFORE_RELU = tuple(name for name in STAGES if name not in RELUS)
_LONGEST = 40  # characters


def weighted(name: str) -> str:
    """The stage that holds this one's weighted sum: for a ReLU the stage it reads, otherwise itself."""
    return STAGES[name].reads if STAGES[name].kind == "relu" else name


@dataclass(frozen=True)
class Field:
    """Receptive field of a stage's units: `size` x `size` input pixels, `step` pixels from unit to unit."""

    size: int
    step: int


def receptive_field(name: str) -> Field:
    """Compute the receptive field of "input" or one of MAPS.

    The size grows by (kernel_size - 1) x step; the step is multiplied by the stride. Nothing is padded, so
    the field is never cut off.
    """
    stage = STAGES[name]
    if stage.kind == "input":
        return Field(1, 1)
    before = receptive_field(stage.reads)
    return Field(before.size + (stage.kernel_size - 1) * before.step, before.step * stage.stride)


@dataclass(frozen=True)
class Unit:
    """A place in a stage; a vector is folded into rows and columns for display, `index` is its number."""

    stage: str
    channel: int
    row: int
    column: int

    @property
    def index(self) -> int:
        """Number of the unit in the flattened stage."""
        _, rows, columns = STAGES[self.stage].shape
        return (self.channel * rows + self.row) * columns + self.column

    def __str__(self) -> str:
        return f"{self.stage}-{self.channel}-{self.row}-{self.column}"


def unit(text: str) -> Unit | None:
    """Parse the text of a Unit as `str` writes it; None for any other text, from a link say."""
    stage, *numbers = text[:_LONGEST].split("-")
    if (
        stage not in STAGES
        or len(numbers) != 3
        or not all(part.isascii() and part.isdigit() for part in numbers)
    ):
        return None
    place = [int(part) for part in numbers]
    return (
        Unit(stage, *place)
        if all(position < size for position, size in zip(place, STAGES[stage].shape, strict=True))
        else None
    )


def numbered(stage: str, index: int) -> Unit:
    """The unit with this number in the flattened stage; for "pool2", the one flatten puts at this index."""
    _, rows, columns = STAGES[stage].shape
    return Unit(stage, index // (rows * columns), index // columns % rows, index % columns)
