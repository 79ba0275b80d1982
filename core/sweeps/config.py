"""Checked settings of a sweep: a training's, the values of one setting or two, and the seeds. No torch."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

from core.checks import one_of, settings
from core.errors import InputError, shown
from core.shapes.code import from_short, short
from core.shapes.network import PRESETS
from core.sweeps.width import widened, widths
from core.training.config import TrainConfig

MOST_CELLS = 40
MOST_AXES = 2
CROP = 4  # pixels of the shift where augmentation is on, as in He et al. 2015, section 4.2
LENET = short(PRESETS["lenet"].layers)

Value = bool | int | float


@dataclass(frozen=True)
class Axis:
    """A setting and the values that it takes in turn; `layer` names the one whose width changes.

    Raises InputError for an unknown setting, no values, and a value that is no number.
    """

    name: str
    values: tuple[Value, ...]
    layer: str = ""

    def __post_init__(self) -> None:
        one_of("axis", self.name, AXES)
        values = self.values
        if not isinstance(values, list | tuple) or not values:
            raise InputError("sweep_empty", name=self.name)
        if not isinstance(self.layer, str) or bool(self.layer) != (self.name == "width"):
            raise InputError("setting_wrong", name="layer", value=shown(self.layer), allowed=("conv1", "fc1"))
        if any(type(value) not in (bool, int, float) for value in values):
            raise InputError("setting_wrong", name=self.name, value=shown(values), allowed=("0.1", "0.01"))
        object.__setattr__(self, "values", tuple(values))

    @property
    def key(self) -> str:
        """The setting, with its layer where it has one: lr, width:conv1."""
        return f"{self.name}:{self.layer}" if self.layer else self.name

    def apply(self, config: TrainConfig, value: Value) -> TrainConfig:
        """The training with this value. Raises InputError for one that is not allowed."""
        return AXES[self.name](config, self, value)


def _plain(config: TrainConfig, axis: Axis, value: Value) -> TrainConfig:
    change: dict[str, Any] = {axis.name: value}
    return replace(config, **change)


def _augmented(config: TrainConfig, axis: Axis, value: Value) -> TrainConfig:
    on = bool(one_of("augmentation", value, (True, False)))
    return replace(config, flip=on, crop=(config.crop or CROP) if on else 0)


def _widened(config: TrainConfig, axis: Axis, value: Value) -> TrainConfig:
    if isinstance(value, bool):
        raise InputError("setting_wrong", name="width", value=shown(value), allowed=("6", "16"))
    network = short(widened(layers_of(config), axis.layer, value))  # type: ignore[arg-type]
    return replace(config, network="" if network == LENET else network)


AXES: Mapping[str, Callable[[TrainConfig, Axis, Value], TrainConfig]] = {
    **dict.fromkeys(("lr", "batch_size", "weight_decay", "train_size"), _plain),
    "augmentation": _augmented,
    "width": _widened,
}


def layers_of(config: TrainConfig) -> tuple[Any, ...]:
    """The layers of a training's network."""
    return from_short(config.network or LENET)


def layer_names(config: TrainConfig) -> Mapping[str, int]:
    """The layers whose width can change, with the width that they have."""
    return widths(layers_of(config))


@dataclass(frozen=True)
class Cell:
    """One training of a sweep: its place in the order, its value on each axis, and its settings."""

    index: int
    point: tuple[Value, ...]
    config: TrainConfig


