"""Shapes, counts and bytes of a network as text."""

import math

from core.shapes.layers import Merged, Shape


def shape_of(shape: Shape, batch: int) -> str:
    """Format a shape as PyTorch prints it, the batch in front, or one image's where the batch is in it."""
    return str([*shape] if isinstance(shape, Merged) else [batch, *shape])


def amount(count: int) -> str:
    """Format a count for reading: 651,720 or 38.9 M."""
    return (
        f"{count:,}"
        if count < 10**6
        else f"{count / 1e6:,.1f} M"
        if count < 10**9
        else f"{count / 1e9:,.1f} G"
    )


def size_of(number_of_bytes: int) -> str:
    """Format bytes in the largest unit that leaves a number of at least 1."""
    power = min(3, int(math.log(number_of_bytes, 1024))) if number_of_bytes else 0
    value = number_of_bytes / 1024**power
    return f"{value:,.0f} B" if not power else f"{value:,.1f} {('KiB', 'MiB', 'GiB')[power - 1]}"
