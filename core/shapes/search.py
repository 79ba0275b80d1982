"""The size formula backwards: which settings turn one size into another."""

from collections.abc import Iterator, Sequence

from core.shapes.formula import SizeFormula

STRIDES = tuple(range(1, 9))
PADDINGS = tuple(range(11))
DILATIONS = tuple(range(1, 5))


def reaching(
    size: int,
    wanted: int,
    kernel_size: int,
    *,
    pool: bool = False,
    ceil_mode: bool = False,
    dilations: Sequence[int] = DILATIONS,
) -> list[SizeFormula]:
    """The settings with equal padding on both sides that make `wanted` cells of `size`, the plainest first.

    Plain: no gaps in the kernel, no cell of the input lost, little padding. A pooling has at most half its kernel of padding.
    """
    found = [
        row for row in _candidates(size, kernel_size, pool, ceil_mode, dilations) if row.output == wanted
    ]
    return sorted(found, key=lambda row: (row.dilation, len(row.unread), row.before, row.stride))


def reach(
    size: int,
    kernel_size: int,
    *,
    pool: bool = False,
    ceil_mode: bool = False,
    dilations: Sequence[int] = DILATIONS,
) -> range:
    """From the smallest to the largest output that any of the settings gives; empty where none fits."""
    outputs = [row.output for row in _candidates(size, kernel_size, pool, ceil_mode, dilations)]
    return range(min(outputs), max(outputs) + 1) if outputs else range(0)


def _candidates(
    size: int, kernel_size: int, pool: bool, ceil_mode: bool, dilations: Sequence[int]
) -> Iterator[SizeFormula]:
    for dilation in dilations:
        for padding in PADDINGS:
            if pool and padding > kernel_size // 2:
                break
            for stride in STRIDES:
                row = SizeFormula(size, kernel_size, stride, padding, padding, dilation, ceil_mode)
                if row.output >= 1:
                    yield row
