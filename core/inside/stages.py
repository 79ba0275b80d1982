"""Stages of a forward pass: what each reads, its shape as drawn, the pixels it sees; units as link text."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from core.cifar10 import CLASSES
from core.shapes.code import from_short
from core.shapes.formula import SizeFormula
from core.shapes.kinds import Shape, Windows
from core.shapes.layers import Layer
from core.shapes.network import PRESETS
from core.shapes.trace import LayerShape, names, trace
from core.shapes.trainable import IMAGE

Kind = Literal[
    "input", "convolution", "pooling", "flatten", "linear", "elementwise", "softmax", "other"
]  # fmt: skip
_KINDS: Mapping[str, Kind] = {
    "Conv2d": "convolution",
    "MaxPool2d": "pooling",
    "AvgPool2d": "pooling",
    "AdaptiveAvgPool2d": "pooling",
    "AdaptiveMaxPool2d": "pooling",
    "Flatten": "flatten",
    "Linear": "linear",
    "BatchNorm1d": "elementwise",  # once the statistics are fixed
    "BatchNorm2d": "elementwise",
    "Identity": "elementwise",
}
_OBLONG = 4  # a vector is drawn at most so many times as wide as high
_LONGEST = 60  # characters of a unit in a link


@dataclass(frozen=True)
class Field:
    """Pixels that a stage's units see along one axis: `size` of them, the first n x step - before for unit n.

    They go beyond the image where something was padded.
    """

    size: int = 1
    step: int = 1
    before: int = 0

    def behind(self, window: SizeFormula) -> "Field":
        """The field of what reads such units through this window."""
        size, before = (window.span - 1) * self.step, window.before * self.step
        return Field(self.size + size, self.step * window.stride, self.before + before)

    def sees(self, place: int) -> range:
        """The pixels of the unit at this place, also those beyond the image."""
        first = place * self.step - self.before
        return range(first, first + self.size)


@dataclass(frozen=True)
class Unit:
    """A place in a stage as it is drawn: a vector is folded into rows and columns."""

    stage: str
    channel: int
    row: int
    column: int

    def __str__(self) -> str:
        return f"{self.stage}-{self.channel}-{self.row}-{self.column}"


@dataclass(frozen=True)
class Stage:
    """A stage of a forward pass: the image, what a layer makes, or the softmax of the network's output.

    `function` is the torch.nn class and `layer` the name of the module, empty for the image and the softmax.
    `output` is the shape of one image, `shape` (channels, rows, columns) as units are drawn. `reads` is the
    stage before it. `head` is the stage itself, or for an elementwise one the stage whose numbers it and
    others before it change one by one. `windows` are those of a convolution or pooling, `field` the pixels
    that a unit sees along rows and columns, None where that isn't a fixed number of neighbours; `sees_all`
    says that it is the whole image. Each `made` maps are made from `read` of those before, by `share` (read,
    made). `classes` are stages with a number for each class.
    """

    name: str
    kind: Kind
    function: str
    layer: str
    reads: str
    head: str
    output: Shape
    shape: tuple[int, int, int]
    windows: Windows | None = None
    field: tuple[Field, Field] | None = None
    sees_all: bool = False
    share: tuple[int, int] = (1, 1)
    parameters: int = 0
    macs: int = 0
    classes: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is changed outside training."""
        return self.function == "Identity" or "Dropout" in self.function

    @property
    def is_map(self) -> bool:
        """Whether units have a channel, a row and a column."""
        return len(self.output) == 3

    @property
    def count(self) -> int:
        """Number of units."""
        return math.prod(self.output)

    def drawn(self, values: Tensor) -> Tensor:
        """Fold the stage's values for one image into `shape`; nan where a folded vector has no more units."""
        missing = math.prod(self.shape) - self.count
        return F.pad(values.reshape(-1), (0, missing), value=math.nan).view(self.shape)

    def index(self, unit: Unit) -> int:
        """Number of the unit in the flattened stage."""
        return (unit.channel * self.shape[1] + unit.row) * self.shape[2] + unit.column

    def unit(self, index: int) -> Unit:
        """The unit with this number; for the maps before a flatten, the one it puts at this index."""
        _, rows, columns = self.shape
        return Unit(self.name, index // (rows * columns), index // columns % rows, index % columns)


class Stages(Mapping[str, Stage]):
    """The stages of one network by name, in order."""

    def __init__(self, found: Sequence[Stage]) -> None:
        self._stages = {stage.name: stage for stage in found}
        self.output = found[-2]
        """What the network answers, read by the softmax."""
        self.macs = sum(stage.macs for stage in found)
        self.maps = tuple(stage for stage in found[1:] if stage.is_map)
        self.weighted = tuple(stage for stage in found if stage.kind in ("convolution", "linear"))
        self.before = tuple(stage for stage in found if stage.name == stage.head)
        """Those that aren't elementwise: the numbers before normalisation and activation."""
        self.after = tuple(self.group(stage)[-1] for stage in self.before)
        """The last of each group."""
        top = next(stage for stage in found if stage.classes)
        self.features = self[top.reads] if top.kind == "linear" else top
        """What the last linear layer reads; without one the numbers of the classes themselves."""
        self.differentiated = tuple(
            stage for stage in self.before[:-1] if stage.kind != "flatten" or stage.classes
        )
        learned = tuple(stage for stage in self.after if self[stage.head].parameters and not stage.classes)
        self.units = learned or (self.output,)
        """Behind layers that learn; the output where that is the only one."""
        self.functions = tuple(dict.fromkeys(stage.function for stage in found if self.changes(stage)))
        """Names of what is elementwise and changes anything."""

    def __getitem__(self, name: str) -> Stage:
        return self._stages[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def group(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage's head and all that is elementwise after it."""
        return tuple(other for other in self.values() if other.head == stage.head)

    def changes(self, stage: Stage) -> bool:
        """Whether the stage changes the numbers of its head one by one."""
        return stage.name != stage.head and not stage.is_idle

    def learns(self, stage: Stage) -> bool:
        """Whether anything up to this stage has learned parameters."""
        names = list(self)
        return any(self[name].parameters for name in names[: names.index(stage.name) + 1])

    def is_rectified(self, stage: Stage) -> bool:
        """Whether the stage's numbers have gone through a ReLU, which makes the negative ones 0."""
        return any(other.function in ("ReLU", "ReLU6") for other in self.group(stage))

    def origin(self, unit: Unit) -> Unit:
        """The unit whose place this one keeps: the same, or behind a flatten the one of a map."""
        stage = self[unit.stage]
        if stage.kind not in ("flatten", "elementwise"):
            return unit
        return self.origin(self[stage.reads].unit(stage.index(unit)))

    def unit(self, text: str) -> Unit | None:
        """Parse the text of a Unit as `str` writes it; None for any other text, from a link say."""
        name, *numbers = text[:_LONGEST].split("-")
        if (
            name not in self
            or len(numbers) != 3
            or not all(part.isascii() and part.isdigit() for part in numbers)
        ):
            return None
        stage, (channel, row, column) = self[name], map(int, numbers)
        unit = Unit(name, channel, row, column)
        fits = all(place < size for place, size in zip((channel, row, column), stage.shape, strict=True))
        return unit if fits and stage.index(unit) < stage.count else None


@lru_cache(maxsize=64)
def stages(network: str) -> Stages:
    """The stages of a network in the short form of the calculator; "" is LeNet."""
    layers = from_short(network or PRESETS["lenet"].text)
    traced = trace(layers, IMAGE)
    found = [Stage("input", "input", "", "", "", "input", IMAGE, IMAGE, field=(Field(), Field()))]
    for name, layer, row in zip(stage_names(names(layers)), layers, traced, strict=True):
        found.append(_stage(name, layer, row, found))
    return Stages([*_with_classes(found), _softmax(found[-1])])


def stage_names(modules: Sequence[str]) -> list[str]:
    """Names of the stages for those of the modules: the last linear layer makes the logits."""
    *first, last = ({"flatten1": "flat"}.get(name, name) for name in modules)
    return [*first, "logits" if last.startswith("fc") else last]


def _stage(name: str, layer: Layer, row: LayerShape, found: Sequence[Stage]) -> Stage:
    before, output = found[-1], row.output_shape or ()
    kind = _kind(layer, before, output)
    alone = kind != "elementwise" or before.kind == "input"
    windows = layer.row.windows(layer.values, before.output) if layer.row.windows and before.is_map else None
    field = _field(layer, before, windows)
    return Stage(
        name,
        kind,
        layer.kind,
        row.name,
        before.name,
        name if alone else before.head,
        output,
        _folded(output, before if kind == "flatten" else None),
        windows,
        field,
        field is None and row.receptive_field == IMAGE[1:],
        _share(layer),
        layer.parameters,
        row.macs,
    )


def _kind(layer: Layer, before: Stage, output: Shape) -> Kind:
    if layer.row.group == "pooling" and not before.is_map:
        return "other"  # of rows that are no map's
    if layer.kind == "Softmax" and output == (len(CLASSES),):
        return "softmax"
    if layer.row.group == "dropout" or (layer.row.group == "activation" and layer.row.mixes is None):
        return "elementwise"
    return _KINDS.get(layer.kind, "other")


def _field(layer: Layer, before: Stage, windows: Windows | None) -> tuple[Field, Field] | None:
    if before.field is None or layer.row.mixes is not None or not layer.is_known:
        return None
    if layer.row.windows is None:
        return before.field
    return (
        None if windows is None else (before.field[0].behind(windows[0]), before.field[1].behind(windows[1]))
    )


def _share(layer: Layer) -> tuple[int, int]:
    if layer.kind != "Conv2d":
        return 1, 1
    channels = layer.values["in_channels"], layer.values["out_channels"]
    return channels[0] // layer.values["groups"], channels[1] // layer.values["groups"]


def _with_classes(found: Sequence[Stage]) -> Iterator[Stage]:
    """Mark the last stage, and those that it makes class by class into other numbers."""
    last = len(found) - 1
    while found[last].kind in ("elementwise", "softmax") or found[last].function == "LogSoftmax":
        last -= 1
    for place, stage in enumerate(found):
        if place < last:
            yield stage
        else:
            yield replace(stage, classes=True, shape=(1, len(CLASSES), 1))


def _softmax(output: Stage) -> Stage:
    shape, name = (1, len(CLASSES), 1), "softmax"
    return Stage(
        name, "softmax", "", "", output.name, name, output.output, shape, sees_all=True, classes=True
    )


def _folded(output: Shape, flattened: Stage | None) -> tuple[int, int, int]:
    """Channels, rows and columns of a stage as drawn; behind a flatten whole maps where that fits."""
    if len(output) == 3:
        return output[0], output[1], output[2]
    count, folds = math.prod(output), [output] if len(output) == 2 else []
    if flattened is not None and flattened.is_map and len(output) == 1:
        channels, rows, columns = flattened.output
        folds = [(channels, rows * columns), (channels * rows, columns)]
    for fold in folds:
        if max(fold) <= _OBLONG * min(fold):
            return 1, fold[0], fold[1]
    rows = next(rows for rows in range(math.isqrt(count), 0, -1) if count % rows == 0)
    if rows * rows * _OBLONG < count:  # too few divisors: some places stay empty
        columns = math.isqrt(count - 1) + 1
        return 1, -(-count // columns), columns
    return 1, rows, count // rows
