"""Whether settings differ by more than their seeds do, in words instead of a ranking."""

from collections.abc import Sequence

from core.sweeps.summary import Spread, verdict
from pages.app.language import PageWords
from pages.app.punctuation import listed

words = PageWords("training")


def judged(names: Sequence[str], groups: Sequence[Spread | None]) -> str:
    """A sentence on groups of seeds of these names; an empty one where too few have finished."""
    found = verdict(groups)
    if found is None:
        return ""
    best = groups[found.best]
    assert best is not None
    if found.kind == "alone" and best.count < 2:
        return ""
    if found.kind == "alone":
        return words(
            "verdict.alone", low=percent(best.low), high=percent(best.high), spread=points(best.range)
        )
    values = {
        "best": names[found.best],
        "score": percent(best.mean),
        "tied": listed(names[index] for index in found.tied),
        "gap": points(found.gap),
        "spread": points(found.spread),
    }
    return words(f"verdict.{found.kind}", **values)


def mean_and_range(group: Spread | None) -> str:
    """The mean of a group in per cent, with half its range; the value alone of a single seed, or a dash."""
    if group is None:
        return "–"
    return percent(group.mean) if group.count == 1 else f"{percent(group.mean)} ± {points(group.range / 2)}"


def percent(share: float) -> str:
    """A share in per cent."""
    return f"{100 * share:.1f}%"


def points(share: float) -> str:
    """A difference of shares in points of per cent."""
    return f"{100 * share:.1f}"
