"""Common parts of all charts drawn by st.echarts_chart.

Such a chart keeps its node, so it doesn't flicker while it grows.
"""

from typing import Any

Option = dict[str, Any]


def base(x_name: str, y_name: str) -> Option:
    """Named axes, a legend below the title line, one tooltip for all series at once, no entry animation."""
    name = {"nameLocation": "middle", "nameTextStyle": {"fontSize": 12}}
    return {
        "animation": False,
        "grid": {"left": 28, "right": 14, "top": 40, "bottom": 30, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemGap": 14, "type": "scroll"},
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.4g"},
        "xAxis": {"type": "value", "name": x_name, "nameGap": 28, "min": 0, **name},
        "yAxis": {"type": "value", "name": y_name, "nameGap": 36, "scale": True, **name},
        "series": [],
    }


def line(name: str, points: list[Any], colour: str, **style: Any) -> Option:
    """A line through [x, y] pairs without symbols; `style` overrides."""
    return {
        "type": "line",
        "name": name,
        "data": points,
        "showSymbol": False,
        "lineStyle": {"width": 2, "color": colour},
        "itemStyle": {"color": colour},
        **style,
    }
