"""The clinic's lr range test and its initial weights: computed, shown in both languages, and bad links."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.diagnosis.initialisation import INITIALISATIONS
from core.jobs import JobSpec
from core.training.config import TrainConfig, recipe
from pages.app.services import jobs
from pages.panels.diagnosis.initialisation import amount
from pages.panels.diagnosis.lr_range import settings_link
from tests.conftest import Lab
from tests.support.visit import choose, errors, press, shows, texts, until, visit, words

RANGE = {"diagnosis__tab__open": "lr_range"}
SMALL = {"diagnosis__lr_range__batch_size": "8", "diagnosis__lr_range__optimizer": "adam"}
START = "diagnosis.lr_range.start"
WEIGHTS = {"diagnosis__tab__open": "initialisation"}


def option(at: AppTest, key: str) -> Any:
    return json.loads(at.get_by_key(key).proto.spec)


def submitted(lab: Lab, config: TrainConfig, owner: str = "local") -> str:
    params = {"config": config.to_json(), "data_set": "sketches", "root_dir": str(lab.sketches)}
    run = jobs().submit(JobSpec("train", params, owner))
    jobs().cancel(run.id, owner)
    return run.id


def test_the_range_is_found_and_leads_to_the_training(lab: Lab) -> None:
    at = visit("diagnosis", **RANGE, **SMALL)
    press(at, START)
    until(at, lambda at: shows(at, "diagnosis.lr_range.chart"))
    assert not errors(at) and not shows(at, START)
    (suggested,) = (
        line["markLine"]["data"][0]["xAxis"] for line in option(at, "diagnosis.lr_range.chart")["series"][1:]
    )
    sentences = " ".join(texts(at))
    assert f"Try **{suggested:.2g}**" in sentences and words("diagnosis")("notice.lr_range") in sentences
    chinese = visit("diagnosis", "zh", **RANGE, **SMALL)
    assert not errors(chinese) and f"**{suggested:.2g}**" in " ".join(texts(chinese))
    assert words("diagnosis", "zh")("lr_range.band") in " ".join(texts(chinese))
    press(at, "diagnosis.lr_range.train")
    assert at.title[0].value == words("training")("title")
    values = {name: at.get_by_key(f"training.{name}").value for name in ("lr", "optimizer", "batch_size")}
    assert values == {"lr": suggested, "optimizer": "adam", "batch_size": 8}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_own_run_brings_its_settings(trained: Lab, language: str) -> None:
    config = recipe("tutorial", optimizer="rmsprop", batch_size=24, hyper={"alpha": 0.9})
    run = submitted(trained, config)  # stopped before it kept any weights
    at = visit("diagnosis", language, **RANGE)
    assert len(at.get_by_key("diagnosis.lr_range.run").options) == 4 and not errors(at)
    choose(at, "diagnosis.lr_range.run", run)
    found = [at.get_by_key(f"diagnosis.lr_range.{name}").value for name in ("optimizer", "batch_size")]
    assert found == ["rmsprop", 24] and not shows(at, "diagnosis.lr_range.data_set") and shows(at, START)
    choose(at, "diagnosis.lr_range.run", "lenet")
    found = [at.get_by_key(f"diagnosis.lr_range.{name}").value for name in ("optimizer", "batch_size")]
    assert found == ["nesterov", 128] and shows(at, "diagnosis.lr_range.data_set")


def test_links_to_runs(trained: Lab) -> None:
    other = submitted(trained, recipe("fast", batch_size=77), "somebody")
    at = visit(
        "diagnosis", **RANGE, diagnosis__lr_range__run=other
    )  # anybody's link shows a run, as in training
    assert at.get_by_key("diagnosis.lr_range.batch_size").value == 77 and not errors(at)
    for language in ("en", "zh"):
        at = visit("diagnosis", language, **RANGE, diagnosis__lr_range__run="<b>none</b>" * 50)
        assert len(errors(at)) == 1 and "none" in errors(at)[0] and len(errors(at)[0]) < 250
        assert at.get_by_key("diagnosis.lr_range.run").value == "lenet" and shows(at, START)


def test_a_damaged_run_is_one_sentence(trained: Lab) -> None:
    run = next(trained.runs.glob("2*"))
    (run / "spec.json").write_text("{")
    at = visit("diagnosis", **RANGE, diagnosis__lr_range__run=run.name)
    assert errors(at) == [words("errors")("run_damaged", run=run.name)]
    assert at.get_by_key("diagnosis.lr_range.run").value == "lenet" and shows(at, START)


@pytest.mark.parametrize(
    ("link", "count"),
    [
        ({"diagnosis__lr_range__batch_size": "0"}, 1),
        ({"diagnosis__lr_range__batch_size": "many"}, 1),
        ({"diagnosis__lr_range__optimizer": "magic"}, 0),
        ({"diagnosis__lr_range__data_set": "imagenet"}, 0),
    ],
)
def test_bad_links_leave_the_defaults(lab: Lab, link: dict[str, str], count: int) -> None:
    at = visit("diagnosis", **RANGE, **link)
    assert len(errors(at)) == count and shows(at, START)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_network_that_is_too_slow_is_refused_before_it_begins(trained: Lab, language: str) -> None:
    wide = (
        "Conv2d(3,512,3,padding=1),ReLU(),Conv2d(512,512,3,padding=1),MaxPool2d(32),Flatten(),Linear(512,10)"
    )
    run = submitted(trained, recipe("fast", network=wide))
    at = visit("diagnosis", language, **RANGE, diagnosis__lr_range__run=run)
    assert len(errors(at)) == 1 and "15" in errors(at)[0] and not shows(at, START)


def test_a_batch_larger_than_the_split_is_refused(lab: Lab) -> None:
    at = visit("diagnosis", **RANGE, diagnosis__lr_range__batch_size="8000")
    press(at, START)
    until(at, lambda at: errors(at))
    assert errors(at) == [words("errors")("batch_too_large", batch_size=8000, images=900)] and shows(
        at, START
    )


@pytest.mark.parametrize(
    "config",
    [
        recipe("fast", lr=0.03, seed=5, train_size=500, wrong_labels=0.25),
        recipe("tutorial", optimizer="adam", hyper={"beta1": 0.8}, flip=True, crop=2, shuffle=False),
        recipe("fast", network="Flatten(),Linear(3072,10)", weight_decay=0.125, schedule="cosine"),
    ],
)
def test_the_link_to_the_training_holds_all_settings(lab: Lab, config: TrainConfig) -> None:
    at = visit(
        "training",
        **{key.replace(".", "__"): value for key, value in settings_link(config, "sketches").items()},
    )
    press(at, "training.train")
    run = at.get_by_key("training.run").value
    jobs().cancel(run, "local")
    assert TrainConfig.from_json(jobs().get(run).params["config"]) == config


# Initial weights


def test_six_initial_weights_are_compared(lab: Lab) -> None:
    at = visit("diagnosis", **WEIGHTS)
    press(at, "diagnosis.initialisation.start")
    until(at, lambda at: shows(at, "diagnosis.initialisation.activations"))
    assert not errors(at)
    for language in ("en", "zh"):
        text = words("diagnosis", language)
        at = visit("diagnosis", language, **WEIGHTS)
        outcome, activations, gradients = (table.value for table in at.table)
        names = [text(f"initialisation.{name}") for name in INITIALISATIONS]
        for table in (outcome, activations, gradients):
            assert list(table[text("initialisation.weights")]) == names
        units = list(outcome[text("initialisation.units")])
        assert units[:2] == [text("initialisation.of", count=4, total=226)] * 2
        assert next(iter(outcome[text("initialisation.loss_before")])) == "2.303"
        assert list(activations.iloc[0])[1:] == ["0"] * 5 and list(gradients.iloc[0])[1:5] == ["0"] * 4
        assert text("notice.initialisation") in " ".join(texts(at)) and not errors(at)
    lines = {
        line["name"]: line["data"] for line in option(at, "diagnosis.initialisation.activations")["series"]
    }
    assert lines[names[0]] == [None] * 5 and all(lines[names[4]])
    choose(at, "diagnosis.initialisation.step", "after")
    later = option(at, "diagnosis.initialisation.activations")["series"]
    large = list(at.table[1].value.iloc[2])[1:]
    assert set(large) == {"–"} or "–" not in large
    assert "{" not in " ".join(texts(at))
    assert {line["name"]: line["data"] for line in later} != lines


@pytest.mark.parametrize("link", [{"seed": "-1"}, {"seed": "1e99"}, {"step": "never"}, {"data_set": "<b>"}])
def test_bad_links_to_initial_weights(lab: Lab, link: dict[str, str]) -> None:
    at = visit(
        "diagnosis", **WEIGHTS, **{f"diagnosis__initialisation__{key}": text for key, text in link.items()}
    )
    assert len(errors(at)) == ("seed" in link) and shows(at, "diagnosis.initialisation.start")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (4.6e-8, "≈ 0"), (None, "∞"), (0.0767, "0.0767"), (16_800.4, "16,800"), (1.5e22, "2e+22")],
)
def test_numbers_of_any_size_fit_a_cell(value: float | None, shown: str) -> None:
    assert amount(value) == shown
