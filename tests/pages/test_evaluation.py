"""The page Evaluate: the shipped model on small sketches, its panels, and checkpoints that are damaged."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.dataset import CLASSES, splits
from core.dataset.splits import SPLIT_SEED
from core.evaluation import Evaluation, evaluate
from core.training import checkpoints
from tests.conftest import TEST, TRAIN, Lab
from tests.support.visit import choose, data_of, errors, open_tab, press, shows, texts, visit, words

TEXT = words("evaluation")
VALIDATION = TRAIN // 10


def oracle(root: Path, split: str) -> Evaluation:
    """The shipped model's evaluation, computed without the page."""
    model = checkpoints.shipped_model("sketches")
    images = getattr(splits(root, SPLIT_SEED), split)
    return evaluate(model.network(), images.images, images.labels, mean=model.mean, std=model.std)


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


def test_the_controls_choose_a_cell_and_show_its_images(lab: Lab) -> None:
    at = visit("evaluation")
    counts = oracle(lab.sketches, "validation").confusion.tolist()
    empty = next((t, p) for t in range(10) for p in range(10) if not counts[t][p])
    for true, predicted in ((3, 3), empty):
        choose(at, "evaluation.true", true)
        choose(at, "evaluation.predicted", predicted)
        n, names = counts[true][predicted], {"true": CLASSES[true], "predicted": CLASSES[predicted]}
        assert f"**{TEXT('cell.right' if n else 'cell.empty', n=n, **names)}**" in texts(at)
        assert shows(at, "evaluation.cell") == bool(n)
        assert data_of(at, "evaluation.matrix")["selected"] == [true, predicted]
        if n:
            captions = data_of(at, "evaluation.cell")["captions"]
            assert isinstance(captions, list)
            assert len(captions) == n


def test_the_matrix_shows_counts_or_shares(lab: Lab) -> None:
    at = visit("evaluation")
    assert data_of(at, "evaluation.matrix")["percent"] is False
    choose(at, "evaluation.unit", "percent")
    assert data_of(at, "evaluation.matrix")["percent"] is True
    assert at.query_params["evaluation.unit"] == "percent"
    assert data_of(visit("evaluation", evaluation__unit="percent"), "evaluation.matrix")["percent"] is True


@pytest.mark.parametrize("sent", [[99, 0], [-1, 2], "cell", [1], [True, 1], {"cell": 1}, [1.5, 2], None])
def test_what_a_browser_sends_as_a_cell_is_checked(sent: object) -> None:
    from pages.shared.components import chosen_cell

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
    assert at.code[0].value.startswith("@torch.no_grad()\ndef evaluate(")


def test_the_language_changes_words_and_keeps_numbers(lab: Lab) -> None:
    at = choose(choose(visit("evaluation"), "evaluation.true", 5), "evaluation.predicted", 5)
    before = data_of(at, "evaluation.matrix")
    choose(at, "language", "zh")
    after = data_of(at, "evaluation.matrix")
    assert after["counts"] == before["counts"]
    assert after["selected"] == [5, 5]
    assert after["classes"] != before["classes"]


def test_a_run_of_ones_own_is_judged_at_its_best_epoch(trained: Lab) -> None:
    at = visit("evaluation")
    run = at.get_by_key("evaluation.run").value
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
