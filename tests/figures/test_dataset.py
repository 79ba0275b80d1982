"""core.figures.dataset: what is drawn is what was measured, and any numbers make a chart."""

import json

import pytest
import torch

from core.dataset.statistics import ChannelValues, measure
from core.figures.dataset import class_counts, histograms, ranges
from core.figures.palette import CHANNELS, LEARNING_RATE, TEST, TRAIN, VALIDATION
from core.normalisations import NORMALISATIONS
from tests.figures.options import by_name, chart, colour, ends, words
from tests.support.sample_data import noise

LABELS = {
    name: name.upper()
    for name in ("images", "train", "validation", "test", "value", "share", "red", "green", "blue", "halves")
}


def test_counts_are_stacked_by_split() -> None:
    counts = {"train": [4, 5], "validation": [1, 0], "test": [2, 2]}
    option = class_counts(counts, ["cat", "dog"], LABELS)
    assert {series["name"]: series["data"] for series in option["series"]} == {
        name.upper(): numbers for name, numbers in counts.items()
    }
    assert len({series["stack"] for series in option["series"]}) == 1
    assert option["yAxis"]["data"] == ["cat", "dog"]


def test_counts_are_bars_from_zero_in_the_colours_of_the_splits() -> None:
    option = chart(class_counts({"test": [2], "train": [4], "validation": [0]}, ["cat"], LABELS))
    assert [(one["type"], colour(one)) for one in option["series"]] == [
        ("bar", TEST),
        ("bar", TRAIN),
        ("bar", VALIDATION),
    ]
    assert (option["xAxis"]["type"], option["xAxis"]["name"]) == ("value", "IMAGES")
    assert option["xAxis"]["min"] == 0 and "max" not in option["xAxis"]
    assert (option["yAxis"]["type"], option["yAxis"]["inverse"]) == ("category", True)
    assert (option["tooltip"]["trigger"], option["tooltip"]["axisPointer"]) == ("axis", {"type": "shadow"})
    assert option["tooltip"]["valueFormatter"] == "localized"  # counts are whole
    assert words(option) == {"cat", "IMAGES", "TRAIN", "VALIDATION", "TEST"}


def test_every_level_has_its_share_in_its_channel() -> None:
    images, labels = noise(20)
    option = chart(histograms(*measure(images, labels).of(), LABELS))
    expected = [
        100 * torch.bincount(images[:, channel].flatten().long(), minlength=256) / images[:, 0].numel()
        for channel in range(3)
    ]
    for name, shares, paint in zip(("RED", "GREEN", "BLUE"), expected, CHANNELS, strict=True):
        drawn = by_name(option)[name]
        assert [level for level, _ in drawn["data"]] == list(range(256))
        assert [share for _, share in drawn["data"]] == pytest.approx(shares.tolist(), abs=1e-4)
        mean = drawn["markLine"]
        assert colour(drawn) == mean["lineStyle"]["color"] == paint
        assert (mean["lineStyle"]["type"], mean["symbol"], mean["label"]["show"]) == ("dashed", "none", False)
        assert drawn["areaStyle"]["opacity"] < 0.3
    assert ends(option["xAxis"]) == (0, 255) and option["xAxis"]["interval"] == 51
    assert option["yAxis"]["min"] == 0 and option["yAxis"]["scale"] is False
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("VALUE", "SHARE")
    assert words(option) == {"RED", "GREEN", "BLUE", "VALUE", "SHARE"}


def test_a_channel_of_one_level_and_one_without_values() -> None:
    histogram = torch.zeros(3, 256, dtype=torch.int64)
    histogram[0, 200] = 5
    flat = ChannelValues((200 / 255, 0.0, 0.0), (0.0,) * 3, (0.0,) * 3, (1.0,) * 3)
    red, green, _ = chart(histograms(histogram, flat, LABELS))["series"]
    assert [level for level, share in red["data"] if share] == [200] and red["data"][200][1] == 100
    assert not any(share for _, share in green["data"])


