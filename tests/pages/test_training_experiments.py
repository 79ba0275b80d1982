"""Data experiments on the training page: set, kept in the run, said in its name, brought back by Reset."""

import pytest

from core.training.config import TrainConfig
from pages.app.services import jobs
from tests.conftest import Lab
from tests.support.visit import press, until, visit, words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_done_to_the_data_is_said_in_the_name_of_the_run(lab: Lab, language: str) -> None:
    shared = words("shared", language)
    link = {
        "training__train_size": "200",
        "training__wrong_labels": "12.5",
        "training__imbalance": "1.5",
        "training__shuffle": "false",
    }
    at = visit("training", language, training__epochs="1", **link)
    press(at, "training.train")
    until(at, lambda at: jobs().get(at.get_by_key("training.run").value).state == "done")
    run = jobs().get(at.get_by_key("training.run").value)
    config = TrainConfig.from_json(run.params["config"])
    assert (config.train_size, config.wrong_labels, config.imbalance, config.shuffle) == (
        200,
        0.125,
        1.5,
        False,
    )
    named = at.get_by_key("training.run").format_func(run.id)
    said = {
        "train_size": 200,
        "wrong_labels": 12.5,
        "imbalance": 1.5,
        "shuffle": False,
    }
    assert shared("recipe.fast") in named
    for field, value in said.items():
        assert shared(f"run.{field}", value=value) in named
    at = press(visit("training", language, training__run=run.id), "training.reset")
    shown = {name: at.get_by_key(f"training.{name}").value for name in said}
    assert shown == said
