"""The page Evaluate: the shipped model on small sketches, its panels, and checkpoints that are damaged."""

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.dataset import CLASSES, splits
from core.dataset.splits import SPLIT_SEED
from core.evaluation import Evaluation, evaluate, evaluation_of
from core.jobs import JobService, Run
from core.jobs.history import history
from core.normalise import normalise
from core.training import checkpoints
from pages.shared import loaders
from tests.conftest import TEST, TRAIN, Lab
from tests.support.visit import choose, data_of, errors, healthy, open_tab, press, shows, texts, visit, words

TEXT, SHARED = words("evaluation"), words("shared")
VALIDATION = TRAIN // 10


def oracle(root: Path, split: str) -> Evaluation:
    """The shipped model's evaluation, computed without the page."""
    model = checkpoints.shipped_model("sketches")
    images = getattr(splits(root, SPLIT_SEED), split)
    return evaluate(model.network(), images.images, images.labels, mean=model.mean, std=model.std)


def by_accuracy(trained: Lab) -> list[Run]:
    """The runs, the most accurate on the validation images first."""
    with JobService(trained.runs, poll=None) as service:

        def accuracy(run: Run) -> float:
            best = history(service.events(run.id)).best
            assert best is not None
            return best.validation_accuracy

        return sorted(service.list("local"), key=accuracy, reverse=True)


def metric(at: AppTest, key: str) -> str:
    return next(metric.value for metric in at.metric if metric.label == TEXT(key))


def test_the_shipped_model_is_judged_on_validation_images(lab: Lab) -> None:
    at = visit("evaluation")
    expected = oracle(lab.sketches, "validation")
    assert len(expected.labels) == VALIDATION
    assert metric(at, "accuracy") == f"{100 * expected.accuracy:.1f} ± {100 * expected.standard_error:.1f}%"
    assert metric(at, "loss") == f"{expected.loss:.3f}"
    assert metric(at, "chance") == f"{expected.accuracy * 10:.1f} ×"
    assert TEXT("split.validation.about", n=VALIDATION) in texts(at)
    assert data_of(at, "evaluation.matrix")["counts"] == expected.confusion.tolist()


def test_the_test_images_are_judged_only_when_asked_for(lab: Lab) -> None:
    at = visit("evaluation", evaluation__split="test")
    assert TEXT("split.validation.about", n=VALIDATION) in texts(at)
    assert TEXT("test.why") in texts(at)
    press(at, "evaluation.open_test")
    assert TEXT("test.about", n=TEST) in texts(at)
    assert data_of(at, "evaluation.matrix")["counts"] == oracle(lab.sketches, "test").confusion.tolist()
    press(at, "evaluation.close_test")
    assert TEXT("split.validation.about", n=VALIDATION) in texts(at)
    assert not shows(at, "evaluation.close_test")


def test_the_best_finished_run_is_judged_first(trained: Lab) -> None:
    best, _ = by_accuracy(trained)
    assert visit("evaluation").get_by_key("evaluation.run").value == best.id


def test_an_unfinished_run_is_not_the_first_choice_and_says_so(trained: Lab) -> None:
    best, other = by_accuracy(trained)
    state = best.folder / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"state": "paused"}))
    for page in ("evaluation", "inside"):
        at = visit(page)
        assert at.get_by_key(f"{page}.run").value == other.id
        epochs = best.params["config"]["epochs"]
        note = SHARED("model.unfinished", state=SHARED("state.paused"), done=epochs, total=epochs)
        assert note not in texts(at)
        assert note in texts(choose(at, f"{page}.run", best.id))


