"""core.optimizers.rankings: single trajectories are the oracle."""

import json
from collections.abc import Generator
from typing import Any

import pytest
import torch

from core.errors import InputError
from core.optimizers.rankings import NEVER, RATES, Ranking, rank, usual_starts
from core.optimizers.surfaces import SURFACES
from core.optimizers.trajectories import trajectory
from core.progress import Progress


def run(work: Generator[Progress, None, Ranking]) -> tuple[list[Progress], Ranking]:
    reports = []
    try:
        while True:
            reports.append(next(work))
    except StopIteration as stop:
        return reports, stop.value


@pytest.mark.parametrize("surface", ["saddle", "bounded-saddle", "rastrigin", "himmelblau"])
def test_each_cell_is_a_race_of_its_own(surface: str) -> None:
    starts, rates, names = (
        usual_starts(surface)[::5],
        (0.003, 0.1, 1.0),
        ("sgd", "nesterov", "rmsprop", "adamw", "radam"),
    )
    reports, found = run(rank(surface, starts, rates, 50, names))
    assert reports[-1] == Progress(15, 15) and len(reports) == 15
    for name, by_rate in zip(names, found.steps.tolist(), strict=True):
        for rate, by_start in zip(rates, by_rate, strict=True):
            for start, step in zip(starts, by_start, strict=True):
                expected = trajectory(name, surface, start, 50, lr=rate).done_at()
                assert step == (NEVER if expected is None else expected), (name, rate, start)


def test_the_ranking_flips() -> None:
    _, found = run(rank("saddle", [(1.0, 1e-3)], (0.01, 0.1), 1300, ("adagrad", "momentum")))
    assert found.first(0, 0) == ["momentum"] and found.first(1, 0) == ["adagrad"]
    assert found.shares() == {"adagrad": 1, "momentum": 1}


def test_a_tie_and_nobody() -> None:
    _, found = run(rank("saddle", [(1.0, 0.5), (1.0, 0.0)], (1.0,), 5, ("adam", "adagrad")))
    assert found.first(0, 0) == ["adam", "adagrad"] and found.first(0, 1) == []


def test_the_usual_table() -> None:
    assert len(RATES) == 10 and RATES[0] == 0.001 and RATES[-1] == 1
    for name, surface in SURFACES.items():
        starts = usual_starts(name)
        assert len(set(starts)) == 16
        left, right, bottom, top = surface.window
        assert all(left <= x <= right and bottom <= y <= top for x, y in starts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"surface": "moon"},
        {"starts": [(0.0, float("nan"))]},
        {"starts": [(0.0, 0.0)] * 65},
        {"rates": ()},
        {"rates": (0.0,)},
        {"steps": 2001},
        {"optimizers": ("nobody",)},
    ],
)
def test_what_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        run(rank(**({"surface": "saddle", "starts": [(1.0, 0.1)], "rates": (0.1,), "steps": 2} | wrong)))


def test_a_ranking_comes_back_from_json() -> None:
    _, found = run(
        rank(
            "saddle",
            starts=[(0.5, 1e-3), (0.5, 0.0)],
            rates=[0.01, 0.1],
            steps=60,
            optimizers=["sgd", "momentum"],
        )
    )
    again = Ranking.from_json("saddle", json.loads(json.dumps(found.to_json())))
    assert torch.equal(again.steps, found.steps) and vars(again) | {"steps": None} == vars(found) | {
        "steps": None
    }
    column = [found.first(rate, start) for rate in range(2) for start in range(2)]
    assert again.cells == 4 and again.unreached == column.count([])
    assert all(set(found.first(rate, 0)) <= set(found.arriving(rate, 0)) for rate in range(2))
