"""Branches on the training page: prepared from a run, trained, named with what they come from."""

import pytest

from pages.app.services import jobs
from tests.conftest import Lab
from tests.support.visit import choose, errors, open_tab, press, shows, texts, until, visit, words

TEXT = words("training")


def ended(at: object) -> bool:
    return bool(jobs().get(at.get_by_key("training.run").value).state == "done")  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_run_is_continued_with_other_settings(trained: Lab, language: str) -> None:
    text, shared = words("training", language), words("shared", language)
    at = visit("training", language)
    old = at.get_by_key("training.run").value  # the fast recipe, two epochs
    press(at, "training.branch")
    assert at.query_params["training.branch"] == old
    assert at.get_by_key("training.epochs").value == 2
    choose(at, "training.branch.epoch", "1")
    choose(choose(at, "training.epochs", 1), "training.flip", True)
    press(at, "training.train")
    until(at, ended)
    new = jobs().get(at.get_by_key("training.run").value)
    assert new.params["branch"] == {"run": old, "epoch": 1}
    assert new.params["config"]["flip"] and jobs().get(old).state == "done"
    assert not shows(at, "training.branching") and "training.branch" not in at.query_params
    named = at.get_by_key("training.run").format_func(new.id)
    assert shared("run.branch", run="#2", epoch=1) in named
    at = visit("evaluation", language, evaluation__run=new.id)
    options = at.get_by_key(f"evaluation.checkpoint.{new.id}").options
    assert options[0] == shared("model.checkpoint.epoch", epoch=1)
    at = open_tab(visit("training", language), "training.tab", text("tab.compare"))
    table = at.table[0].value
    lineage = table[table.iloc[:, 0] == text("setting.branch")].iloc[0].tolist()
    assert lineage[1:] == [shared("run.branch", run="#2", epoch=1), "–"]
    jobs().delete(old, "local")
    at = visit("training", language, training__run=new.id)
    assert shared("run.branch.deleted", epoch=1) in at.get_by_key("training.run").format_func(new.id)
    assert text("branch") in [button.label for button in at.button]


def test_a_branch_can_be_given_up(trained: Lab) -> None:
    at = press(visit("training"), "training.branch")
    assert shows(at, "training.branch.epoch")
    press(at, "training.branch.end")
    assert not shows(at, "training.branch.epoch") and "training.branch" not in at.query_params


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ({"training__model": "own"}, "branch_network"),
        ({"training__model": "resnet18"}, "branch_single"),
        ({"training__repeat": "3"}, "branch_single"),
    ],
)
def test_other_networks_and_many_runs_at_once_are_no_branch(
    trained: Lab, link: dict[str, str], key: str
) -> None:
    old = visit("training").get_by_key("training.run").value
    at = visit("training", training__branch=old, training__run="new", **link)
    assert words("errors")(key) in errors(at)
    assert at.button(key="training.train").disabled


@pytest.mark.parametrize("run", ["x", "20260101-000000-" + "0" * 20, "../..", "<b>"])
def test_a_link_to_a_run_that_isnt_there_is_one_sentence(trained: Lab, run: str) -> None:
    at = visit("training", training__branch=run)
    assert len(errors(at)) == 1 and errors(at)[0].startswith("There is nothing to go on from")
    assert at.button(key="training.train").disabled
    press(at, "training.branch.end")
    assert not errors(at) and "Traceback" not in " ".join(texts(at))