def test_the_controls_choose_a_cell_and_show_its_images(lab: Lab) -> None:
    at = visit("evaluation")
    counts = oracle(lab.sketches, "validation").confusion.tolist()
    empty = next((t, p) for t in range(10) for p in range(10) if not counts[t][p])
    for true, predicted in ((3, 3), empty):
        choose(at, "evaluation.true", str(true))
        choose(at, "evaluation.predicted", str(predicted))
        n, names = counts[true][predicted], {"true": CLASSES[true], "predicted": CLASSES[predicted]}
        assert f"**{TEXT('cell.right' if n else 'cell.empty', n=n, **names)}**" in texts(at)
        assert shows(at, "evaluation.cell") == bool(n)
        assert data_of(at, "evaluation.matrix")["selected"] == [true, predicted]
        if n:
            captions = data_of(at, "evaluation.cell")["captions"]
            assert isinstance(captions, list)
            assert len(captions) == n


def test_the_link_holds_the_cell(lab: Lab) -> None:
    at = choose(visit("evaluation"), "evaluation.true", "7")
    link = {name: at.query_params[f"evaluation.{name}"] for name in ("true", "predicted")}
    assert link["true"] == "7"
    again = visit("evaluation", "zh", **{f"evaluation__{name}": value for name, value in link.items()})
    assert data_of(again, "evaluation.matrix")["selected"] == [7, int(link["predicted"])]


@pytest.mark.parametrize("number", ["10", "-1", "cat", "1.0", "９", ""])
def test_a_link_to_no_cell_shows_the_most_frequent_mistake(lab: Lab, number: str) -> None:
    at = visit("evaluation", evaluation__true=number, evaluation__predicted=number)
    selected = data_of(visit("evaluation"), "evaluation.matrix")["selected"]
    assert data_of(at, "evaluation.matrix")["selected"] == selected


def explained(lab: Lab, **link: str) -> AppTest:
    """The page with a checkpoint before training, hence with mistakes, and the explanation of a cell open."""
    at = visit("evaluation", **link)
    run = at.get_by_key("evaluation.run").value
    choose(at, f"evaluation.checkpoint.{run}", "epoch-0000")
    at.session_state["evaluation.why"] = True
    return healthy(at.run())


def test_why_two_classes_are_mixed_up(trained: Lab) -> None:
    at = explained(trained)
    true, predicted = cell = data_of(at, "evaluation.matrix")["selected"]  # type: ignore[misc]
    counts = torch.tensor(data_of(at, "evaluation.matrix")["counts"])
    there, back = int(counts[true, predicted]), int(counts[predicted, true])
    names = {"true": CLASSES[true], "predicted": CLASSES[predicted]}
    assert TEXT("why.pair", total=there + back, there=there, back=back, **names) in texts(at)

    run = at.get_by_key("evaluation.run").value
    model = checkpoints.load_weights(trained.runs / run / "weights" / "epoch-0000.safetensors")
    data = splits(trained.sketches, SPLIT_SEED)
    with torch.no_grad():
        logits = model.network()(normalise(data.validation.images, model.mean, model.std))
    labels = data.validation.labels
    rows = ((labels == true) & (logits.argmax(1) == predicted)).nonzero().flatten()
    means = logits[rows].mean(0)
    table = at.table[0].value
    for label in cell:
        told = float(table[CLASSES[label]].iloc[0].replace("−", "-"))
        assert told == pytest.approx(float(means[label]), abs=0.011)

    image = data.validation.images[rows[logits[rows].softmax(1).amax(1).argmax()]]
    away = (data.train.images.double() - image.double()).square().flatten(1).sum(1).sqrt()
    nearest = [float(away[data.train.labels == label].min()) for label in cell]
    assert data_of(at, f"evaluation.nearest.{true}")["captions"][0] == (  # type: ignore[index]
        TEXT("why.caption", name=CLASSES[true], distance=f"{nearest[0]:,.0f}")
    )
    values = {"own": f"{nearest[0]:,.0f}", "other": f"{nearest[1]:,.0f}"}
    key = "why.nearer" if nearest[1] < nearest[0] else "why.farther"
    assert TEXT(key, **names, **values) in texts(at)
    assert TEXT("why.inside") in [link.label for link in at.get("page_link")]


