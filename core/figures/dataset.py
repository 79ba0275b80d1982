"""Charts of a data set: images by class, histograms of its values, their range under each normalisation."""

import math
from collections.abc import Mapping, Sequence

from torch import Tensor

from core.dataset.statistics import ChannelValues
from core.figures.echarts import Option, base, line
from core.figures.palette import CHANNELS, LEARNING_RATE, TEST, TRAIN, VALIDATION

Labels = Mapping[str, str]


def class_counts(counts: Mapping[str, Sequence[int]], classes: Sequence[str], labels: Labels) -> Option:
    """Number of images of each class, one bar per class, one part per split.

    labels: images, train, validation, test.
    """
    colours = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    option = base(labels["images"], "")
    option["tooltip"] |= {"axisPointer": {"type": "shadow"}, "valueFormatter": "localized"}
    option["yAxis"] = {
        "type": "category",
        "data": list(classes),
        "inverse": True,
        "axisTick": {"show": False},
    }
    option["series"] = [
        {
            "type": "bar",
            "stack": "all",
            "name": labels[split],
            "data": list(numbers),
            "itemStyle": {"color": colours[split]},
        }
        for split, numbers in counts.items()
    ]
    return option


def histograms(histogram: Tensor, values: ChannelValues, labels: Labels) -> Option:
    """Share of each of the 256 levels in per cent, one line per channel, with a dashed line at its mean.

    labels: value, share, red, green, blue.
    """
    total = histogram.sum(1, keepdim=True)
    share = (100 * histogram.double() / total).nan_to_num(0.0)
    option = base(labels["value"], labels["share"])
    option["xAxis"] |= {"max": 255, "interval": 51}
    option["yAxis"] |= {"scale": False, "min": 0}
    option["series"] = [
        line(
            labels[name],
            [[level, round(part, 4)] for level, part in enumerate(share[channel].tolist())],
            CHANNELS[channel],
            areaStyle={"opacity": 0.08},
            markLine=_mark_line(255 * values.mean[channel], CHANNELS[channel]),
        )
        for channel, name in enumerate(("red", "green", "blue"))
    ]
    return option


def ranges(found: Mapping[str, ChannelValues], labels: Labels) -> Option:
    """Range of the values of each channel under each way to normalise.

    A thin line goes from the smallest to the largest value, a thick one covers one deviation around the mean.
    labels: value, red, green, blue, and a word for each way.
    """
    rows = [(way, channel) for way in found for channel in range(3)]
    names = [f"{labels[way]} · {labels[name]}" for way in found for name in ("red", "green", "blue")]
    option = base(labels["value"], "")
    option.pop("legend")
    option["grid"] |= {"top": 8}
    option["tooltip"] = {"show": False}
    widest = max(max(map(abs, (*values.low, *values.high))) for values in found.values())
    bound = max(3, math.ceil(widest))
    option["xAxis"] |= {"min": -bound, "max": bound} | ({"interval": 1} if bound < 8 else {})
    option["yAxis"] = {"type": "category", "data": names, "inverse": True, "axisTick": {"show": False}}
    for (way, channel), name in zip(rows, names, strict=True):
        values, colour = found[way], CHANNELS[channel]
        mean, std = values.mean[channel], values.std[channel]
        option["series"] += [
            line(name, [[values.low[channel], name], [values.high[channel], name]], colour),
            line(
                name,
                [[mean - std, name], [mean + std, name]],
                colour,
                lineStyle={"width": 9, "color": colour, "opacity": 0.55},
            ),
            {
                "type": "scatter",
                "name": name,
                "data": [[mean, name]],
                "symbolSize": 8,
                "itemStyle": {"color": colour},
                "z": 3,
            },
        ]
    option["series"][0]["markLine"] = _mark_line(0, LEARNING_RATE)
    return option


def _mark_line(value: float, colour: str) -> Option:
    style = {"color": colour, "type": "dashed", "width": 1.5}
    return {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": style,
        "data": [{"xAxis": round(value, 2)}],
    }
