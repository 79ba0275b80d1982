"""Weighted sums written out in full, as text."""

from torch import Tensor

from core.written.numbers import minus


def written_out(values: Tensor, weights: Tensor, names: list[str]) -> str:
    """Write out value × weight of each cell, row by row, with each channel's sum; both tensors [C, k, k]."""
    indent = max(map(_columns, names)) + 1
    longest = max(len(minus(value)) for value in values.flatten().tolist())
    widest = max(len(_signed(weight)) for weight in weights.flatten().tolist())
    lines = []
    for name, patch, plane in zip(names, values, weights, strict=True):
        rows = [
            " + ".join(
                f"{minus(value):>{longest}} × {_signed(weight):<{widest}}"
                for value, weight in zip(*pair, strict=True)
            )
            for pair in zip(patch.tolist(), plane.tolist(), strict=True)
        ]
        lines.append(name + " " * (indent - _columns(name)) + "  " + rows[0])
        lines += [" " * indent + "+ " + row for row in rows[1:]]
        lines.append(" " * indent + f"= {minus(float((patch * plane).double().sum()), 4)}")
    return "\n".join(line.rstrip() for line in lines)


def _signed(weight: float) -> str:
    text = f"{abs(weight):.4f}".rstrip("0").rstrip(".")
    return f"(−{text})" if weight < 0 else text


def _columns(name: str) -> int:
    """Width of a name in columns of a monospaced line; a Chinese character takes two."""
    return sum(1 + (char > "\u2e80") for char in name)
