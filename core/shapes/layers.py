"""The shape calculator's table of layers: arguments in PyTorch's order, output shape, parameters and MACs.

Imports no torch and allocates nothing; the tests check every row against the torch.nn class of the same name.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InputError, shown
from core.shapes.blocks import BLOCKS
from core.shapes.features import (
    ACTIVATIONS,
    DROPOUTS,
    FLATTENINGS,
    LINEARS,
    NORMALISATIONS,
    OTHER,
    OTHERS,
)
from core.shapes.kinds import (
    LONGEST_NAME,
    MOST_FEATURES,
    MOST_NUMBERS,
    REQUIRED,
    LayerKind,
    Merged,
    Param,
    Shape,
    Values,
)
from core.shapes.maps import CONVOLUTIONS, PADDINGS, POOLINGS, UPSAMPLINGS

__all__ = [
    "LAYERS",
    "LONGEST_NAME",
    "MOST_FEATURES",
    "MOST_NUMBERS",
    "OTHER",
    "REQUIRED",
    "Layer",
    "LayerKind",
    "Merged",
    "Param",
    "Shape",
    "Values",
    "read_numbers",
    "unknown",
]

LAYERS: Mapping[str, LayerKind] = {
    **CONVOLUTIONS,
    **POOLINGS,
    **ACTIVATIONS,
    **NORMALISATIONS,
    **DROPOUTS,
    **FLATTENINGS,
    **LINEARS,
    **BLOCKS,
    **PADDINGS,
    **UPSAMPLINGS,
    **OTHERS,
}
_NEAREST = 6  # names of layers in a sentence


def unknown(kind: object) -> InputError:
    """The refusal of a kind that isn't in the table, with the names most like it."""
    nearest = difflib.get_close_matches(shown(kind), LAYERS, _NEAREST, 0)
    return InputError("layer_unknown", kind=shown(kind), allowed=tuple(nearest))


def read_numbers(text: str, param: Param) -> Any:
    """Numbers of a typed text such as "16, 14, 14", None for an empty one; `Param.checked` refuses the rest.

    One number stays one where the argument may be one.
    """
    parts = re.findall(r"[^\s,，×]+", text.strip("[]()（） "))
    numbers = [int(part) if len(part) < 20 and re.fullmatch(r"-?\d+", part) else part for part in parts]
    return numbers[0] if len(numbers) == 1 and param.kind != "shape" else numbers or None


@dataclass(frozen=True)
class Layer:
    """One layer: a row of LAYERS and the arguments given, under PyTorch's names.

    Raises InputError for an unknown kind, an unknown or missing argument, and a value that no layer of this
    kind takes.
    """

    kind: str
    params: Values

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in LAYERS:
            raise unknown(self.kind)
        known = {param.name: param for param in self.row.params}
        given = dict(self.params)
        for name in given:
            if name not in known:
                raise InputError(
                    "layer_argument_unknown", kind=self.kind, name=shown(name), allowed=tuple(known)
                )
        for name, param in known.items():
            if name not in given and param.default is REQUIRED:
                raise InputError("layer_argument_missing", kind=self.kind, name=name)
        object.__setattr__(
            self, "params", {name: known[name].checked(value) for name, value in given.items()}
        )

    def __hash__(self) -> int:
        return hash((self.kind, frozenset(self.params.items())))

    @property
    def row(self) -> LayerKind:
        """This kind's row in LAYERS."""
        return LAYERS[self.kind]

    @property
    def values(self) -> dict[str, Any]:
        """All arguments, with PyTorch's defaults filled in."""
        return {param.name: self.params.get(param.name, param.default) for param in self.row.params}

    def changed(self, **params: Any) -> "Layer":
        """The same layer with other arguments, those at their defaults left out. Raises InputError."""
        defaults = {param.name: param.default for param in self.row.params}
        merged = {**self.params, **params}
        return Layer(
            self.kind,
            {
                name: value
                for name, value in merged.items()
                if not _equals(value, defaults.get(name, REQUIRED))
            },
        )

    @property
    def is_known(self) -> bool:
        """Whether this is a layer of torch; otherwise only its name, output shape and size are known."""
        return self.kind != OTHER

    @property
    def parameters(self) -> int:
        """Number of learned parameters."""
        return self.row.parameters(self.values)

    def output(self, arriving: Shape) -> Shape | None:
        """Output shape for an input shape, None where it isn't known. Raises InputError as PyTorch does."""
        row = self.row
        if not isinstance(arriving, Merged) or row.merged == "own":
            return row.shape(self.values, arriving)
        if row.merged == "image" and len(arriving) != 3:
            raise InputError("layer_needs_map", kind=self.kind, shape=list(arriving))
        batch, image = (arriving[:1], arriving[1:]) if row.merged == "batch" else ((), tuple(arriving))
        return Merged((*batch, *(row.shape(self.values, image) or ())))


def _equals(value: Any, default: Any) -> bool:
    """Whether both are equal and of the same type: 1 is not True."""
    return type(value) is type(default) and bool(value == default)
