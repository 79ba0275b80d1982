"""core.figures.training: curves hold the numbers of a run, before it begins and where it diverged as well."""

from typing import Any

import pytest

from core.figures.palette import LEARNING_RATE, RUNS, TRAIN, VALIDATION
from core.figures.training import (
    HIGHEST_LOG,
    HIGHEST_LOSS,
    MOST_POINTS,
    ROW,
    accuracy_curve,
    batch_loss,
    by_layer,
    compared,
    gradient_bars,
    loss_curve,
    lr_range,
    overlaid,
    seed_curves,
    value_curve,
)
from core.jobs.history import Epoch, History, Point, history
from core.jobs.vitals import LayerVitals, Vitals
from core.sweeps.summary import Spread
from tests.figures.options import by_name, chart, colour, ends, words

LOSS = {name: name.upper() for name in ("epoch", "loss", "log", "batch", "train", "validation", "lr")}
ACCURACY = {name: name.upper() for name in ("epoch", "accuracy", "train", "validation")}
COMPARED = {name: name.upper() for name in ("epoch", "validation_accuracy", "validation_loss")}
POINTS = [Point(0.5, 5, 0.1, 2.3, 2.2), Point(1.0, 10, 0.09, 2.0, 2.1), Point(1.5, 15, 0.05, None, None)]
EPOCHS = [Epoch(1, 2.15, 0.2, 2.05, 0.25, 1.0), Epoch(2, 1.5, 0.45, None, 0.4, 1.0)]


def course(points: list[Point] = POINTS, epochs: list[Epoch] = EPOCHS) -> History:
    """A run of these points and epochs."""
    return History(points, epochs, None, 0, 0, 0.0, None, None)


def loss_chart(run: History, epochs: int = 3) -> Any:
    """The chart of its loss."""
    return chart(loss_curve(run, epochs, LOSS))


def test_losses_and_the_learning_rate_over_the_epochs() -> None:
    option = loss_chart(course())
    assert {name: one["data"] for name, one in by_name(option).items()} == {
        "BATCH": [[0.5, 2.3], [1, 2], [1.5, None]],
        "TRAIN": [[0.5, 2.2], [1, 2.1], [1.5, None]],
        "VALIDATION": [[1, 2.05], [2, None]],
        "LR": [[0.5, 0.1], [1, 0.09], [1.5, 0.05]],
    }
    assert words(option) == {*LOSS.values()} - {"LOG"}


def test_the_batch_loss_is_faint_and_not_in_the_legend() -> None:
    option = loss_chart(course())
    assert {name: colour(one) for name, one in by_name(option).items()} == {
        "BATCH": TRAIN,
        "TRAIN": TRAIN,
        "VALIDATION": VALIDATION,
        "LR": LEARNING_RATE,
    }
    batch, train = by_name(option)["BATCH"]["lineStyle"], by_name(option)["TRAIN"]["lineStyle"]
    assert 0 < batch["opacity"] < 0.5 and "opacity" not in train and batch["width"] < train["width"]
    assert option["legend"]["data"] == ["TRAIN", "VALIDATION", "LR"]
    assert by_name(option)["VALIDATION"]["showSymbol"] is True  # one epoch is one dot
    assert by_name(option)["LR"]["lineStyle"]["type"] == "dotted"


def test_the_learning_rate_has_an_axis_of_its_own() -> None:
    option = loss_chart(course(), 7)
    loss, rate = option["yAxis"]
    assert (option["xAxis"]["name"], loss["name"], rate["name"]) == ("EPOCH", "LOSS", "LR")
    assert {name: one.get("yAxisIndex", 0) for name, one in by_name(option).items()} == {
        "BATCH": 0,
        "TRAIN": 0,
        "VALIDATION": 0,
        "LR": 1,
    }
    assert ends(option["xAxis"]) == (0, 7)  # as long as the run will be
    assert loss["min"] == rate["min"] == 0 and loss["scale"] is False
    assert loss["type"] == rate["type"] == "value"
    assert "max" not in loss and "max" not in rate  # a loss may be of any size
    assert rate["splitLine"]["show"] is False


def test_a_run_that_has_not_begun() -> None:
    option = loss_chart(history([]))
    assert [one["data"] for one in option["series"]] == [[], [], [], []]
    assert ends(option["xAxis"]) == (0, 3)
    low, high = ends(option["yAxis"][0])
    assert low == 0 and 2.3026 < high < 4  # ln 10: where an untrained network begins
    option = chart(accuracy_curve(history([]), 3, ACCURACY))
    assert [one["data"] for one in option["series"]] == [[], []]


