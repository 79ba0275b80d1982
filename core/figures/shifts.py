"""A shifted image: how much the maps change, and what becomes of the accuracy."""

import math
from collections.abc import Mapping, Sequence

from core.figures.echarts import Option, base, line
from core.figures.palette import RUNS, VALIDATION
from core.layers.shifts import Changes

Labels = Mapping[str, str]


def changes_chart(course: Sequence[Changes], labels: Labels) -> Option:
    """Change in per cent over the shift in pixels, one line for each stage. labels: pixels, change, and the fields of Changes."""
    option = base(labels["pixels"], labels["change"])
    option["legend"] |= {"type": "plain"}  # four names take two lines
    option["grid"] |= {"top": 64}
    option["yAxis"] |= {"scale": False, "min": 0}
    option["xAxis"] |= {"max": len(course) - 1, "interval": 1}
    option["series"] = [
        line(labels[stage], [[step, _percent(getattr(one, stage))] for step, one in enumerate(course)], colour, showSymbol=True)
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
