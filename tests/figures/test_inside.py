"""core.figures.inside: bars against numpy's histogram, dots by class, a curve that keeps its frame."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from core.cifar10 import CLASSES as CLASS_NAMES
from core.evaluation.robustness import CHANGES
from core.figures.inside import HIGHEST, LOWEST, by_layer, distributions, embedding, robustness
from core.figures.palette import CLASSES, LEARNING_RATE, NEGATIVE, POSITIVE, VALIDATION
from core.inside.filters import BINS, Spread, spread
from tests.figures.options import by_name, chart, colour, ends, words

FRAME = (-4.0, 3.0, -2.0, 5.0)
AXES = {"x": "FIRST", "y": "SECOND"}
LABELS = {name: name.upper() for name in ("strength", "accuracy", "chance")}


def layers() -> dict[str, torch.Tensor]:
    """Weights of three layers, of very different size and not symmetric."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: size * (torch.randn(2000, generator=generator) + 0.7)
        for name, size in (("conv1", 0.2), ("conv2", 1.0), ("fc1", 37.0))
    }


def drawn(spreads: Mapping[str, Spread]) -> Any:
    """Their chart."""
    return chart(distributions(spreads))


def test_a_histogram_per_layer() -> None:
    option = drawn({name: spread(values) for name, values in layers().items()})
    assert [one["name"] for one in option["series"]] == ["conv1", "conv2", "fc1"]
    for one, values in zip(option["series"], layers().values(), strict=True):
        reach = float(values.abs().max())
        counts, edges = np.histogram(values.double().numpy(), BINS, (-reach, reach))
        assert [row["value"][1] for row in one["data"]] == counts.tolist()
        assert [row["value"][0] for row in one["data"]] == pytest.approx(
            (edges[:-1] + edges[1:]) / 2, rel=1e-3
        )
        assert one["type"] == "bar"


def test_colours_change_at_zero() -> None:
    option = drawn({"conv1": spread(torch.tensor([-3.0, -1.0, 2.0]))})
    assert {(row["value"][0] > 0, row["itemStyle"]["color"]) for row in option["series"][0]["data"]} == {
        (False, NEGATIVE),
        (True, POSITIVE),
    }


def test_every_layer_has_a_chart_of_its_own() -> None:
    option = drawn({name: spread(values) for name, values in layers().items()})
    lefts = [float(grid["left"].removesuffix("%")) for grid in option["grid"]]
    widths = [float(grid["width"].removesuffix("%")) for grid in option["grid"]]
    for left, width, after in zip(lefts, widths, [*lefts[1:], 100.01], strict=True):
        assert 0 <= left < left + width <= after
    assert min(widths) > 25 and lefts[-1] + widths[-1] == pytest.approx(100, abs=0.02)
    assert [title["left"] for title in option["title"]] == [grid["left"] for grid in option["grid"]]
    assert [title["text"] for title in option["title"]] == ["conv1", "conv2", "fc1"]
    for index, (x, y, one) in enumerate(zip(option["xAxis"], option["yAxis"], option["series"], strict=True)):
        assert x["gridIndex"] == y["gridIndex"] == one["xAxisIndex"] == one["yAxisIndex"] == index
        assert (y["min"], y["show"]) == (0, False)  # only the form counts, and the axes differ
        assert x["interval"] == x["max"] and x["splitLine"]["show"] is False  # ticks at the ends and at 0
        assert one["barWidth"] == "2%"  # 40 bars fill the chart
    assert option["tooltip"]["trigger"] == "item"
    assert words(option) == {"conv1", "conv2", "fc1"}


@pytest.mark.parametrize(
    "values", [*layers().values(), torch.zeros(5), torch.ones(1), torch.full((9,), -1e-9)]
)
def test_every_bar_is_on_its_axis_with_zero_in_the_middle(values: torch.Tensor) -> None:
    option = drawn({"layer": spread(values)})
    low, high = ends(option["xAxis"][0])
    assert low == -high and high == pytest.approx(float(values.abs().max()) or 1, rel=0.005)
    assert all(low < row["value"][0] < high for row in option["series"][0]["data"])
    assert sum(row["value"][1] for row in option["series"][0]["data"]) == len(values)


