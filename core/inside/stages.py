"""The stages of LeNet's forward pass, one table: what each reads, by which layer, and its shape; and a unit of one as text for a link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["input", "convolution", "relu", "pooling", "flatten", "linear", "softmax"]


@dataclass(frozen=True)
class Stage:
    """`shape` is (channels, rows, columns) as units are drawn: a vector is folded into one channel.

    `reads` is the stage before it, `layer` the name of the layer in LeNet whose output it is; ReLU, flatten and softmax have none.
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
MAPS = tuple(
    name for name, stage in STAGES.items() if stage.shape[0] > 1 and stage.kind != "input"
)  # (N, C, H, W); then vectors
RELUS = tuple(name for name, stage in STAGES.items() if stage.kind == "relu")
WEIGHTED = tuple(
    name for name, stage in STAGES.items() if stage.kind in ("convolution", "linear")
)  # their layers have weights
_CUT_OFF = {STAGES[name].reads for name in RELUS}
AFTER_RELU = tuple(name for name in STAGES if name not in _CUT_OFF)
BEFORE_RELU = tuple(name for name in STAGES if name not in RELUS)
_LONGEST = 40  # characters


def weighted(name: str) -> str:
    """The stage that holds the weighted sum of this one: itself, or for a ReLU the stage it reads."""
    return STAGES[name].reads if STAGES[name].kind == "relu" else name


@dataclass(frozen=True)
class Field:
    """The receptive field of a stage's units: `size` x `size` pixels of the input, `step` pixels from one unit to the next."""

    size: int
    step: int


def receptive_field(name: str) -> Field:
    """Of "input" or one of MAPS: r grows by (kernel_size - 1) x step, the step by the stride. Nothing is padded, so it is never cut off."""
    stage = STAGES[name]
    if stage.kind == "input":
        return Field(1, 1)
    before = receptive_field(stage.reads)
    return Field(before.size + (stage.kernel_size - 1) * before.step, before.step * stage.stride)


@dataclass(frozen=True)
class Unit:
    """A place in a stage; of a vector `index` is its number, folded into rows and columns for the eye."""

    stage: str
    channel: int
    row: int
    column: int

    @property
    def index(self) -> int:
        _, rows, columns = STAGES[self.stage].shape
        return (self.channel * rows + self.row) * columns + self.column

    def __str__(self) -> str:
        return f"{self.stage}-{self.channel}-{self.row}-{self.column}"


def unit(text: str) -> Unit | None:
    """The unit that `str` wrote; None for what is none, from a link say."""
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
        if all(at < most for at, most in zip(place, STAGES[stage].shape, strict=True))
        else None
    )


def numbered(stage: str, index: int) -> Unit:
    """The unit with this number in the flattened stage; of "pool2", what flatten puts at this index."""
    _, rows, columns = STAGES[stage].shape
    return Unit(stage, index // (rows * columns), index // columns % rows, index % columns)