def test_a_run_that_diverged_at_once() -> None:
    events = [
        {"type": "attempt", "steps_per_epoch": 10, "total_steps": 30},
        {"type": "step", "step": 1, "lr": 100.0, "loss": 2.3},
        {"type": "step", "step": 2, "lr": 100.0, "loss": 1e30},
        {"type": "step", "step": 3, "lr": 100.0, "loss": None},
    ]
    option = loss_chart(history(events))
    assert by_name(option)["BATCH"]["data"] == [[0.1, 2.3], [0.2, 1e30], [0.3, None]]
    assert by_name(option)["TRAIN"]["data"][-1] == [0.3, None]


def test_a_long_run_is_thinned_to_its_last_step() -> None:
    points = [Point(step / 100, step, 0.1, 2.0, 2.0) for step in range(1, 5001)]
    for name, one in by_name(loss_chart(course(points), 50)).items():
        if name != "VALIDATION":
            assert MOST_POINTS / 2 < len(one["data"]) <= MOST_POINTS + 1
            assert (one["data"][0][0], one["data"][-1][0]) == (0.01, 50)


def test_accuracies_in_per_cent_on_a_whole_axis() -> None:
    option = chart(accuracy_curve(course(), 3, ACCURACY))
    train, validation = by_name(option)["TRAIN"], by_name(option)["VALIDATION"]
    assert list(by_name(option)) == ["TRAIN", "VALIDATION"]
    assert train["data"] == [[1, pytest.approx(20)], [2, pytest.approx(45)]]
    assert validation["data"] == [[1, pytest.approx(25)], [2, pytest.approx(40)]]
    assert (colour(train), colour(validation)) == (TRAIN, VALIDATION)
    assert train["showSymbol"] and validation["showSymbol"]
    assert ends(option["xAxis"]) == (0, 3) and ends(option["yAxis"]) == (0, 100)
    assert option["yAxis"]["scale"] is False
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("EPOCH", "ACCURACY")
    assert words(option) == {*ACCURACY.values()}


@pytest.mark.parametrize(("value", "expected"), [("validation_accuracy", 25), ("validation_loss", 2.05)])
def test_runs_compared(value: str, expected: float) -> None:
    option = chart(compared([("1: sgd", EPOCHS), ("2: adam", EPOCHS[:1]), ("3: new", [])], value, COMPARED))
    assert list(by_name(option)) == ["1: sgd", "2: adam", "3: new"]
    first, second, third = (one["data"] for one in option["series"])
    assert second == first[:1] == [[1, pytest.approx(expected)]] and third == []
    assert first[1] == [2, None if value == "validation_loss" else pytest.approx(40)]
    assert [colour(one) for one in option["series"]] == list(RUNS[:3])
    assert all(one["showSymbol"] and one["symbolSize"] > 4 for one in option["series"])
    assert (option["legend"]["type"], option["legend"]["orient"]) == ("plain", "vertical")  # names whole
    assert option["grid"]["top"] > 3 * ROW
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("EPOCH", value.upper())
    assert option["xAxis"]["min"] == 0 and "max" not in option["xAxis"]  # runs differ in length
    assert words(option) == {"1: sgd", "2: adam", "3: new", "EPOCH", value.upper()}


def test_more_runs_than_colours_and_none() -> None:
    runs: list[tuple[str, list[Epoch]]] = [(str(index), EPOCHS) for index in range(len(RUNS) + 2)]
    colours = [colour(one) for one in compared(runs, "validation_loss", COMPARED)["series"]]
    assert colours == [*RUNS, *RUNS[:2]]
    assert compared([], "validation_loss", COMPARED)["series"] == []


def test_gradient_norms_by_layer() -> None:
    option = chart(gradient_bars({"conv1": 0.123456, "fc1": 12345.6, "fc2": 0.0}, {"norm": "NORM"}))
    (bars,) = option["series"]
    assert option["yAxis"]["data"] == ["conv1", "fc1", "fc2"] and option["yAxis"]["inverse"] is True
    assert [row["value"] for row in bars["data"]] == [0.1235, 12350, 0]
    assert bars["itemStyle"]["color"] == TRAIN
    assert words(option) == {"conv1", "fc1", "fc2", "NORM"}


SEEDS = {1: Spread(0.25, 0.125, 0.5, 3), 2: Spread(0.5, 0.25, 0.75, 3), 3: Spread(0.5, 0.5, 0.5, 1)}


