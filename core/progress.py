"""Progress of a long computation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units of a stage, whatever the computation counts; `total` is 0 while unknown."""

    done: int
    total: int
    stage: str = ""