def test_the_explanation_leads_to_the_same_image_inside(trained: Lab) -> None:
    at = explained(trained)
    link = next(link for link in at.get("page_link") if link.label == TEXT("why.inside"))
    query = {key.replace(".", "__"): value for key, value in parse_qsl(link.proto.query_string)}
    seen = data_of(at, "evaluation.why.image")["sheet"]
    inside = visit("inside", **query)
    assert data_of(inside, "inside.picture")["sheet"] == seen and shows(inside, "inside.saliency")
    assert inside.get_by_key("inside.run").value == at.get_by_key("evaluation.run").value


def test_another_image_of_the_cell_is_explained(trained: Lab) -> None:
    at = explained(trained)
    first = data_of(at, "evaluation.why.image")["sheet"]
    true, predicted = data_of(at, "evaluation.matrix")["selected"]  # type: ignore[misc]
    run = at.get_by_key("evaluation.run").value
    model = checkpoints.load_weights(trained.runs / run / "weights" / "epoch-0000.safetensors")
    images = splits(trained.sketches, SPLIT_SEED).validation
    judged = evaluate(model.network(), images.images, images.labels, mean=model.mean, std=model.std)
    # set as a click's callback would; what isn't in the cell is no choice
    at.session_state["kept.evaluation.image"] = int(judged.cell(true, predicted)[1])
    assert data_of(at.run(), "evaluation.why.image")["sheet"] != first
    assert data_of(at, "evaluation.cell")["opened"] == 1
    at.session_state["kept.evaluation.image"] = int(judged.cell(predicted, predicted)[0])
    assert data_of(at.run(), "evaluation.why.image")["sheet"] == first


def test_what_is_right_needs_no_explanation(lab: Lab) -> None:
    at = visit("evaluation", evaluation__true="3", evaluation__predicted="3")
    assert TEXT("why") not in [box.label for box in at.expander]


