"""Charts of activation functions, of partial sums, and of the effect of a shift on the maps."""

import math
from collections.abc import Mapping, Sequence

from torch import Tensor

from core.figures.echarts import Option, base, line
from core.figures.palette import NEGATIVE, POSITIVE, RUNS, TRAIN, VALIDATION
from core.layers.activations import Curve, Histograms
from core.layers.shifts import Changes

Labels = Mapping[str, str]


def curve_chart(curve: Curve, labels: Labels) -> Option:
    """The function and its slope over z. labels: z, value, function, slope."""
    option = base(labels["z"], labels["value"])
    low, high = float(curve.z[0]), float(curve.z[-1])
    option["xAxis"] |= {"min": low, "max": high}
    option["yAxis"] |= {"nameGap": 28}
    option["series"] = [
        line(labels["function"], _points(curve.z, curve.value), TRAIN),
        line(
            labels["slope"],
            _points(curve.z, curve.slope),
            VALIDATION,
            lineStyle={"width": 2, "type": "dashed", "color": VALIDATION},
        ),
    ]
    return option


def histogram_chart(found: Histograms, labels: Labels) -> Option:
    """Number of cells by value, before and after. labels: z, count, before, after."""
    option = base(labels["z"], labels["count"])
    option["xAxis"] |= {"min": None, "scale": True}
    option["yAxis"] |= {"scale": False, "min": 0}
    option["series"] = [
        line(
            name,
            _points(found.middles, counts),
            colour,
            step="middle",
            areaStyle={"color": colour, "opacity": 0.25},
        )
        for name, counts, colour in (
            (labels["before"], found.before, TRAIN),
            (labels["after"], found.after, VALIDATION),
        )
    ]
    return option


def _points(x: Tensor, y: Tensor) -> list[list[float]]:
    return [[round(a, 4), round(b, 5)] for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def sums_chart(names: Sequence[str], values: Sequence[float], labels: Labels) -> Option:
    """One bar per value, coloured by sign. labels: axis, value."""
    return {
        "animation": False,
        "grid": {"left": 36, "right": 14, "top": 14, "bottom": 30, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.4g"},
        "xAxis": {
            "type": "category",
            "data": list(names),
            "name": labels["axis"],
            "nameLocation": "middle",
            "nameGap": 28,
        },
        "yAxis": {"type": "value", "name": labels["value"], "nameLocation": "middle", "nameGap": 34},
        "series": [
            {
                "type": "bar",
                "name": labels["value"],
                "data": [
                    {"value": round(value, 5), "itemStyle": {"color": NEGATIVE if value < 0 else POSITIVE}}
                    for value in values
                ],
            }
        ],
    }


def changes_chart(course: Sequence[Changes], labels: Labels) -> Option:
    """Change in per cent over the shift in pixels, one line per stage.

    labels: pixels, change, and the fields of Changes.
    """
    option = base(labels["pixels"], labels["change"])
    option["legend"] |= {"type": "plain"}  # four names take two lines
    option["grid"] |= {"top": 64}
    option["yAxis"] |= {"scale": False, "min": 0}
    option["xAxis"] |= {"max": len(course) - 1, "interval": 1}
    option["series"] = [
        line(
            labels[stage],
            [[step, _percent(getattr(changes, stage))] for step, changes in enumerate(course)],
            colour,
            showSymbol=True,
        )
        for stage, colour in zip(("image", "convolution", "pooled", "pooled_twice"), RUNS, strict=False)
    ]
    return option


def accuracy_chart(shares: Sequence[float], labels: Labels) -> Option:
    """Accuracy in per cent over the shift in pixels. labels: pixels, accuracy."""
    option = base(labels["pixels"], labels["accuracy"])
    option["yAxis"] |= {"scale": False, "min": 0, "max": 100}
    option["xAxis"] |= {"max": len(shares) - 1, "interval": 1}
    points = [[step, round(100 * share, 2)] for step, share in enumerate(shares)]
    option["series"] = [line(labels["accuracy"], points, VALIDATION, showSymbol=True, symbolSize=6)]
    return option


def _percent(share: float) -> float | None:
    return None if math.isnan(share) else round(100 * share, 2)
