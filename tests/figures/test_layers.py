"""core.figures.layers: numpy draws the same curves, and nothing lies outside its axes."""

import math

import numpy as np
import pytest
import torch

from core.figures.layers import accuracy_chart, changes_chart, curve_chart, histogram_chart, sums_chart
from core.figures.palette import NEGATIVE, POSITIVE, RUNS, TRAIN, VALIDATION
from core.layers.activations import ACTIVATIONS, apply, curve
from core.layers.shifts import Changes
from tests.figures.options import by_name, chart, colour, ends, words

CURVE = {name: name.upper() for name in ("z", "value", "function", "slope")}
HISTOGRAM = {name: name.upper() for name in ("z", "count", "before", "after")}
STAGES = {name: name.upper() for name in ("image", "convolution", "pooled", "pooled_twice")}
CHANGES = STAGES | {"pixels": "PIXELS", "change": "CHANGE"}
ACCURACY = {"pixels": "PIXELS", "accuracy": "ACCURACY"}


def test_a_function_and_its_slope_over_z() -> None:
    option = chart(curve_chart(curve(torch.tanh), CURVE))
    function, slope = by_name(option)["FUNCTION"], by_name(option)["SLOPE"]
    assert list(by_name(option)) == ["FUNCTION", "SLOPE"]
    z = np.linspace(-6, 6, len(function["data"]))
    assert np.array(function["data"]) == pytest.approx(np.stack([z, np.tanh(z)], 1), abs=6e-5)
    assert np.array(slope["data"]) == pytest.approx(np.stack([z, 1 - np.tanh(z) ** 2], 1), abs=6e-5)
    assert (colour(function), colour(slope)) == (TRAIN, VALIDATION)
    assert slope["lineStyle"]["type"] == "dashed" and "type" not in function["lineStyle"]
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("Z", "VALUE")
    assert words(option) == {*CURVE.values()}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_curve_fills_its_axis(name: str) -> None:
    option = chart(curve_chart(curve(ACTIVATIONS[name].function, 3.0), CURVE))
    assert ends(option["xAxis"]) == (-3, 3)
    assert "max" not in option["yAxis"] and "min" not in option["yAxis"]  # as high as it gets


def test_cells_by_value_before_and_after() -> None:
    values = 2 * torch.randn(500, generator=torch.Generator().manual_seed(0))
    option = chart(histogram_chart(apply(torch.relu, values).histograms(bins=20), HISTOGRAM))
    span = (float(values.min()), float(values.max()))
    assert list(by_name(option)) == ["BEFORE", "AFTER"]
    for name, expected, paint in (
        ("BEFORE", values, TRAIN),
        ("AFTER", values.clamp(min=0), VALIDATION),
    ):
        counts, edges = np.histogram(expected.numpy(), 20, span)
        steps = by_name(option)[name]
        assert [x for x, _ in steps["data"]] == pytest.approx((edges[:-1] + edges[1:]) / 2, abs=1e-4)
        assert [y for _, y in steps["data"]] == counts.tolist()
        assert colour(steps) == steps["areaStyle"]["color"] == paint
        assert steps["step"] == "middle" and 0 < steps["areaStyle"]["opacity"] < 1
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("Z", "COUNT")
    assert words(option) == {*HISTOGRAM.values()}


def test_negative_values_are_on_the_axis_and_counts_begin_at_zero() -> None:
    option = chart(histogram_chart(apply(torch.relu, torch.tensor([-3.0, -1.0])).histograms(), HISTOGRAM))
    assert option["xAxis"]["min"] is None and option["xAxis"]["scale"] is True
    assert option["yAxis"]["min"] == 0 and option["yAxis"]["scale"] is False


def test_a_map_of_equal_values() -> None:
    option = chart(histogram_chart(apply(torch.relu, torch.full((4,), 2.0)).histograms(), HISTOGRAM))
    assert sum(count for _, count in by_name(option)["AFTER"]["data"]) == 4


def test_sums_are_coloured_by_sign() -> None:
    values = [-0.5, 0.0, 1.234567, -1e-9]
    option = chart(sums_chart(["red", "green", "blue", "bias"], values, {"axis": "AXIS", "value": "VALUE"}))
    (bars,) = option["series"]
    assert option["xAxis"]["data"] == ["red", "green", "blue", "bias"]
    assert (option["xAxis"]["type"], option["yAxis"]["type"], bars["type"]) == ("category", "value", "bar")
    assert [row["value"] for row in bars["data"]] == pytest.approx(values, abs=1e-5)
    assert [row["itemStyle"]["color"] for row in bars["data"]] == [NEGATIVE, POSITIVE, POSITIVE, NEGATIVE]
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("AXIS", "VALUE")
    assert not option["yAxis"].get("scale")  # bars begin at zero
    assert option["tooltip"]["valueFormatter"] % 1.23456 == "1.235"
    assert (option["tooltip"]["trigger"], bars["name"]) == ("axis", "VALUE")
    assert words(option) == {"red", "green", "blue", "bias", "AXIS", "VALUE"}


def test_no_sums() -> None:
    option = chart(sums_chart([], [], {"axis": "AXIS", "value": "VALUE"}))
    assert option["xAxis"]["data"] == option["series"][0]["data"] == []


def test_a_line_per_stage_over_the_shift() -> None:
    course = [Changes(0, 0, 0, 0), Changes(0.1, 0.2, 0.3, 0.45678), Changes(0.4, 1.5, 0.6, 0.7)]
    option = chart(changes_chart(course, CHANGES))
    assert {name: one["data"] for name, one in by_name(option).items()} == {
        "IMAGE": [[0, 0], [1, 10], [2, 40]],
        "CONVOLUTION": [[0, 0], [1, 20], [2, 150]],
        "POOLED": [[0, 0], [1, 30], [2, 60]],
        "POOLED_TWICE": [[0, 0], [1, 45.68], [2, 70]],
    }
    assert [colour(one) for one in option["series"]] == list(RUNS[:4])
    assert all(one["showSymbol"] for one in option["series"])
    assert ends(option["xAxis"]) == (0, 2) and option["xAxis"]["interval"] == 1
    assert option["yAxis"]["min"] == 0 and "max" not in option["yAxis"]  # a change may exceed 100%
    assert option["yAxis"]["scale"] is False
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("PIXELS", "CHANGE")
    assert option["legend"]["type"] == "plain"
    assert words(option) == {*CHANGES.values()}


def test_a_map_of_zeros_leaves_a_gap() -> None:
    option = chart(changes_chart([Changes(0.1, math.nan, math.nan, math.nan)], CHANGES))
    assert [one["data"] for one in option["series"]] == [[[0, 10]], [[0, None]], [[0, None]], [[0, None]]]


def test_accuracy_over_the_shift_on_a_whole_axis() -> None:
    shares = [0.61, 0.57, 0.1234567]
    option = chart(accuracy_chart(shares, ACCURACY))
    (one,) = option["series"]
    assert one["data"] == [[0, 61], [1, 57], [2, 12.35]]
    assert (one["name"], colour(one), one["showSymbol"]) == ("ACCURACY", VALIDATION, True)
    assert ends(option["xAxis"]) == (0, 2) and ends(option["yAxis"]) == (0, 100)
    assert option["xAxis"]["interval"] == 1 and option["yAxis"]["scale"] is False
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("PIXELS", "ACCURACY")
    assert words(option) == {*ACCURACY.values()}