def bands(option: Any) -> list[tuple[list[Any], list[Any]]]:
    """Lowest and highest of each band: of two stacked lines, which nobody is told of."""
    found = [one for one in option["series"] if "stack" in one]
    assert not any(one["tooltip"]["show"] or one["lineStyle"]["opacity"] for one in found)
    pairs = zip(found[::2], found[1::2], strict=True)
    return [
        (
            [y for _, y in low["data"]],
            [y + rise for (_, y), (_, rise) in zip(low["data"], high["data"], strict=True)],
        )
        for low, high in pairs
    ]


def test_seeds_are_their_mean_in_the_band_of_their_range() -> None:
    labels = {name: name.upper() for name in ("epoch", "mean", "few", "validation_accuracy")}
    option = chart(seed_curves(SEEDS, 5, "validation_accuracy", labels, seeds=3))
    named = by_name(option)
    assert named["MEAN"]["data"] == [[1, 25], [2, 50]] and bands(option) == [([12.5, 25], [50, 75])]
    assert named["FEW"]["data"] == [[2, 50], [3, 50]]  # goes on where the others end
    assert option["xAxis"]["max"] == 5 and words(option) == {*labels.values(), "MEAN ↓", "MEAN ↑"}
    whole = chart(
        seed_curves({1: SEEDS[1]}, 5, "validation_loss", labels | {"validation_loss": "L"}, seeds=3)
    )
    assert by_name(whole)["FEW"]["data"] == [] and by_name(whole)["MEAN"]["data"] == [[1, 0.25]]


def test_values_of_a_setting_that_have_a_result() -> None:
    labels = {name: name.upper() for name in ("setting", "accuracy", "mean")}
    option = chart(value_curve(["0.1", "1", "10"], [SEEDS[1], None, SEEDS[2]], labels))
    assert option["xAxis"]["data"] == ["0.1", "1", "10"] and bands(option) == [([12.5, 25], [50, 75])]
    assert by_name(option)["MEAN"]["data"] == [["0.1", 25], ["10", 50]]


def test_seeds_beside_single_runs() -> None:
    option = chart(compared([("1: one", EPOCHS), ("2: seeds", SEEDS)], "validation_accuracy", COMPARED))
    named = by_name(option)
    assert named["1: one"]["data"] == [[1, 25], [2, 40]] and named["2: seeds"]["data"][0] == [1, 25]
    assert option["legend"]["data"] == ["1: one", "2: seeds"] and len(bands(option)) == 1
    assert colour(named["2: seeds"]) == RUNS[1]


OVERLAID = {name: name.upper() for name in ("epoch", "train", "loss", "accuracy")}


def test_runs_overlaid_with_training_dashed_and_validation_full() -> None:
    option = chart(overlaid([("sick", course()), ("mended", course([], EPOCHS[:1]))], 5, "loss", OVERLAID))
    named = by_name(option)
    assert named["sick · TRAIN"]["data"] == [[0.5, 2.2], [1, 2.1], [1.5, None]]  # by step: seen in epoch 1
    assert named["sick"]["data"] == [[1, 2.05], [2, None]]
    assert named["mended · TRAIN"]["data"] == [] and named["mended"]["data"] == [[1, 2.05]]
    assert [colour(one) for one in option["series"]] == [RUNS[0], RUNS[0], RUNS[1], RUNS[1]]
    assert [one["lineStyle"].get("type") for one in option["series"]] == ["dashed", None] * 2
    assert option["legend"]["data"] == ["sick", "mended"] and option["grid"]["top"] > 2 * ROW
    assert ends(option["xAxis"]) == (0, 5) and "max" not in option["yAxis"]
    assert words(option) == {*named, "EPOCH", "LOSS"}
    option = chart(overlaid([("one", course())], 5, "accuracy", OVERLAID))
    assert by_name(option)["one · TRAIN"]["data"] == [[1, 20], [2, 45]]
    assert by_name(option)["one"]["data"] == [[1, 25], [2, 40]] and ends(option["yAxis"]) == (0, 100)


def test_a_diverged_run_does_not_press_the_others_flat() -> None:
    wild = course([Point(0.5, 5, 0.1, 1e30, 1e30), Point(1.0, 10, 0.1, None, None)], [])
    option = chart(overlaid([("wild", wild), ("calm", course()), ("new", history([]))], 3, "loss", OVERLAID))
    assert option["yAxis"]["max"] == HIGHEST_LOSS
    assert by_name(option)["wild · TRAIN"]["data"] == [[0.5, 1e30], [1, None]]
    assert by_name(option)["new"]["data"] == []


