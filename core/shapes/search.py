"""The size formula in reverse: settings that turn one size into another."""

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
    """Settings with equal padding on both sides that turn `size` cells into `wanted`, the plainest first.

    Plain: no gaps in the kernel, no cell of the input lost, little padding. Pooling pads by at most half its
    kernel.
    """
    found = [
        formula
        for formula in _candidates(size, kernel_size, pool, ceil_mode, dilations)
        if formula.output == wanted
    ]
    return sorted(
        found, key=lambda formula: (formula.dilation, len(formula.unread), formula.before, formula.stride)
    )


def reach(
    size: int,
    kernel_size: int,
    *,
    pool: bool = False,
    ceil_mode: bool = False,
    dilations: Sequence[int] = DILATIONS,
) -> range:
    """Range from the smallest to the largest output of any setting; empty where none fits."""
    outputs = [formula.output for formula in _candidates(size, kernel_size, pool, ceil_mode, dilations)]
    return range(min(outputs), max(outputs) + 1) if outputs else range(0)


def _candidates(
    size: int, kernel_size: int, pool: bool, ceil_mode: bool, dilations: Sequence[int]
) -> Iterator[SizeFormula]:
    for dilation in dilations:
        for padding in PADDINGS:
            if pool and padding > kernel_size // 2:
                break
            for stride in STRIDES:
                formula = SizeFormula(size, kernel_size, stride, padding, padding, dilation, ceil_mode)
                if formula.output >= 1:
                    yield formula
