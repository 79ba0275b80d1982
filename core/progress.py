"""How far a long computation has come."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total`, in whatever unit the computation counts."""

    done: int
    total: int
