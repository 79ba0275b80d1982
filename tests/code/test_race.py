"""core.code.race: the exported script is executed, and its points are the arena's, bit for bit."""

import contextlib
import io
from collections.abc import Iterator, Mapping
from typing import Any

import matplotlib.pyplot as plt
import pytest
import torch

from core.code.notebook import of_program
from core.code.race import race_printed, race_program
from core.code.settings import settings
from core.errors import InputError
from core.optimizers import OPTIMIZERS
from core.optimizers.surfaces import SURFACES
from core.optimizers.trajectories import trajectory
from core.text import LANGUAGES
from tests.support.programs import executed, judged

RACES: Mapping[str, dict[str, Any]] = {
    **{
        surface: {
            "surface": surface,
            "start": row.start,
            "steps": 30,
            "noise": 0.0,
            "seed": 0,
            "hyper": {name: {"lr": 0.01} for name in OPTIMIZERS},
        }
        for surface, row in SURFACES.items()
    },
    "noise": {
        "surface": "bounded-saddle",
        "start": (1.5, 0.0),
        "steps": 60,
        "noise": 0.05,
        "seed": 7,
        "hyper": {"sgd": {"lr": 0.02}, "adam": {"lr": 0.02}, "adamw": {"lr": 0.1, "weight_decay": 0.3}},
    },
    "hyper": {
        "surface": "himmelblau",
        "start": (-999.123456789, 1e-3),
        "steps": 20,
        "noise": 0.0,
        "seed": 0,
        "hyper": {
            "nadam": {"lr": 0.123456789, "beta1": 0.512345678, "beta2": 0.76543210987, "momentum_decay": 0.1},
            "nesterov": {"lr": 1e-8, "momentum": 0.01},
            "adam": {},
        },
    },
    "gone": {
        "surface": "rosenbrock",
        "start": (-1.2, 1.0),
        "steps": 12,
        "noise": 0.0,
        "seed": 0,
        "hyper": {"sgd": {"lr": 1.0}},
    },
    "no step": {
        "surface": "ravine",
        "start": (1.0, 1.0),
        "steps": 0,
        "noise": 0.0,
        "seed": 0,
        "hyper": {"rmsprop": {"lr": 1.0}},
    },
}


@pytest.fixture
def no_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    plt.switch_backend("agg")
    monkeypatch.setattr(plt, "show", lambda: None)
    yield
    plt.close("all")


@pytest.mark.parametrize("name", RACES)
@pytest.mark.usefixtures("no_window")
def test_the_script_takes_the_same_path_bit_for_bit(name: str) -> None:
    race = dict(RACES[name])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        found = executed(race_program(**race, language="en").script)
    hyper = race.pop("hyper")
    paths = [trajectory(optimizer, **race, **own) for optimizer, own in hyper.items()]
    assert len(found["paths"]) == len(paths)
    for points, path in zip(found["paths"].values(), paths, strict=True):
        assert torch.equal(points.nan_to_num(12345), path.points.nan_to_num(12345))
    if name not in ("gone", "hyper"):
        assert printed.getvalue() == race_printed(paths)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RACES)
def test_script_and_notebook_are_short_and_in_one_language(name: str, language: str) -> None:
    judged(lambda: race_program(**RACES[name], language=language), language)


def test_a_notebook_of_a_race_holds_no_settings_of_a_training() -> None:
    book = of_program(race_program(**RACES["noise"], language="en"), "en", "http://localhost")
    with pytest.raises(InputError) as refused:
        settings(book)
    assert refused.value.key == "notebook_foreign"
