"""Means, ranges and verdicts on numbers that are known."""

import pytest

from core.sweeps.summary import Spread, Verdict, band, spread, verdict


def test_a_spread_is_mean_lowest_and_highest() -> None:
    assert spread([0.5, 0.75, 0.25]) == Spread(0.5, 0.25, 0.75, 3)
    assert spread([]) is None and Spread(0.5, 0.25, 0.75, 3).range == 0.5


def test_a_band_covers_the_curves_that_got_so_far() -> None:
    found = band([{1: 1.0, 2: 3.0}, {1: 2.0, 2: None}, {1: 3.0}])
    assert found == {1: Spread(2.0, 1.0, 3.0, 3), 2: Spread(3.0, 3.0, 3.0, 1)}


@pytest.mark.parametrize(
    ("groups", "kind", "best", "tied"),
    [
        ([[0.60, 0.64]], "alone", 0, ()),
        ([[0.60], [0.70, 0.71]], "one_seed", 1, ()),
        ([[0.60, 0.64], [0.62, 0.63]], "tied", 1, (0,)),  # 0.5 points apart, seeds 4 points
        ([[0.60, 0.61], [0.70, 0.71]], "clear", 1, ()),  # 10 points apart, seeds 1 point
        ([[0.70, 0.71], [0.69, 0.72], [0.1, 0.1]], "some", 0, (1,)),
        ([None, [0.5, 0.6], []], "alone", 1, ()),
        ([[0.25, 0.5], [0.5, 0.75]], "tied", 1, (0,)),  # exactly as far apart as the seeds
    ],
)
def test_groups_differ_by_more_than_their_seeds_or_not(
    groups: list[list[float] | None], kind: str, best: int, tied: tuple[int, ...]
) -> None:
    found = verdict([spread(group or []) for group in groups])
    assert found is not None and (found.kind, found.best, found.tied) == (kind, best, tied)


def test_a_verdict_names_the_numbers_behind_it() -> None:
    assert verdict([Spread(0.5, 0.25, 0.75, 3), Spread(0.25, 0.2, 0.3, 3)]) == Verdict(
        0, (1,), "tied", 0.25, 0.5
    )
    assert verdict([None]) is None