def test_dots_of_each_class() -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(60, 2, generator=generator)
    labels = torch.randint(0, 10, (60,), generator=generator)
    labels[labels == 7] = 8  # a class without images
    names = [name.upper() for name in CLASS_NAMES]
    option = chart(embedding(points, labels, names, FRAME, AXES))
    assert list(by_name(option)) == option["legend"]["data"] == names
    for label, name in enumerate(names):
        expected = points.numpy()[labels.numpy() == label]
        dots = by_name(option)[name]
        assert np.array(dots["data"]).reshape(-1, 2) == pytest.approx(expected, abs=6e-4)
        assert (dots["type"], colour(dots)) == ("scatter", CLASSES[label])
    assert by_name(option)["HORSE"]["data"] == []
    assert words(option) == {*names, "FIRST", "SECOND", "{a}"}  # a tooltip names the class


def test_classes_differ_in_colour_and_neighbours_in_symbol() -> None:
    option = embedding(torch.zeros(0, 2), torch.zeros(0), CLASS_NAMES, FRAME, AXES)
    looks = [(one["symbol"], colour(one)) for one in option["series"]]
    assert len(set(looks)) == 10
    assert {symbol for symbol, _ in looks} < {
        "circle",
        "rect",
        "roundRect",
        "triangle",
        "diamond",
        "pin",
        "arrow",
    }
    assert all(one["itemStyle"]["opacity"] <= 1 and one["symbolSize"] > 4 for one in option["series"])
    assert all(first[0] != second[0] for first, second in pairwise(looks))


def test_the_frame_is_the_callers() -> None:
    option = chart(embedding(torch.zeros(1, 2), torch.zeros(1), ["cat"], FRAME, AXES))
    assert ends(option["xAxis"]) == (-4, 3) and ends(option["yAxis"]) == (-2, 5)
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("FIRST", "SECOND")
    assert option["xAxis"]["show"] is True and option["tooltip"]["trigger"] == "item"


@pytest.mark.parametrize("change", CHANGES)
def test_accuracy_over_every_strength(change: str) -> None:
    strengths = CHANGES[change].strengths
    accuracies = np.linspace(0.9, 0.123, len(strengths))
    option = chart(robustness(strengths, accuracies.tolist(), strengths[2], LABELS))
    curve = by_name(option)["ACCURACY"]
    assert [x for x, _ in curve["data"]] == list(strengths)
    assert [y for _, y in curve["data"]] == pytest.approx(100 * accuracies, abs=0.006)
    assert curve["showSymbol"] is True and colour(curve) == VALIDATION
    assert ends(option["xAxis"]) == (strengths[0], strengths[-1])
    assert ends(option["yAxis"]) == (0, 100) and option["yAxis"]["scale"] is False
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("STRENGTH", "ACCURACY")
    assert words(option) == {*LABELS.values()}


def test_a_dotted_line_at_the_slider_and_one_at_chance() -> None:
    option = chart(robustness([2.0, 0.5, 1.0], [0.1, 0.2, 0.3], 0.75, LABELS))
    mark = by_name(option)["ACCURACY"]["markLine"]
    assert mark["data"] == [{"xAxis": 0.75}] and mark["lineStyle"]["type"] == "dotted"
    assert mark["lineStyle"]["color"] == LEARNING_RATE
    assert (mark["symbol"], mark["label"]["show"]) == ("none", False)
    assert list(by_name(option)) == ["ACCURACY", "CHANCE"]
    chance = by_name(option)["CHANCE"]
    assert chance["data"] == [[0.5, 100 / len(CLASS_NAMES)], [2, 100 / len(CLASS_NAMES)]]
    assert colour(chance) == LEARNING_RATE


def test_numbers_by_layer_on_a_scale_of_powers_of_ten() -> None:
    values = {"a": {"conv1": 0.5, "fc1": 82_344.1}, "b": {"conv1": 0.0, "fc1": None}, "c": {"conv1": 1e22}}
    option = chart(by_layer(["conv1", "fc1"], values, {"layer": "LAYER", "value": "VALUE"}))
    assert option["yAxis"]["type"] == "log" and ends(option["yAxis"]) == (LOWEST, HIGHEST)
    assert option["xAxis"]["data"] == ["conv1", "fc1"] and words(option) >= {"LAYER", "VALUE", "a", "b", "c"}
    lines = by_name(option)
    assert [lines[name]["data"] for name in "abc"] == [[0.5, 82340.0], [None, None], [None, None]]
    assert (
        len({line["symbol"] for line in lines.values()})
        == len({colour(line) for line in lines.values()})
        == 3
    )
