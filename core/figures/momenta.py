"""Two positions against the step."""

from collections.abc import Mapping

from core.figures.echarts import Option, base, line
from core.figures.palette import OPTIMIZERS, VALIDATION
from core.optimizers.momenta import Momenta


def momenta_chart(both: Momenta, labels: Mapping[str, str]) -> Option:
    """labels: step, position, torch, tutorial."""
    option = base(labels["step"], labels["position"])
    option["series"] = [
        line(labels["torch"], _points(both.torch.tolist()), OPTIMIZERS["momentum"].colour),
        line(
            labels["tutorial"], _points(both.tutorial.tolist()), VALIDATION, lineStyle={"width": 3, "type": "dashed", "color": VALIDATION}
        ),
    ]
    return option


def _points(values: list[float]) -> list[list[float]]:
    return [[step, float(f"{value:.6g}")] for step, value in enumerate(values)]
