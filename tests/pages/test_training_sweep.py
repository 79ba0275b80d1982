"""Several seeds and sweeps on the training page: chosen, trained, shown, and each cell opened."""

import pytest

from core.jobs.cells import cell_id
from core.sweeps.config import Sweep
from pages.app.services import jobs
from pages.panels.training import repetition, resnet_form
from tests.conftest import Lab
from tests.support.visit import choose, data_of, errors, press, shows, texts, until, visit, words

TEXT = {language: words("training", language) for language in ("en", "zh")}
SHORT = {"training__epochs": "1", "training__train_size": "64", "training__batch_size": "32"}


def cells_of(data: dict[str, object]) -> list[list[str]]:
    """The texts of the cells, row by row."""
    return [
        [cell["text"] for group in row["groups"] for cell in group["cells"]]
        for row in data["rows"]  # type: ignore[attr-defined]
    ]


def test_three_seeds_are_one_run_with_bands_and_a_verdict(lab: Lab) -> None:
    at = visit("training", training__repeat="3", **SHORT)
    assert any(text.startswith("3 runs of 1 epoch, about ") for text in texts(at))
    press(at, "training.train")
    run_id = at.get_by_key("training.run").value
    until(at, lambda at: not jobs().get(run_id).active)
    (run,) = jobs().list("local")
    assert (run.entry, run.state, run.error) == ("sweep", "done", None)
    at.run()
    ((first, second, third),) = cells_of(data_of(at, "training.cells"))
    assert all(text.endswith("%") for text in (first, second, third))
    for value in ("accuracy", "loss"):
        assert shows(at, f"training.seeds.validation_{value}")
    scores = [float(text[:-1]) for text in (first, second, third)]
    sentence = next(text for text in texts(at) if "The same settings, other seeds" in text)
    assert f"from {min(scores):.1f}% to {max(scores):.1f}%" in sentence
    assert "3 seeds" in at.get_by_key("training.run").options[0]
    assert not shows(at, "training.step")
    chinese = visit("training", "zh")
    assert any("设置相同，种子不同" in text for text in texts(chinese))
    assert cells_of(data_of(chinese, "training.cells")) == [[first, second, third]]
    cell = visit("training", training__run=cell_id(run.id, 1))
    assert shows(cell, "training.loss") and not shows(cell, "training.delete")
    assert cell.get_by_key("training.run").options[-1].startswith("#1.2 · ")
    press(cell, "training.sweep.back")
    assert cell.get_by_key("training.run").value == run.id
    judged = visit("evaluation", evaluation__run=cell_id(run.id, 2))
    assert judged.get_by_key("evaluation.run").value == cell_id(run.id, 2) and judged.metric
    press(at, "training.reset")
    assert at.get_by_key("training.repeat").value == "3" and at.get_by_key("training.epochs").value == 1
    press(visit("training"), "training.delete")
    assert not run.folder.exists()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sweep_says_how_many_runs_it_is(lab: Lab, language: str) -> None:
    at = visit("training", language, training__repeat="sweep", training__epochs="5")
    assert any("15" in text and "5" in text for text in texts(at))
    assert not errors(at) and not at.button(key="training.train").disabled
    choose(at, "training.axis2", "width:conv1")
    assert at.get_by_key("training.values.width.conv1").value == "3, 6, 12"
    assert at.button(key="training.train").disabled  # 45 runs
    assert any("45" in text and "40" in text for text in errors(at))
    choose(at, "training.sweep_seeds", "1")
    assert not errors(at) and not at.button(key="training.train").disabled


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ("0.1, 0.1", "same value twice"),
        ("0.1, fast", "“fast” is not a number"),
        ("", "There are 0 numbers here"),
        ("nan", "nan can't be used"),
        ("1e9", "1e9"),
        (", ".join(f"{n / 1000}" for n in range(1, 200))[:200], "runs, and 40 is the most"),
    ],
)
def test_values_that_make_no_sweep_are_refused_in_place(lab: Lab, values: str, wrong: str) -> None:
    at = visit("training", training__repeat="sweep", training__values__lr=values)
    if not values:
        choose(at, "training.values.lr", values)
    assert any(wrong in text for text in errors(at)), errors(at)
    assert at.button(key="training.train").disabled


def test_a_link_restores_a_sweep(lab: Lab) -> None:
    link = {
        "training__repeat": "sweep",
        "training__axis1": "augmentation",
        "training__axis2": "weight_decay",
        "training__values__weight_decay": "0, 0.01",
        "training__sweep_seeds": "5",
    }
    at = visit("training", **link, **SHORT)
    press(at, "training.train")
    (run,) = jobs().list("local")
    sweep = Sweep.from_json(run.params["config"])
    assert [axis.values for axis in sweep.axes] == [(False, True), (0.0, 0.01)] and len(sweep.cells) == 20
    assert sweep.cells[3].config.flip and sweep.cells[3].config.weight_decay == 0.01
    jobs().cancel(run.id, "local")


def test_a_resnet_is_not_repeated(lab: Lab) -> None:
    assert repetition.control(resnet_form.ENTRY) == "once"
