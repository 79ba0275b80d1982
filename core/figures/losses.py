"""Charts of losses and their pull: curves of -ln p and of several criteria, and the parts of an objective."""

from collections.abc import Mapping, Sequence

from core.figures.echarts import Option, base, line
from core.figures.palette import CRITERIA, LEARNING_RATE, TRAIN, VALIDATION

Points = Sequence[tuple[float, float]]


def minus_log(curve: Points, p: float, loss: float, labels: Mapping[str, str]) -> Option:
    """The curve of -ln p over p, with this sample on it. labels: p, loss, curve, here."""
    option = base(labels["p"], labels["loss"])
    option["xAxis"] |= {"max": 1}
    option["yAxis"] |= {"scale": False, "nameGap": 24, "min": 0, "max": max(7, round(1.1 * loss + 0.5))}
    option["series"] = [
        line(labels["curve"], _rounded(curve), LEARNING_RATE),
        {
            "type": "scatter",
            "name": labels["here"],
            "data": [[p, loss]],
            "symbolSize": 15,
            "itemStyle": {"color": TRAIN},
            "markLine": {
                "silent": True,
                "symbol": "none",
                "label": {"show": False},
                "lineStyle": {"color": TRAIN, "type": "dotted"},
                "data": [{"xAxis": p}, {"yAxis": loss}],
            },
        },
    ]
    return option


def criteria(
    curves: Mapping[str, Points], x: float, bounds: tuple[float, float], labels: Mapping[str, str]
) -> Option:
    """One line per criterion over the logit of the right class, with a dotted line at `x`, its present value.

    `bounds` are those of the vertical axis. labels: x, y, and the name of each criterion.
    """
    option = base(labels["x"], labels["y"])
    xs = [point[0] for curve in curves.values() for point in curve]
    option["xAxis"] |= {"min": min(xs), "max": max(xs)}
    option["yAxis"] |= {"scale": False, "min": bounds[0], "max": bounds[1]}
    option["legend"]["type"] = "plain"
    option["grid"]["top"] = 60  # the legend may take two lines
    option["series"] = [line(labels[name], _rounded(curve), CRITERIA[name]) for name, curve in curves.items()]
    option["series"][0]["markLine"] = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": LEARNING_RATE, "type": "dotted", "width": 2},
        "data": [{"xAxis": x}],
    }
    return option


def parts(cost: float, penalty: float, labels: Mapping[str, str]) -> Option:
    """Cost and penalty stacked in one bar: the objective. labels: cost, penalty, value."""
    bars = {"cost": (cost, TRAIN), "penalty": (penalty, VALIDATION)}
    return {
        "animation": False,
        "grid": {"left": 8, "right": 20, "top": 34, "bottom": 34, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "item", "confine": True, "valueFormatter": "%.4g"},
        "xAxis": {
            "type": "value",
            "name": labels["value"],
            "nameLocation": "middle",
            "nameGap": 24,
            "min": 0,
        },
        "yAxis": {"type": "category", "data": [""]},
        "series": [
            {
                "type": "bar",
                "stack": "all",
                "name": labels[name],
                "data": [value],
                "itemStyle": {"color": colour},
                "barWidth": 34,
            }
            for name, (value, colour) in bars.items()
        ],
    }


def _rounded(curve: Points) -> list[list[float]]:
    return [[round(x, 4), float(f"{y:.4g}")] for x, y in curve]
