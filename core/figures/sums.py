"""Partial sums as bars: what each part adds to a total."""

from collections.abc import Mapping, Sequence

from core.figures.echarts import Option
from core.figures.palette import NEGATIVE, POSITIVE


def sums_chart(names: Sequence[str], values: Sequence[float], labels: Mapping[str, str]) -> Option:
    """One bar each, coloured by sign. labels: axis, value."""
    return {
        "animation": False,
        "grid": {"left": 36, "right": 14, "top": 14, "bottom": 30, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.4g"},
        "xAxis": {"type": "category", "data": list(names), "name": labels["axis"], "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": "value", "name": labels["value"], "nameLocation": "middle", "nameGap": 34},
        "series": [
            {
                "type": "bar",
                "name": labels["value"],
                "data": [{"value": round(value, 5), "itemStyle": {"color": NEGATIVE if value < 0 else POSITIVE}} for value in values],
            }
        ],
    }
