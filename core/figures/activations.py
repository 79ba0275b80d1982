"""An activation function: its curve with its slope, and what it does to a map's numbers."""

from collections.abc import Mapping

import torch
from torch import Tensor

from core.figures.echarts import Option, base, line
from core.figures.palette import TRAIN, VALIDATION
from core.layers.activations import Curve, Effect

Labels = Mapping[str, str]
BINS = 48


def curve_chart(curve: Curve, labels: Labels) -> Option:
    """The function and its slope over z. labels: z, value, function, slope."""
    option = base(labels["z"], labels["value"])
    low, high = float(curve.z[0]), float(curve.z[-1])
    option["xAxis"] |= {"min": low, "max": high}
    option["yAxis"] |= {"nameGap": 28}
    option["series"] = [
        line(labels["function"], _points(curve.z, curve.value), TRAIN),
        line(labels["slope"], _points(curve.z, curve.slope), VALIDATION, lineStyle={"width": 2, "type": "dashed", "color": VALIDATION}),
    ]
    return option


def histogram_chart(effect: Effect, labels: Labels) -> Option:
    """How many cells hold which value, before and after, in bins of equal width. labels: z, count, before, after."""
    option = base(labels["z"], labels["count"])
    option["xAxis"] |= {"min": None, "scale": True}
    option["yAxis"] |= {"scale": False, "min": 0}
    both = torch.cat([effect.before.flatten(), effect.after.flatten()])
    low, high = float(both.min()), float(both.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    width = (high - low) / BINS
    middles = torch.linspace(low + width / 2, high - width / 2, BINS)
    option["series"] = [
        line(
            name,
            _points(middles, torch.histc(values, BINS, low, high)),
            colour,
            step="middle",
            areaStyle={"color": colour, "opacity": 0.25},
        )
        for name, values, colour in ((labels["before"], effect.before, TRAIN), (labels["after"], effect.after, VALIDATION))
    ]
    return option


def _points(x: Tensor, y: Tensor) -> list[list[float]]:
    return [[round(a, 4), round(b, 5)] for a, b in zip(x.tolist(), y.tolist(), strict=True)]
