"""Comparison of what a file of weights declares with what a network expects, name by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.files.candidates import Shapes, TensorInfo


class Mark(StrEnum):
    """Relation of a name on one side to the other side."""

    SAME = "same"
    MISSING = "missing"  # expected, not in the file
    UNEXPECTED = "unexpected"  # in the file, not expected
    SHAPE = "shape"
    DTYPE = "dtype"


@dataclass(frozen=True)
class Row:
    """Comparison of one name; a shape is None on the side that lacks the name."""

    name: str
    expected: tuple[int, ...] | None
    found: tuple[int, ...] | None
    dtype: str
    mark: Mark


def differences(expected: Shapes, found: Iterable[TensorInfo]) -> tuple[Row, ...]:
    """A row for each name of the network, in order, then one for each name that only the file has.

    float32 is expected.
    """
    tensors = {tensor.name: tensor for tensor in found}
    rows = [_row(name, shape, tensors.get(name)) for name, shape in expected.items()]
    extra = [
        Row(name, None, tensor.shape, tensor.dtype, Mark.UNEXPECTED)
        for name, tensor in tensors.items()
        if name not in expected
    ]
    return (*rows, *extra)


def _row(name: str, shape: tuple[int, ...], found: TensorInfo | None) -> Row:
    if found is None:
        return Row(name, shape, None, "", Mark.MISSING)
    mark = Mark.SHAPE if found.shape != shape else Mark.SAME if found.dtype == "float32" else Mark.DTYPE
    return Row(name, shape, found.shape, found.dtype, mark)
