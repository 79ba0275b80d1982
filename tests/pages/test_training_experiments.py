"""Data experiments on the training page: set, kept in the run, said in its name, brought back by Reset."""

import pytest

from core.files.epochs import epoch_files
from core.training.config import TrainConfig
from pages.app.services import jobs
from pages.shared.runs import history_of
from tests.conftest import Lab
from tests.support.visit import healthy, press, texts, until, visit, words


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


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_run_that_stops_early_says_so_and_which_epoch_was_best(lab: Lab, language: str) -> None:
    text = words("training", language)
    link = {"training__epochs": "9", "training__patience": "2", "training__lr": "1e-06"}
    at = visit("training", language, training__train_size="128", training__schedule="constant", **link)
    press(at, "training.train")
    until(at, lambda at: jobs().get(at.get_by_key("training.run").value).state == "done")
    run = jobs().get(at.get_by_key("training.run").value)
    course = history_of(run)
    assert course.best and course.epochs[-1].epoch < 9
    sentence = text(
        "state.done.early",
        epoch=course.epochs[-1].epoch,
        epochs=9,
        patience=2,
        best=course.best.epoch,
        accuracy=f"{100 * course.best.validation_accuracy:.1f}",
    )
    at = visit("training", language, training__run=run.id)
    assert sentence in texts(at) and text("state.done") not in texts(at)
    assert epoch_files(run.folder)[course.best.epoch].exists()
    assert press(at, "training.reset").get_by_key("training.patience").value == 2
    at = visit("training", language, training__patience="-3", training__run=run.id)
    assert at.get_by_key("training.patience").value == 0


def test_a_run_with_patience_says_how_long_it_has_waited(lab: Lab) -> None:
    text, link = words("training"), {"training__epochs": "1000", "training__patience": "999"}
    at = visit("training", training__train_size="128", **link)
    press(at, "training.train")
    run_id = at.get_by_key("training.run").value
    until(at, lambda at: len(history_of(jobs().get(run_id)).epochs) > 2)
    press(at, "training.pause")
    until(at, lambda at: jobs().get(run_id).state == "paused")
    course = history_of(jobs().get(run_id))
    assert course.best
    waited = course.epochs[-1].epoch - course.best.epoch
    bar = healthy(at.run()).get("progress")[0].text
    assert text("progress.patience", waited=waited, patience=999) in bar
