"""core.figures.transforms: shares against numpy, each half on an axis that holds all its values."""

from typing import Any

import numpy as np
import pytest
import torch

from core.figures.palette import CHANNELS
from core.figures.transforms import before_after, height
from core.normalisations import NORMALISATIONS
from core.transforms.trace import Histogram, histogram
from tests.figures.options import chart, colour, ends, words
from tests.support.sample_data import noise

LABELS = {name: name.upper() for name in ("before", "after", "red", "green", "blue")}


def normalised(images: torch.Tensor) -> torch.Tensor:
    """The images after ToTensor and Normalize."""
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALISATIONS["cifar"])
    return (images.float() / 255 - mean) / std


def drawn(before: Histogram, after: Histogram) -> Any:
    """Their chart."""
    return chart(before_after(before, after, LABELS))


def both() -> tuple[torch.Tensor, Any]:
    """Images [4, 3, 32, 32] and the chart of one of them before, and of all of them after."""
    images = noise(4)[0]
    images[:, 0] //= 2  # less red
    return images, drawn(histogram([images[0]]), histogram(list(normalised(images))))


def test_a_line_per_channel_before_and_after() -> None:
    images, option = both()
    after = normalised(images)
    halves = ((images[:1].float(), (0, 255)), (after, (float(after.min()), float(after.max()))))
    expected = [
        np.histogram(values[:, channel].numpy(), 48, span) for values, span in halves for channel in range(3)
    ]
    for one, (counts, edges) in zip(option["series"], expected, strict=True):
        values, shares = np.array(one["data"]).T
        assert values == pytest.approx((edges[:-1] + edges[1:]) / 2, rel=1e-3, abs=1e-3)
        assert shares == pytest.approx(100 * counts / counts.sum(), abs=0.05)
        assert (one["type"], one["step"], one["showSymbol"]) == ("line", "middle", False)
    assert [one["name"] for one in option["series"]] == ["RED", "GREEN", "BLUE"] * 2
    assert [colour(one) for one in option["series"]] == [*CHANNELS, *CHANNELS]
    assert [one["areaStyle"]["color"] for one in option["series"]] == [*CHANNELS, *CHANNELS]
    assert all(one["areaStyle"]["opacity"] < 0.5 for one in option["series"])


def test_before_is_above_after() -> None:
    _, option = both()
    assert [one["xAxisIndex"] for one in option["series"]] == [0, 0, 0, 1, 1, 1]
    assert [one["yAxisIndex"] for one in option["series"]] == [0, 0, 0, 1, 1, 1]
    assert [axis["gridIndex"] for axis in option["xAxis"]] == [0, 1]
    assert [axis["gridIndex"] for axis in option["yAxis"]] == [0, 1]
    assert [title["text"] for title in option["title"]] == ["BEFORE", "AFTER"]
    tops, bottoms = zip(
        *((grid["top"], grid["top"] + grid["height"]) for grid in option["grid"]), strict=True
    )
    titles = [title["top"] for title in option["title"]]
    assert option["legend"]["top"] < titles[0] < tops[0] < bottoms[0] < titles[1] < tops[1]
    assert bottoms[1] + 20 < height() < bottoms[1] + 40  # room for the numbers of the last axis
    assert option["legend"]["data"] == ["RED", "GREEN", "BLUE"]
    assert words(option) == {*LABELS.values()}


def test_pixels_have_the_whole_axis_and_shares_begin_at_zero() -> None:
    _, option = both()
    assert ends(option["xAxis"][0]) == pytest.approx((0, 255))
    assert all(axis["min"] == 0 and axis["type"] == "value" for axis in option["yAxis"])
    for axis in option["xAxis"]:
        assert axis["splitLine"]["show"] is False
        assert axis["axisLabel"]["showMaxLabel"] is False  # the end need not be a round number
    assert option["tooltip"]["trigger"] == "axis"
    assert option["tooltip"]["valueFormatter"] % 12.3456 == "12.3"


@pytest.mark.parametrize(
    "values",
    [
        normalised(noise(1)[0][0]),
        noise(1)[0][0] / 255,
        1e4 * normalised(noise(1)[0][0]) - 7e3,
        noise(1)[0][0] / 1000 + 5,
        torch.linspace(-7.02, 2, 192).view(3, 8, 8),
        torch.zeros(3, 8, 8),
        torch.full((3, 8, 8), -2.0),
    ],
)
def test_the_axis_after_holds_every_value_and_little_more(values: torch.Tensor) -> None:
    option = drawn(histogram(list(noise(1)[0])), histogram([values]))
    low, high = float(values.min()), float(values.max())
    spread = (high - low) or 1.0
    left, right = ends(option["xAxis"][1])
    slack = 2e-3 * spread  # a hundredth of a tick
    assert low - 0.6 * spread - slack <= left <= low + slack
    assert high - slack <= right <= high + 0.6 * spread + slack
    assert all(left < value < right for one in option["series"][3:] for value, _ in one["data"])
    assert sum(share for _, share in option["series"][3]["data"]) == pytest.approx(100, abs=0.1)


def test_a_single_value_is_one_bar_in_the_middle() -> None:
    option = drawn(histogram(list(noise(1)[0])), histogram([torch.zeros(3, 8, 8)]))
    tall = [[value for value, share in one["data"] if share] for one in option["series"][3:]]
    assert [len(values) for values in tall] == [1, 1, 1]
    assert ends(option["xAxis"][1]) == pytest.approx((-0.5, 0.5)) and abs(tall[0][0]) < 0.02