@dataclass(frozen=True)
class Sweep:
    """A training with several seeds, at every combination of the axes' values.

    Raises InputError for a refused setting, more than MOST_CELLS cells, and one axis or seed twice.
    """

    base: TrainConfig
    axes: tuple[Axis, ...] = ()
    seeds: tuple[int, ...] = (0,)
    cells: tuple[Cell, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "seeds", tuple(self.seeds))
        if len(self.axes) > MOST_AXES:
            raise InputError("sweep_axes", axes=len(self.axes), most=MOST_AXES)
        count = prod(len(axis.values) for axis in self.axes) * len(self.seeds)
        if count > MOST_CELLS:
            raise InputError("sweep_cells", cells=count, most=MOST_CELLS)
        _require_different("axis", [axis.key for axis in self.axes])
        if not self.seeds:
            raise InputError("sweep_empty", name="seed")
        # The seeds one after another: every combination is soon seen once.
        combined = enumerate(product(self.seeds, self.points))
        cells = tuple(Cell(index, point, self._config(point, seed)) for index, (seed, point) in combined)
        object.__setattr__(self, "cells", cells)
        for axis in self.axes:
            _require_different(axis.name, [_written(axis.apply(self.base, value)) for value in axis.values])
        _require_different("seed", [cell.config.seed for cell in cells[:: len(self.points)]])

    @property
    def points(self) -> list[tuple[Value, ...]]:
        """Every combination of the axes' values; a single empty one without axes."""
        return list(product(*(axis.values for axis in self.axes)))

    @property
    def epochs(self) -> int:
        """Epochs of each cell."""
        return self.base.epochs

    @property
    def seed(self) -> int:
        """The first seed."""
        return self.seeds[0]

    def group(self, point: tuple[Value, ...]) -> list[Cell]:
        """The cells of a combination, one a seed."""
        return [cell for cell in self.cells if cell.point == point]

    def named(self, point: Sequence[Value]) -> list[str]:
        """The values of a point, each behind its setting as code names it: lr = 0.1, conv1 = 6."""
        pairs = zip(self.axes, point, strict=True)
        return [f"{axis.layer or axis.name} = {_code(value)}" for axis, value in pairs]

    def _config(self, point: Sequence[Value], seed: int) -> TrainConfig:
        config = replace(self.base, seed=seed)
        for axis, value in zip(self.axes, point, strict=True):
            config = axis.apply(config, value)
        return config

    def to_json(self) -> dict[str, Any]:
        """Settings as plain lists, numbers and strings."""
        axes = [
            {"name": axis.name, "values": list(axis.values)} | ({"layer": axis.layer} if axis.layer else {})
            for axis in self.axes
        ]
        return {"base": self.base.to_json(), "axes": axes, "seeds": list(self.seeds)}

    @classmethod
    def from_json(cls, values: object) -> "Sweep":
        """Read the sweep that `to_json` wrote. Raises InputError for anything else."""
        try:
            return _parsed(json.dumps(values))
        except (TypeError, ValueError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("setting_wrong", name="sweep", value=shown(values), allowed="{}") from error


@lru_cache(maxsize=128)  # every list of runs names each again and again
def _parsed(text: str) -> Sweep:
    values = settings(json.loads(text), ("base", "axes", "seeds"))
    axes, seeds = values.get("axes", []), values.get("seeds", [0])
    for name, found in (("axes", axes), ("seeds", seeds)):
        if not isinstance(found, list):
            raise InputError("setting_wrong", name=name, value=shown(found), allowed="[]")
    if len(axes) > MOST_AXES:
        raise InputError("sweep_axes", axes=len(axes), most=MOST_AXES)
    known = [row.name for row in fields(Axis)]
    read = [Axis(**{"name": "", "values": (), **settings(axis, known)}) for axis in axes]
    return Sweep(TrainConfig.from_json(values.get("base", {})), tuple(read), tuple(seeds))


def repeated(base: TrainConfig, count: int, axes: Sequence[Axis] = ()) -> Sweep:
    """The sweep with so many seeds, from the training's own on. Raises InputError."""
    return Sweep(base, tuple(axes), tuple(range(base.seed, base.seed + count)))


def _code(value: Value) -> str:
    return str(value) if isinstance(value, bool) else f"{value:g}"


def _written(config: TrainConfig) -> str:
    return json.dumps(config.to_json(), sort_keys=True)


def _require_different(name: str, values: Sequence[Any]) -> None:
    if len(set(values)) < len(values):
        raise InputError("sweep_twice", name=name)
