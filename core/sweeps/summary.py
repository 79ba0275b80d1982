"""What the cells of a sweep say together: means and ranges over seeds, and whether a difference counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from core.sweeps.config import Sweep


@dataclass(frozen=True)
class Spread:
    """Mean, lowest and highest of a few numbers, and how many there are."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def range(self) -> float:
        """Distance from the lowest to the highest."""
        return self.high - self.low


def spread(values: Iterable[float]) -> Spread | None:
    """Summarise the numbers; None for none."""
    found = list(values)
    return Spread(fmean(found), min(found), max(found), len(found)) if found else None


def band(curves: Iterable[Mapping[int, float | None]]) -> dict[int, Spread]:
    """The spread of several curves at each epoch, over those that got so far and were finite there."""
    found: dict[int, list[float]] = {}
    for curve in curves:
        for epoch, value in curve.items():
            if value is not None:
                found.setdefault(epoch, []).append(value)
    return {epoch: Spread(fmean(row), min(row), max(row), len(row)) for epoch, row in sorted(found.items())}


@dataclass(frozen=True)
class Verdict:
    """The group with the highest mean, those that can't be told from it, and those below it.

    `gap` is the largest difference of means that is no more than the spread, `spread` that spread, both of
    one pair. `kind` is "alone", "one_seed", "tied", "some" or "clear".
    """

    best: int
    tied: tuple[int, ...] = ()
    kind: str = "alone"
    gap: float = 0.0
    spread: float = 0.0


def verdict(groups: Sequence[Spread | None]) -> Verdict | None:
    """Compare groups by the spread between seeds; None where no group has finished.

    Two groups differ if their means lie further apart than the seeds of either: with the larger of the two
    ranges. With a single seed nothing is known of that.
    """
    known = {index: group for index, group in enumerate(groups) if group is not None}
    if not known:
        return None
    best = max(known, key=lambda index: known[index].mean)
    others = {index: group for index, group in known.items() if index != best}
    if not others:
        return Verdict(best)
    if any(group.count < 2 for group in known.values()):
        return Verdict(best, kind="one_seed")
    pairs = {
        index: (known[best].mean - group.mean, max(known[best].range, group.range))
        for index, group in others.items()
    }
    tied = tuple(index for index, (gap, noise) in pairs.items() if gap <= noise)
    if not tied:
        nearest = min(pairs.values())
        return Verdict(best, kind="clear", gap=nearest[0], spread=nearest[1])
    widest = max(pairs[index] for index in tied)
    return Verdict(best, tied, "tied" if len(tied) == len(others) else "some", *widest)


def groups(sweep: Sweep, scores: Mapping[int, float]) -> list[Spread | None]:
    """The spread of the scores at each point of a sweep; `scores` are by cell, of those that have one."""
    return [
        spread(scores[cell.index] for cell in sweep.group(point) if cell.index in scores)
        for point in sweep.points
    ]
