"""Chart of confidence against accuracy."""

import math
from collections.abc import Mapping

from core.evaluation import Calibration
from core.figures.echarts import Option, base, line
from core.figures.palette import LEARNING_RATE, VALIDATION


def reliability(calibration: Calibration, labels: Mapping[str, str]) -> Option:
    """Accuracy of the answers by bin of confidence, in per cent, beside the diagonal of ideal calibration.

    labels: confidence, accuracy, model, ideal.
    """
    pairs = zip(
        calibration.confidence.tolist(),
        calibration.accuracy.tolist(),
        calibration.count.tolist(),
        strict=True,
    )
    points = [
        {
            "value": [round(100 * confidence, 2), round(100 * accuracy, 2)],
            "symbolSize": 6 + 2 * math.log10(count),
        }
        for confidence, accuracy, count in pairs
        if count
    ]
    option = base(labels["confidence"], labels["accuracy"])
    for axis in ("xAxis", "yAxis"):
        option[axis] |= {"min": 0, "max": 100, "scale": False}
    option["series"] = [
        line(
            labels["ideal"],
            [[0, 0], [100, 100]],
            LEARNING_RATE,
            lineStyle={"width": 1.5, "type": "dashed", "color": LEARNING_RATE},
        ),
        line(labels["model"], points, VALIDATION, showSymbol=True),
    ]
    return option