def test_a_histogram_sums_to_everything() -> None:
    images, labels = noise(50)
    histogram, values = measure(images, labels).of()
    option = histograms(histogram, values, LABELS)
    for channel, series in enumerate(option["series"]):
        assert sum(part for _, part in series["data"]) == pytest.approx(100, abs=0.02)
        assert series["data"][7] == [
            7,
            pytest.approx(100 * int((images[:, channel] == 7).sum()) / images[:, channel].numel(), abs=1e-4),
        ]
        assert series["markLine"]["data"] == [{"xAxis": round(images[:, channel].double().mean().item(), 2)}]
    json.dumps(option, allow_nan=False)


@pytest.mark.parametrize("high", [0.0, 2.9, 255.0, 1e9])
def test_ranges_fit_on_their_axis(high: float) -> None:
    values = ChannelValues((0.5,) * 3, (0.25,) * 3, (-1.0,) * 3, (high,) * 3)
    option = ranges({"halves": values}, LABELS)
    axis = option["xAxis"]
    assert axis["min"] == -axis["max"] <= -3
    for series in option["series"]:
        assert all(axis["min"] <= x <= axis["max"] for x, _ in series["data"])
    assert option["yAxis"]["data"] == ["HALVES · RED", "HALVES · GREEN", "HALVES · BLUE"]
    json.dumps(option, allow_nan=False)


def test_a_thick_line_is_one_deviation_around_the_mean() -> None:
    images = torch.full((2, 3, 32, 32), 255, dtype=torch.uint8)
    images[0] = 0
    values = measure(images, torch.tensor([0, 1])).of()[1].normalised(*NORMALISATIONS["half"])
    option = ranges({"halves": values}, LABELS)
    thin, thick, dot = option["series"][:3]
    assert ends(option["xAxis"]) == (-3, 3)
    assert [x for x, _ in thin["data"]] == [-1, 1]
    assert [x for x, _ in thick["data"]] == pytest.approx([-1, 1])
    assert dot["data"][0][0] == pytest.approx(0)


def test_ranges_by_way_and_channel_from_top_to_bottom() -> None:
    first = ChannelValues((0.1, 0.2, 0.3), (0.5, 0.6, 0.7), (-1.0, -2.0, -4.2), (1.0, 2.0, 2.5))
    second = ChannelValues((0.0,) * 3, (1.0,) * 3, (-2.0,) * 3, (2.0,) * 3)
    option = chart(ranges({"halves": first, "value": second}, LABELS))
    names = [f"{way} · {channel}" for way in ("HALVES", "VALUE") for channel in ("RED", "GREEN", "BLUE")]
    assert (option["yAxis"]["data"], option["yAxis"]["inverse"]) == (names, True)
    assert option["yAxis"]["type"] == "category"
    for row, name in enumerate(names):
        thin, thick, dot = option["series"][3 * row : 3 * row + 3]
        values, channel = (first, second)[row // 3], row % 3
        mean, std = values.mean[channel], values.std[channel]
        assert thin["data"] == [[values.low[channel], name], [values.high[channel], name]]
        assert [x for x, _ in thick["data"]] == pytest.approx([mean - std, mean + std])
        assert dot["data"] == [[mean, name]] and dot["type"] == "scatter"
        assert [colour(one) for one in (thin, thick, dot)] == [CHANNELS[channel]] * 3
        assert {place for one in (thin, thick, dot) for _, place in one["data"]} == {name}
        assert {one["name"] for one in (thin, thick, dot)} == {name}
        assert thick["lineStyle"]["width"] > 2 * thin["lineStyle"]["width"]
        assert thick["lineStyle"]["opacity"] < 1  # the thin line shows through
    assert ends(option["xAxis"]) == (-5, 5) and option["xAxis"]["interval"] == 1
    assert option["xAxis"]["name"] == "VALUE"
    assert "legend" not in option and option["tooltip"] == {"show": False}  # the rows name themselves
    assert words(option) == {*names, "VALUE"}


def test_one_dashed_line_at_zero() -> None:
    values = ChannelValues((0.5,) * 3, (0.25,) * 3, (-1.0,) * 3, (40.0,) * 3)
    option = chart(ranges({"halves": values}, LABELS))
    (mark,) = [one["markLine"] for one in option["series"] if "markLine" in one]
    assert mark["data"] == [{"xAxis": 0}] and mark["lineStyle"]["type"] == "dashed"
    assert mark["lineStyle"]["color"] == LEARNING_RATE
    assert "interval" not in option["xAxis"]  # a tick for each of 80 would be too many
