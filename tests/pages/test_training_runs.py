"""Runs of other learners and damaged runs: owners, links, a second server; and the comparison of runs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import JobService, JobSpec
from core.training.config import recipe
from pages.app.services import jobs
from tests.conftest import Lab
from tests.support.visit import choose, open_tab, press, shows, texts, visit, words

ANN, BOB = "a" * 32, "b" * 32
TEXT = words("training")
DAMAGED = "20260101-000000-0123456789abcdef0123"


def ids(folder: Path) -> list[str]:
    """The ids of the runs, newest first."""
    return sorted((path.name for path in folder.glob("2*")), reverse=True)


def give(run: Path, owner: str) -> None:
    for name in ("spec.json", "state.json"):
        content = json.loads((run / name).read_text())
        (run / name).write_text(json.dumps(content | {"owner": owner}))


@pytest.fixture
def hosted(trained: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A server of many learners: the newer run is Ann's, the older one Bob's."""
    monkeypatch.setenv("LENET_LAB_HOSTED", "1")
    for name, owner in zip(ids(trained.runs), (ANN, BOB), strict=True):
        give(trained.runs / name, owner)
    return trained


@pytest.fixture
def occupied(trained: Lab) -> Iterator[Lab]:
    """Another server already owns the runs folder."""
    with JobService(trained.runs, poll=None):
        yield trained


def test_owners_see_their_own_runs_alone(hosted: Lab) -> None:
    anns, bobs = ids(hosted.runs)
    for owner, own, other in ((ANN, anns, bobs), (BOB, bobs, anns)):
        for page, key in (("training", "training.run"), ("evaluation", "evaluation.run")):
            at = visit(page, owner=owner)
            control = at.get_by_key(key)
            assert control.value == own
            assert len(control.options) == (1 if page == "training" else 3)  # and the two shipped models
            assert other not in str(at.query_params)


def test_somebody_new_sees_no_run(hosted: Lab) -> None:
    at = visit("training", owner="c" * 32)
    assert not shows(at, "training.run")
    assert TEXT("empty") in [info.value for info in at.info]
    assert len(visit("evaluation", owner="c" * 32).get_by_key("evaluation.run").options) == 2


def test_an_unknown_browser_waits_and_sees_nothing(hosted: Lab) -> None:
    at = visit("training")
    assert words("shared")("owner.waiting") in texts(at)
    assert not at.title
    assert not shows(at, "training.train")


def test_a_run_of_somebody_else_can_be_looked_at(hosted: Lab) -> None:
    anns = ids(hosted.runs)[0]
    at = visit("training", owner=BOB, training__run=anns)
    assert at.get_by_key("training.run").value == anns
    assert TEXT("foreign") in " ".join(texts(at))
    assert at.metric
    for name in ("pause", "resume", "step", "stop", "reset", "delete"):
        assert not shows(at, f"training.{name}")
    at = visit("evaluation", owner=BOB, evaluation__run=anns)
    assert at.get_by_key("evaluation.run").value == anns
    assert at.metric


def test_a_new_run_belongs_to_who_asked_for_it(hosted: Lab) -> None:
    at = visit("training", owner=BOB, training__epochs="1000")
    press(at, "training.train")
    run = at.get_by_key("training.run").value
    assert jobs().get(run).owner == BOB
    assert run not in [run.id for run in jobs().list(ANN)]


def test_a_damaged_run_is_listed_and_hides_no_other(trained: Lab) -> None:
    whole = ids(trained.runs)
    folder = trained.runs / DAMAGED
    folder.mkdir()
    (folder / "spec.json").write_text("{")
    for page in ("home", "training", "evaluation"):
        at = visit(page)
        assert not at.error
    at = visit("training")
    control = at.get_by_key("training.run")
    assert len(control.options) == 3
    assert sum("damaged" in option for option in control.options) == 1
    at = visit("training", training__run=DAMAGED)
    assert TEXT("state.damaged") in [warning.value for warning in at.warning]
    press(at, "training.delete")
    assert not folder.exists()
    assert ids(trained.runs) == whole


def test_a_run_with_events_cut_off_is_still_shown(trained: Lab) -> None:
    events = trained.runs / ids(trained.runs)[0] / "events.jsonl"
    events.write_bytes(events.read_bytes()[:-200])
    at = visit("training")
    assert at.metric
    assert not at.error