def test_a_network_with_one_answer_is_warned_of(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not visit("evaluation").warning
    labels = splits(lab.sketches, SPLIT_SEED).validation.labels
    logits = torch.zeros(len(labels), 10)
    logits[:, 6] = 0.01
    monkeypatch.setattr(loaders, "judged", lambda *_: evaluation_of(logits, labels))
    at = visit("evaluation")
    warning = TEXT("calibration.one_sided", name="frog", percent="100")
    assert [warned.value for warned in at.warning] == [warning]
    logits[: len(labels) // 5, 3] = 1.0
    assert not visit("evaluation").warning


def test_the_matrix_shows_counts_or_shares(lab: Lab) -> None:
    at = visit("evaluation")
    assert data_of(at, "evaluation.matrix")["percent"] is False
    choose(at, "evaluation.unit", "percent")
    assert data_of(at, "evaluation.matrix")["percent"] is True
    assert at.query_params["evaluation.unit"] == "percent"
    assert data_of(visit("evaluation", evaluation__unit="percent"), "evaluation.matrix")["percent"] is True


@pytest.mark.parametrize("sent", [[99, 0], [-1, 2], "cell", [1], [True, 1], {"cell": 1}, [1.5, 2], None])
def test_what_a_browser_sends_as_a_cell_is_checked(sent: object) -> None:
    from pages.app.components import chosen_cell

    assert chosen_cell(sent, 10) is None
    assert chosen_cell([9, 0], 10) == (9, 0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_panels(lab: Lab, language: str) -> None:
    text, expected = words("evaluation", language), oracle(lab.sketches, "validation")
    at = open_tab(visit("evaluation", language), "evaluation.tab", text("tab.classes"))
    table = at.dataframe[0].value
    assert table.iloc[:, 0].tolist() == [words("shared", language)(f"class.{name}") for name in CLASSES]
    assert table[text("recall")].tolist() == pytest.approx(expected.per_class.recall.tolist())
    assert table[text("support")].sum() == VALIDATION
    open_tab(at, "evaluation.tab", text("tab.mistakes"))
    wrong = int((expected.predictions != expected.labels).sum())
    if wrong:
        captions = data_of(at, "evaluation.mistakes")["captions"]
        assert isinstance(captions, list)
        assert len(captions) == min(wrong, 24)
    open_tab(at, "evaluation.tab", text("tab.calibration"))
    error = f"{100 * expected.calibration().error:.1f}"
    assert text("calibration.about", error=error) in texts(at)
    assert len(at.get("echarts_chart")) == 1
    open_tab(at, "evaluation.tab", text("tab.code"))
    assert any(code.value.startswith("@torch.no_grad()\ndef evaluate(\n") for code in at.code)


def test_the_language_changes_words_and_keeps_numbers(lab: Lab) -> None:
    at = choose(choose(visit("evaluation"), "evaluation.true", "5"), "evaluation.predicted", "5")
    before = data_of(at, "evaluation.matrix")
    choose(at, "language", "zh")
    after = data_of(at, "evaluation.matrix")
    assert after["counts"] == before["counts"]
    assert after["selected"] == [5, 5]
    assert after["classes"] != before["classes"]


def test_a_run_of_ones_own_is_judged_at_its_best_epoch(trained: Lab) -> None:
    run = max(path.name for path in trained.runs.glob("2*"))
    at = visit("evaluation", evaluation__run=run)
    checkpoint = at.get_by_key(f"evaluation.checkpoint.{run}")
    assert "best" in checkpoint.options[[*range(len(checkpoint.options))][checkpoint.index]]
    assert len(checkpoint.options) == 3  # before training, and two epochs
    events = [json.loads(line) for line in (trained.runs / run / "events.jsonl").read_text().splitlines()]
    best = max(event["validation_accuracy"] for event in events if event["type"] == "epoch")
    assert metric(at, "accuracy").startswith(f"{100 * best:.1f} ±")
    choose(at, f"evaluation.checkpoint.{run}", "epoch-0000")
    assert words("shared")("model.checkpoint.start") == checkpoint.options[0]
    untrained = float(metric(at, "accuracy").split()[0])
    assert untrained < 35
    choose(at, "evaluation.run", "shipped")
    assert metric(at, "accuracy") == (
        f"{100 * (e := oracle(trained.sketches, 'validation')).accuracy:.1f} ± {100 * e.standard_error:.1f}%"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "swapped", "unsigned"])
def test_a_damaged_checkpoint_is_one_sentence(trained: Lab, damage: str, language: str) -> None:
    run = max(path.name for path in trained.runs.glob("2*"))
    file = trained.runs / run / "weights" / "epoch-0001.safetensors"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "flipped":
        file.write_bytes(content)
    elif damage == "cut":
        file.write_bytes(content[:1000])
    elif damage == "swapped":
        file.with_name(file.name + ".sha256").write_text("0" * 64)
    else:
        file.with_name(file.name + ".sha256").unlink()
    at = visit(
        "evaluation", language, **{"evaluation__run": run, f"evaluation__checkpoint__{run}": "epoch-0001"}
    )
    key = "checkpoint_missing" if damage == "unsigned" else "checkpoint_damaged"
    expected = words("errors", language)(key, path=file.name)
    assert errors(at) == [expected]
    assert not at.metric
    choose(at, "evaluation.run", "shipped")
    assert at.metric
    assert not at.error


def test_the_address_names_the_run_that_is_shown(trained: Lab) -> None:
    at = visit("evaluation")
    assert at.query_params["evaluation.run"] == at.get_by_key("evaluation.run").value != "shipped"


def test_the_test_split_is_opened_for_one_network(lab: Lab) -> None:
    at = press(visit("evaluation"), "evaluation.open_test")
    assert reports_test_split(at)
    at.session_state["evaluation.test"] = "another network"
    assert not reports_test_split(at.run())


def reports_test_split(at: AppTest) -> bool:
    return any(TEXT("test.about", n=f"{TEST:,}") == line for line in texts(at))