@pytest.mark.parametrize("working", [None, {"low": 0.01, "high": 0.1, "suggested": 0.02}])
def test_loss_over_the_learning_rate(working: dict[str, float] | None) -> None:
    labels = {name: name.upper() for name in ("lr", "loss", "batch", "smoothed")}
    lrs, losses, smoothed = [1e-5, 0.01, 0.1, 1.0], [2.3, 2.2, 1.5, 700.0], [2.31, 2.25, 1.9, 80.0]
    option = chart(lr_range(lrs, losses, smoothed, working, labels))
    assert option["xAxis"]["type"] == "log" and ends(option["xAxis"]) == (1e-5, 10.0)
    assert option["yAxis"]["max"] == 4  # what explodes leaves the chart
    lines = by_name(option)
    assert lines["BATCH"]["data"] == [list(pair) for pair in zip(lrs, losses, strict=True)]
    assert lines["SMOOTHED"]["data"][2] == [0.1, 1.9] and words(option) >= set(labels.values())
    assert lines["BATCH"]["lineStyle"]["opacity"] < 0.5
    marks = lines["SMOOTHED"].get("markArea"), lines["SMOOTHED"].get("markLine")
    if working is None:
        assert marks == (None, None)
    else:
        assert marks[0]["data"] == [[{"xAxis": 0.01}, {"xAxis": 0.1}]]
        assert marks[1]["precision"] >= 9  # as small as the lowest learning rate, in two digits
        assert marks[1]["data"] == [{"xAxis": 0.02}] and marks[1]["lineStyle"]["type"] == "dashed"


BATCHES = {name: name.upper() for name in ("epoch", "loss", "log", "batch", "train", "validation")}


def test_the_loss_of_a_patient() -> None:
    option = chart(batch_loss(course(), 3, BATCHES))
    assert option["yAxis"]["type"] == "value" and option["yAxis"]["min"] == 0
    assert [series["name"] for series in option["series"]] == ["BATCH", "TRAIN", "VALIDATION"]
    assert by_name(option)["BATCH"]["data"] == [[0.5, 2.3], [1.0, 2.0], [1.5, None]]
    assert by_name(option)["VALIDATION"]["data"] == [[1, 2.05], [2, None]]
    assert option["legend"]["data"] == ["TRAIN", "VALIDATION"]
    assert chart(batch_loss(course([], []), 3, BATCHES))["yAxis"]["max"] == 2.5


@pytest.mark.parametrize(("loss", "top"), [(2 * HIGHEST_LOSS, None), (2 * HIGHEST_LOG, HIGHEST_LOG)])
def test_a_loss_that_explodes(loss: float, top: float | None) -> None:
    option = chart(batch_loss(course([*POINTS[:2], Point(1.5, 15, 0.1, loss, loss)]), 3, BATCHES))
    assert option["yAxis"]["type"] == "log" and option["yAxis"].get("max") == top
    assert option["yAxis"]["name"] == "LOG"


def measured(step: int, first: float | None, dead: float | None, last: float | None) -> Vitals:
    layers = [
        LayerVitals("conv1", first, dead, first, 1.0, 0.1),
        LayerVitals("fc", last, None, last, 1.0, 0.1),
    ]
    return Vitals(step, 1, 0.1, 2.3, 128, 10, (0.0, 1.0), (0.0, 1.0), -1.0, (-1.0, 1.0), 1.0, 0.0, layers)


def test_signs_by_layer_on_a_logarithmic_axis() -> None:
    vitals = [measured(1, 0.05, 0.0, 2.0), measured(10, 0.0, 1.0, None)]
    option = chart(by_layer(vitals, "gradient", {"step": "STEP"}))
    assert option["xAxis"]["data"] == ["1", "10"]
    floor = option["yAxis"]["min"]
    assert option["yAxis"]["type"] == "log" and floor == pytest.approx(0.001)
    assert by_name(option)["conv1"]["data"] == [["1", 0.05], ["10", floor]]
    assert by_name(option)["fc"]["data"] == [["1", 2.0], ["10", None]]
    assert colour(by_name(option)["fc"]) == RUNS[1]
    assert chart(by_layer(vitals[:1], "activation", {"step": "STEP"}))["yAxis"]["min"] == pytest.approx(0.01)


def test_dead_units_in_per_cent_for_layers_before_a_relu() -> None:
    vitals = [measured(1, 0.05, 0.25, 2.0), measured(10, 0.0, 1.0, None)]
    option = chart(by_layer(vitals, "dead", {"step": "STEP"}))
    assert option["legend"]["data"] == ["conv1"] and option["yAxis"]["max"] == 100
    assert by_name(option)["conv1"]["data"] == [["1", 25.0], ["10", 100.0]]


def test_a_run_without_vital_signs() -> None:
    assert chart(by_layer([], "gradient", {"step": "STEP"}))["series"] == []
