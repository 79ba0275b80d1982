"""core.figures.bars: one bar per name, from top to bottom, as long as its number and with it at the end."""

import pytest
import torch

from core.figures.bars import class_balance, horizontal, probabilities, speeds
from core.figures.palette import TRAIN, VALIDATION
from tests.figures.options import chart, words

NAMES = ["cat", "dog", "ship"]


def test_one_bar_per_name_from_top_to_bottom() -> None:
    option = chart(horizontal(NAMES, [{"value": 3}, {"value": 0}, {"value": 5}], "AXIS"))
    assert (option["yAxis"]["type"], option["yAxis"]["data"]) == ("category", NAMES)
    assert option["yAxis"]["inverse"] is True
    assert (option["xAxis"]["type"], option["xAxis"]["name"]) == ("value", "AXIS")
    assert option["xAxis"]["nameLocation"] == "middle"
    assert not option["xAxis"].get("scale")  # bars begin at zero
    (bars,) = option["series"]
    assert (bars["type"], bars["itemStyle"]["color"]) == ("bar", TRAIN)
    assert [row["value"] for row in bars["data"]] == [3, 0, 5]
    assert (bars["label"]["show"], bars["label"]["position"]) == (True, "right")
    assert option["animation"] is False


def test_images_of_each_class() -> None:
    option = chart(class_balance([3, 0, 5], NAMES, {"images": "IMAGES"}))
    assert option["yAxis"]["data"] == NAMES
    assert [row["value"] for row in option["series"][0]["data"]] == [3, 0, 5]
    assert option["xAxis"]["minInterval"] == 1  # there is no half image
    assert option["tooltip"]["trigger"] == "axis"
    assert words(option) == {*NAMES, "IMAGES"}


def test_our_own_way_stands_out_among_the_speeds() -> None:
    rates = {"0 workers": 1234.6, "2 workers": 99.4, "ours": 1_000_000.0}
    option = chart(speeds(rates, "ours", {"rate": "RATE"}))
    (bars,) = option["series"]
    assert option["yAxis"]["data"] == list(rates)
    assert [row["value"] for row in bars["data"]] == [1235, 99, 1_000_000]
    assert [row["label"]["formatter"] for row in bars["data"]] == ["1,235", "99", "1,000,000"]
    assert [row["itemStyle"]["color"] for row in bars["data"]] == [TRAIN, TRAIN, VALIDATION]
    assert words(option) == {*rates, "RATE", "1,235", "99", "1,000,000"}


def test_speeds_before_ours_is_measured() -> None:
    option = chart(speeds({"0 workers": 12.0}, "", {"rate": "RATE"}))
    assert [row["itemStyle"]["color"] for row in option["series"][0]["data"]] == [TRAIN]


def test_probabilities_in_per_cent_on_a_whole_axis() -> None:
    shares = torch.tensor([2.0, 0.5, -1.0]).softmax(0)
    option = chart(probabilities(NAMES, shares.tolist(), {"probability": "P"}))
    (bars,) = option["series"]
    values = [row["value"] for row in bars["data"]]
    assert values == pytest.approx((100 * shares).tolist(), abs=0.005)
    assert option["yAxis"]["data"] == NAMES
    assert [row["label"]["formatter"] for row in bars["data"]] == ["78.6%", "17.5%", "3.9%"]
    assert (option["xAxis"]["min"], option["xAxis"]["max"]) == (0, 100)
    assert option["xAxis"]["max"] % option["xAxis"]["interval"] == 0  # a tick at 100
    assert words(option) == {*NAMES, "P", "78.6%", "17.5%", "3.9%"}


def test_a_certain_answer_fills_its_axis() -> None:
    option = chart(probabilities(["cat"], [1.0], {"probability": "P"}))
    assert option["series"][0]["data"][0] == {"value": 100, "label": {"formatter": "100.0%"}}


def test_no_bars() -> None:
    for option in (
        class_balance([], [], {"images": ""}),
        speeds({}, "ours", {"rate": ""}),
        probabilities([], [], {"probability": ""}),
    ):
        assert (option["yAxis"]["data"], option["series"][0]["data"]) == ([], [])
