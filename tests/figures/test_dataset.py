"""core.figures.dataset: what is drawn is what was measured, and any numbers make a chart."""

import json

import pytest
import torch

from core.dataset.statistics import ChannelValues, measure
from core.figures.dataset import class_counts, histograms, ranges
from core.normalisations import NORMALISATIONS
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
    thin, thick, dot = ranges({"halves": values}, LABELS)["series"][:3]
    assert [x for x, _ in thin["data"]] == [-1, 1]
    assert [x for x, _ in thick["data"]] == pytest.approx([-1, 1])
    assert dot["data"][0][0] == pytest.approx(0)