def test_damage_in_the_events_is_told(trained: Lab) -> None:
    assert "passed over" not in " ".join(texts(visit("training")))
    events = trained.runs / ids(trained.runs)[0] / "events.jsonl"
    events.write_bytes(events.read_bytes() + b"{\n]\n")
    assert TEXT("damaged_events", n=2) in texts(visit("training"))


def test_a_run_with_settings_nobody_knows_hides_no_other(trained: Lab) -> None:
    newest = trained.runs / ids(trained.runs)[0]
    spec = json.loads((newest / "spec.json").read_text())
    spec["params"]["config"]["epochs"] = "many"
    (newest / "spec.json").write_text(json.dumps(spec))
    for page in ("home", "training", "evaluation"):
        visit(page)
    assert sum("damaged" in option for option in visit("training").get_by_key("training.run").options) == 1


def test_a_folder_nobody_can_write_is_told_as_what_it_is(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.runs.parent.mkdir(parents=True, exist_ok=True)
    lab.runs.write_text("a file")
    for page in ("home", "training"):
        warning = visit(page).warning[0].value
        assert "Nothing can be saved in" in warning and lab.runs.name in warning
        assert "Another LeNet Lab" not in warning


def test_a_second_server_only_looks(occupied: Lab) -> None:
    at = visit("training")
    assert "Another LeNet Lab" in at.warning[0].value
    assert at.button(key="training.train").disabled
    assert len(at.get_by_key("training.run").options) == 2
    assert not [
        button
        for button in at.button
        if button.key in ("training.delete", "training.reset", "training.resume")
    ]
    assert visit("evaluation").metric


def test_the_comparison_shows_the_settings_that_differ(trained: Lab) -> None:
    at = open_tab(visit("training"), "training.tab", TEXT("tab.compare"))
    assert len(at.get_by_key("training.compare").value) == 2
    assert any(text.startswith("**No ranking yet.** #") for text in texts(at))  # one seed each
    assert shows(at, "training.twins.loss") and not shows(at, "training.compare.validation_loss")  # one seed
    table = at.table[-1].value
    fast, tutorial = (
        recipe("fast", epochs=2, train_size=300),
        recipe("tutorial", optimizer="adam", epochs=1, train_size=300),
    )
    expected = [TEXT(f"setting.{name}") for name in fast.differences(tutorial)]
    assert table.iloc[:, 0].tolist() == [*expected, TEXT("compare.score")]
    row = table[table.iloc[:, 0] == TEXT("setting.optimizer")].iloc[0].tolist()
    assert row[1:] == ["nesterov", "adam"]
    assert all(score.endswith("%") for score in table.iloc[-1, 1:])
    names = [words("shared")(key) for key in ("recipe.fast", "run.recipe.own")]
    assert list(table.columns) == [TEXT("compare.setting"), f"#2 {names[0]}", f"#1 {names[1]}"]


def test_runs_alike_are_said_to_be_alike(lab: Lab) -> None:
    with JobService(lab.runs, poll=None) as service:
        for _ in range(2):
            params = {
                "config": recipe("fast").to_json(),
                "data_set": "sketches",
                "root_dir": str(lab.sketches),
            }
            service.pause(service.submit(JobSpec("train", params, "local")).id, "local")
    at = open_tab(visit("training"), "training.tab", TEXT("tab.compare"))
    assert TEXT("compare.same") in texts(at)
    assert len(at.table[-1].value) == 1


def test_runs_that_look_alike_can_be_told_apart(lab: Lab) -> None:
    """A browser sends the label of what was chosen, and two runs of the same settings have the same name."""
    with JobService(lab.runs, poll=None) as service:
        for _ in range(3):
            params = {
                "config": recipe("fast").to_json(),
                "data_set": "sketches",
                "root_dir": str(lab.sketches),
            }
            service.pause(service.submit(JobSpec("train", params, "local")).id, "local")
    at = visit("training")
    newest, middle, oldest = (run.id for run in jobs().list("local"))
    assert len(set(at.get_by_key("training.run").options)) == 3
    for run in (oldest, middle, newest):
        choose(at, "training.run", run)
        assert at.get_by_key("training.run").value == run
        assert at.query_params.get("training.run", newest) == run
    open_tab(at, "training.tab", TEXT("tab.compare"))
    choose(at, "training.compare", [oldest, middle])
    assert at.get_by_key("training.compare").value == [oldest, middle]
    choose(at, "language", "zh")
    open_tab(at, "training.tab", words("training", "zh")("tab.compare"))
    assert at.get_by_key("training.compare").value == [oldest, middle]
