"""How far a long computation has come."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` of one stage, in whatever unit the computation counts; total is 0 while it isn't known."""

    done: int
    total: int
    stage: str = ""
