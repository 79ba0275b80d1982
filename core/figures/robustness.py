"""Accuracy against the strength of a change."""

from collections.abc import Mapping, Sequence

from core.figures.echarts import Option, base, line
from core.figures.palette import LEARNING_RATE, VALIDATION


def robustness(strengths: Sequence[float], accuracies: Sequence[float], here: float, labels: Mapping[str, str]) -> Option:
    """A dotted line where the slider stands, and one at chance. labels: strength, accuracy, chance."""
    option = base(labels["strength"], labels["accuracy"])
    option["xAxis"] |= {"min": min(strengths), "max": max(strengths)}
    option["yAxis"] |= {"scale": False, "min": 0, "max": 100}
    points = [[strength, round(100 * accuracy, 2)] for strength, accuracy in zip(strengths, accuracies, strict=True)]
    curve = line(labels["accuracy"], points, VALIDATION, showSymbol=True)
    dotted = {"silent": True, "symbol": "none", "label": {"show": False}}
    curve["markLine"] = {**dotted, "lineStyle": {"color": LEARNING_RATE, "type": "dotted", "width": 2}, "data": [{"xAxis": here}]}
    chance = line(labels["chance"], [[min(strengths), 10], [max(strengths), 10]], LEARNING_RATE)
    option["series"] = [curve, chance]
    return option
