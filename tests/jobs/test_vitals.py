"""core.jobs.vitals: reports read, damaged ones passed over, of a repeated step the later one."""

from typing import Any

import pytest

from core.jobs.history import history
from core.jobs.vitals import LayerVitals, read

LAYER = {"name": "conv1", "activation": 0.5, "dead": None, "gradient": 1e-3, "weight": 2.0, "update": None}
EVENT: dict[str, Any] = {
    "type": "vitals",
    "step": 10,
    "epoch": 1,
    "lr": 0.1,
    "loss": None,
    "images": 16,
    "classes": 9,
    "inputs": [0.1, 0.9],
    "validation": [0.1, None],
    "lowest": -1,
    "sums": [-2.0, 3.0],
    "spread": 0.0,
    "leftover": 0.0,
    "layers": [LAYER],
}


def test_a_whole_report_is_read() -> None:
    found = read(EVENT)
    assert found is not None and found.layers == [LayerVitals("conv1", 0.5, None, 1e-3, 2.0, None)]
    assert (found.step, found.loss, found.validation) == (10, None, (0.1, None))


@pytest.mark.parametrize(
    "damage",
    [
        {"step": "10"},
        {"step": -1},
        {"step": True},
        {"classes": 1.5},
        {"lr": "high"},
        {"loss": [1.0]},
        {"inputs": 0.5},
        {"inputs": [1.0, 2.0, 3.0]},
        {"sums": ["a", "b"]},
        {"layers": 3},
        {"layers": [1]},
        {"layers": [{"name": "conv1"}]},
        {"layers": [LAYER | {"name": 1}]},
        {"layers": [LAYER | {"dead": "1"}]},
        {"layers": None},
    ],
)
def test_a_damaged_report_is_passed_over(damage: dict[str, Any]) -> None:
    assert read(EVENT | damage) is None
    assert history([EVENT | damage]).vitals == []


@pytest.mark.parametrize("name", [name for name in EVENT if name != "type"])
def test_a_report_without_one_of_its_numbers_is_damaged(name: str) -> None:
    assert read({key: value for key, value in EVENT.items() if key != name}) is None


def test_of_a_step_taken_twice_the_later_report_counts() -> None:
    again = EVENT | {"loss": 2.0}
    assert history([EVENT | {"step": 50}, EVENT, again]).vitals == [read(again), read(EVENT | {"step": 50})]
