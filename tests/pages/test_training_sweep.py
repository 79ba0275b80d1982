"""Several seeds and sweeps on the training page: chosen, trained, shown, and each cell opened."""

import pytest

from core.jobs import Run, State, folder
from core.jobs.cells import cell_folder, cell_id
from core.jobs.events import EventWriter
from core.sweeps.config import Axis, Sweep, repeated
from core.training import checkpoints
from core.training.config import recipe
from core.training.network import fresh
from pages.app.services import jobs
from pages.panels.training import repetition, resnet_form
from tests.conftest import Lab
from tests.support.visit import choose, data_of, errors, open_tab, press, shows, texts, until, visit, words

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


def finished(lab: Lab, number: int, sweep: Sweep, bests: list[float | None]) -> str:
    """Write a sweep that has ended, with the best accuracy of each cell, None for one that diverged."""
    run_id = f"20260101-00000{number}-{'0' * 20}"
    path = lab.runs / run_id
    path.mkdir(parents=True)
    params = {"config": sweep.to_json(), "data_set": "sketches", "root_dir": str(lab.sketches)}
    run = Run(
        run_id,
        "sweep",
        "train",
        "local",
        params,
        State.DONE,
        None,
        1,
        float(number),
        1.0,
        2.0,
        path,
        number=number,
    )
    folder.write_spec(run)
    folder.write_state(run)
    with EventWriter(path / "events.jsonl", 1) as events:
        for index, best in enumerate(bests):
            reason = None if best else {"key": "diverged", "values": {"step": 7}}
            outcome = "done" if best else "failed"
            events.write(
                "cell", cell=index, outcome=outcome, best=best, last=best, seconds=1.0, reason=reason
            )
            cell_folder(path, index).mkdir()
            with EventWriter(cell_folder(path, index) / "events.jsonl", 1) as own:
                numbers = {"train_accuracy": 0.5, "validation_accuracy": best, "validation_loss": 1.5}
                if best:
                    own.write("epoch", epoch=1, step=10, train_loss=1.0, seconds=1.0, **numbers)
    return run_id


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sweep_with_one_winner_and_a_cell_that_diverged(lab: Lab, language: str) -> None:
    sweep = repeated(recipe("fast", epochs=1), 2, [Axis("lr", (0.1, 0.2, 50.0))])
    finished(lab, 1, sweep, [0.50, 0.70, 0.9, 0.51, 0.72, None])
    at = visit("training", language)
    values = {"best": "`lr = 0.2`", "score": "71.0%", "tied": "–", "gap": "20.5", "spread": "2.0"}
    assert TEXT[language]("verdict.clear", **values) in texts(at)
    data = data_of(at, "training.cells")
    failed = TEXT[language]("sweep.failed")
    assert cells_of(data) == [["50.0%", "51.0%"], ["70.0%", "72.0%"], ["90.0%", failed]]
    assert any("#1.6" in text and "7" in text for text in texts(at))
    assert shows(at, "training.sweep.curve")


def test_one_seed_alone_says_nothing(lab: Lab) -> None:
    finished(lab, 1, repeated(recipe("fast", epochs=1), 3), [0.5])
    at = visit("training")
    assert cells_of(data_of(at, "training.cells")) == [["50.0%", "…", "…"]]
    assert not any("The same settings" in text for text in texts(at))


def test_a_cell_of_another_width_is_judged_and_looked_into(lab: Lab) -> None:
    sweep = repeated(recipe("fast", epochs=1), 1, [Axis("width", (3, 6), "conv1")])
    run_id = finished(lab, 1, sweep, [0.4, 0.5])
    folder_of = cell_folder(lab.runs / run_id, 0)
    (folder_of / "weights").mkdir()
    config = sweep.cells[0].config
    weights = folder_of / "weights" / "epoch-0001.safetensors"
    checkpoints.save_weights(weights, fresh(config.network, 0), config, "sketches", 1, 10, {})
    with EventWriter(folder_of / "events.jsonl", 1) as events:
        events.write("attempt", step=10, epoch=1, total_steps=10, steps_per_epoch=10)
    assert visit("evaluation", evaluation__run=cell_id(run_id, 0)).metric
    assert not errors(visit("inside", inside__run=cell_id(run_id, 0)))


def test_groups_of_seeds_are_compared_in_words(lab: Lab) -> None:
    first = finished(lab, 1, repeated(recipe("fast", epochs=1), 2), [0.60, 0.64])
    second = finished(lab, 2, repeated(recipe("fast", epochs=1, lr=0.02), 3), [0.62, 0.63, 0.62])
    third = finished(lab, 3, repeated(recipe("fast", epochs=1, lr=0.01), 2), [0.10, 0.11])
    finished(lab, 4, repeated(recipe("fast", epochs=1), 1, [Axis("lr", (0.1,))]), [0.3])
    at = open_tab(visit("training"), "training.tab", TEXT["en"]("tab.compare"))
    assert len(at.get_by_key("training.compare").options) == 3  # a sweep compares its own values
    choose(at, "training.compare", [first, second])
    assert any(text.startswith("**No ranking: the difference is smaller") for text in texts(at))
    table = at.table[-1].value
    assert table.iloc[-1].tolist()[1:] == ["62.0% ± 2.0", "62.3% ± 0.5"]
    assert ["Seed", "0, 1", "0, 1, 2"] in table.values.tolist()
    choose(at, "training.compare", [first, second, third])
    assert any(text.startswith("**No single winner.**") and "#1" in text for text in texts(at))
    choose(at, "training.compare", [second, third])
    assert any(text.startswith("**#2 is better than the others (62.3%)") for text in texts(at))
