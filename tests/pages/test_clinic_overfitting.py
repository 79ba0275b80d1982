"""Overfitting in the clinic: the run and its cures, the limits of the queue, links, runs that failed."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.diagnosis.cures import CURES, UNTREATED, effect, training
from core.jobs import JobService, Run
from core.jobs.history import Epoch, History
from pages.app.services import jobs
from pages.panels.diagnosis import admission, overfitting
from pages.shared.runs import history_of
from tests.conftest import Lab
from tests.support.visit import errors, healthy, press, shows, texts, until, visit, words

BUTTON = "diagnosis.cure."


def clinic(language: str = "en", **link: str) -> AppTest:
    return visit("diagnosis", language, diagnosis__tab__open="overfitting", **link)


def disabled(at: AppTest) -> dict[str, bool]:
    return {cure: at.button(key=BUTTON + cure).disabled for cure in (UNTREATED, *CURES)}


def lessons() -> list[Run]:
    """The trainings of the clinic, oldest first."""
    return [run for run in reversed(jobs().list("local")) if run.entry == "clinic"]


@pytest.mark.parametrize("language", ["zh"])  # in English by tests/browser/test_clinic_overfitting.py
def test_overfit_and_cure(lab: Lab, language: str) -> None:
    text, shared = words("diagnosis", language), words("shared", language)
    at = clinic(language, diagnosis__epochs="2")
    assert text("overfitting.first") in texts(at)
    assert disabled(at) == {UNTREATED: False} | dict.fromkeys(CURES, True)
    for cure in (UNTREATED, "more_data", "early_stopping"):
        press(at, BUTTON + cure)
    assert [run.params["config"] for run in lessons()] == [
        training(cure, 2).to_json() for cure in (UNTREATED, "more_data", "early_stopping")
    ]
    assert errors(press(at, BUTTON + "dropout")) == [words("errors", language)("queue_owner_full", limit=2)]
    assert len(lessons()) == 3 and disabled(at)["dropout"] is False
    until(at, lambda at: all(run.state == "done" for run in lessons()))
    healthy(at.run())
    table = at.table[0].value.to_numpy().tolist()
    assert [row[0] for row in table] == [
        text(f"overfitting.cure.{cure}") for cure in (UNTREATED, "more_data", "early_stopping")
    ]
    first, second = (history_of(run) for run in lessons()[:2])
    found = effect(first, second)
    assert found is not None
    sentence = next(
        line for line in texts(at) if line.startswith(f"**{text('overfitting.cure.more_data')}**")
    )
    for share in (found.gap_before, found.gap_after, found.best_before, found.best_after, abs(found.change)):
        assert f"{100 * share:.1f}" in sentence
    assert (
        shared("state.done") in table[0][1] and disabled(at)["more_data"] is True
    )  # shown, not trained again
    name = text("overfitting.cure.early_stopping")
    bests = dict.fromkeys(("was", "now"), f"{100 * found.best_before:.1f}")
    assert text("overfitting.unstopped", cure=name, epochs=2, patience=10, **bests) in texts(at)
    assert len(list(at.get("echarts_chart"))) == 2


def test_lessons_stay_out_of_the_list_of_trainings(trained: Lab) -> None:
    at = press(clinic(diagnosis__epochs="1"), BUTTON + UNTREATED)
    run = lessons()[0]
    at = visit("training")
    assert run.id not in at.get_by_key("training.run").options
    assert len(at.get_by_key("training.run").options) == 2
    assert run.number == 1  # and take no number from them
    press(clinic(diagnosis__epochs="1"), "diagnosis.overfitting.stop")
    at = until(clinic(diagnosis__epochs="1"), lambda at: jobs().get(run.id).state == "cancelled")
    assert not shows(healthy(at.run()), "diagnosis.overfitting.stop")
    assert disabled(at)[UNTREATED] is False
    at = visit("training", training__run=run.id)  # a link to one is shown, and can be trained again
    assert press(at, "training.reset").get_by_key("training.epochs").value == 1


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("epochs", ["nonsense", "0", "101", "1e9", "nan", "<b>3</b>"])
def test_a_link_with_a_wrong_number_gets_a_sentence(lab: Lab, language: str, epochs: str) -> None:
    at = clinic(language, diagnosis__epochs=epochs)
    assert len(errors(at)) == 1 and at.number_input(key="diagnosis.epochs").value == 60


def test_a_failed_run_is_replaced_and_a_damaged_one_passed_over(lab: Lab) -> None:
    press(clinic(diagnosis__epochs="1"), BUTTON + UNTREATED)
    until(clinic(diagnosis__epochs="1"), lambda at: lessons()[0].state == "done")
    first = lessons()[0]
    spoil(first.folder / "state.json", state="failed", reason={"key": "diverged", "values": {"step": 3}})
    jobs().close()
    jobs.clear()  # another server finds it so
    at = clinic(diagnosis__epochs="1")
    assert words("shared")("overlaid.diverged", step=3) in at.table[0].value.to_numpy().tolist()[0]
    press(at, BUTTON + UNTREATED)
    assert [run.id == first.id for run in lessons()] == [False] and lessons()[0].active
    until(at, lambda at: lessons()[0].state == "done")
    (lessons()[0].folder / "spec.json").write_text("{")
    jobs().close()
    jobs.clear()
    at = clinic(diagnosis__epochs="1")
    assert words("diagnosis")("overfitting.first") in texts(at) and disabled(at)[UNTREATED] is False


def spoil(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_run_that_stopped_early_is_told_as_the_same_run() -> None:
    epochs = [Epoch(place, 1.0, 1.0, 1.0, share, 1.0) for place, share in enumerate((0.5, 0.625, 0.5), 1)]
    course = History([], epochs, None, 0, 0, 0.0, None, None)
    values = {"cure": "Early stopping", "was": "64.0", "now": "62.5"}
    sentence = overfitting._stopped(course, training("early_stopping"), 60, values)
    assert "ended after epoch 3 of 60. The weights of epoch 2 are kept" in sentence
    assert all(part in sentence for part in ("62.5%", "64.0%", "saved 57 epochs"))


def test_a_folder_that_is_only_read_starts_nothing(trained: Lab) -> None:
    with JobService(trained.runs, poll=None):
        at = clinic()
        assert all(disabled(at).values()) and at.warning


def test_the_oldest_lessons_go_when_there_are_many(trained: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MOST_KEPT", 1)
    for folder in trained.runs.glob("2*"):
        spoil(folder / "spec.json", entry="clinic")
    newer, older = sorted((path.name for path in trained.runs.glob("2*")), reverse=True)
    at = press(clinic(diagnosis__epochs="1"), BUTTON + UNTREATED)
    assert [run.id for run in lessons()][:-1] == [newer] and not (trained.runs / older).exists()
    press(at, "diagnosis.overfitting.stop")
    until(at, lambda at: not any(run.active for run in lessons()))
