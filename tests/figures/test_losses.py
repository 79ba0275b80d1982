"""core.figures.losses: curves as passed in, this sample on them, and an axis that holds it."""

import math

import numpy as np
import pytest

from core.figures.losses import criteria, minus_log, parts
from core.figures.palette import CRITERIA, LEARNING_RATE, TRAIN, VALIDATION
from core.losses import cross_entropy
from core.losses.criteria import CRITERIA as FUNCTIONS
from core.losses.criteria import sweep
from tests.figures.options import by_name, chart, colour, ends, words

LOG = {name: name.upper() for name in ("p", "loss", "curve", "here")}
NAMES = {name: name.upper() for name in FUNCTIONS} | {"x": "LOGIT", "y": "PULL"}
PARTS = {name: name.upper() for name in ("cost", "penalty", "value")}
BOUNDS = (-1.5, 2.0)


def test_minus_log_of_p() -> None:
    option = chart(minus_log(cross_entropy.minus_log(), 0.25, math.log(4), LOG))
    assert list(by_name(option)) == ["CURVE", "HERE"]  # the point lies on the curve, not below it
    curve = by_name(option)["CURVE"]
    p, loss = np.array(curve["data"]).T
    assert len(p) > 50 and loss == pytest.approx(-np.log(p), rel=0.01, abs=1e-3)
    assert colour(curve) == LEARNING_RATE
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("P", "LOSS")
    assert words(option) == {*LOG.values()}


def test_this_sample_lies_on_the_curve() -> None:
    option = chart(minus_log(cross_entropy.minus_log(), 0.25, math.log(4), LOG))
    here = by_name(option)["HERE"]
    assert here["data"] == [[0.25, math.log(4)]]
    assert (here["type"], colour(here)) == ("scatter", TRAIN)
    assert here["symbolSize"] > 8
    mark = here["markLine"]
    assert mark["data"] == [{"xAxis": 0.25}, {"yAxis": math.log(4)}]
    assert mark["lineStyle"] == {"color": TRAIN, "type": "dotted"}
    assert (mark["symbol"], mark["label"]["show"]) == ("none", False)


@pytest.mark.parametrize("loss", [0.0, 2.3, 6.99, 7.0, 7.4, 19.9, 1e4])
def test_any_loss_is_on_the_axis(loss: float) -> None:
    option = chart(minus_log(cross_entropy.minus_log(), math.exp(-loss), loss, LOG))
    assert ends(option["xAxis"]) == (0, 1)
    low, high = ends(option["yAxis"])
    assert low == 0 and loss < high and 7 <= high <= max(7, 1.2 * loss + 1)
    assert option["yAxis"]["scale"] is False


def test_a_line_per_criterion() -> None:
    swept = {name: sweep(name, [0.5, -1.0, 2.0], 2) for name in FUNCTIONS}
    curves = {name: list(zip(one.x.tolist(), one.pull.tolist(), strict=True)) for name, one in swept.items()}
    option = chart(criteria(curves, 2.0, BOUNDS, NAMES))
    assert list(by_name(option)) == [name.upper() for name in FUNCTIONS]
    for name, one in swept.items():
        drawn = by_name(option)[name.upper()]
        assert np.array(drawn["data"]) == pytest.approx(np.stack([one.x, one.pull], 1), rel=1e-3, abs=1e-9)
        assert colour(drawn) == CRITERIA[name]
    assert ends(option["xAxis"]) == (-10, 10) and ends(option["yAxis"]) == BOUNDS
    assert option["yAxis"]["scale"] is False
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("LOGIT", "PULL")
    assert option["legend"]["type"] == "plain"
    assert words(option) == {*NAMES.values()}


def test_one_dotted_line_at_the_present_logit() -> None:
    curves = {"mse_softmax": [(-1.0, 2.0), (3.0, 0.5)], "cross_entropy": [(-2.0, 1.0)]}
    option = chart(criteria(curves, -0.75, BOUNDS, NAMES))
    assert ends(option["xAxis"]) == (-2, 3)
    (mark,) = [one["markLine"] for one in option["series"] if "markLine" in one]
    assert mark["data"] == [{"xAxis": -0.75}] and mark["symbol"] == "none"
    assert (mark["lineStyle"]["type"], mark["lineStyle"]["color"]) == ("dotted", LEARNING_RATE)
    assert mark["label"]["show"] is False


@pytest.mark.parametrize(("cost", "penalty"), [(2.25, 0.5), (0.0, 3.0), (1e-7, 0.0)])
def test_the_objective_is_cost_and_penalty_in_one_bar(cost: float, penalty: float) -> None:
    option = chart(parts(cost, penalty, PARTS))
    assert {name: one["data"] for name, one in by_name(option).items()} == {
        "COST": [cost],
        "PENALTY": [penalty],
    }
    assert [one["name"] for one in option["series"]] == ["COST", "PENALTY"]
    assert [colour(one) for one in option["series"]] == [TRAIN, VALIDATION]
    assert {(one["type"], one["stack"]) for one in option["series"]} == {("bar", "all")}
    assert (option["xAxis"]["type"], option["xAxis"]["min"]) == ("value", 0)
    assert (option["yAxis"]["type"], option["yAxis"]["data"]) == ("category", [""])
    assert option["xAxis"]["name"] == "VALUE"
    assert option["tooltip"]["trigger"] == "item" and "legend" in option
    assert option["tooltip"]["valueFormatter"] % 1.23456 == "1.235"
    assert words(option) == {*PARTS.values()}
