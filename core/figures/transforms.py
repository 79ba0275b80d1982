"""Chart of the spread of pixel values, by channel, before a pipeline and after it."""

import math
from collections.abc import Mapping

from core.figures.echarts import Option
from core.figures.palette import CHANNELS
from core.transforms.trace import Histogram

# Pixels: the legend and the first title, each of the two charts, the gap between them.
_TOP, _HEIGHT, _GAP = (44, 92, 62)


def before_after(before: Histogram, after: Histogram, labels: Mapping[str, str]) -> Option:
    """Two charts, one above the other, each with its own axis: forms and the numbers below can be compared.

    labels: before, after, red, green, blue.
    """
    halves = (before, after)
    return {
        "animation": False,
        "legend": {
            "top": 0,
            "left": 0,
            "icon": "roundRect",
            "itemHeight": 8,
            "data": [labels[name] for name in ("red", "green", "blue")],
        },
        "title": [_title(labels[name], _place(row)) for row, name in enumerate(("before", "after"))],
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.3g"},
        "grid": [{"left": 44, "right": 16, "top": _place(row), "height": _HEIGHT} for row in range(2)],
        "xAxis": [_axis(row, half) for row, half in enumerate(halves)],
        "yAxis": [
            {"type": "value", "gridIndex": row, "min": 0, "splitNumber": 2, "name": ""} for row in range(2)
        ],
        "series": [
            _steps(labels[name], row, half, channel)
            for row, half in enumerate(halves)
            for channel, name in enumerate(("red", "green", "blue"))
        ],
    }


def height() -> int:
    """Height of both charts together, in pixels."""
    return _place(1) + _HEIGHT + 28


def _place(row: int) -> int:
    return _TOP + row * (_HEIGHT + _GAP)


def _title(text: str, top: int) -> Option:
    return {"text": text, "left": 0, "top": top - 22, "textStyle": {"fontSize": 12, "fontWeight": "normal"}}


def _axis(row: int, half: Histogram) -> Option:
    middles = half.middles.tolist()
    margin = (middles[1] - middles[0]) / 2
    low, high = middles[0] - margin, middles[-1] + margin
    unit = 10 ** math.floor(math.log10(high - low)) / 20
    ends = {"min": math.floor(low / unit + 0.01) * unit, "max": math.ceil(high / unit - 0.01) * unit}
    return {
        "type": "value",
        "gridIndex": row,
        "splitLine": {"show": False},
        "axisLabel": {"showMaxLabel": False},
        **ends,
    }


def _steps(name: str, row: int, half: Histogram, channel: int) -> Option:
    pairs = zip(half.middles.tolist(), half.shares[channel].tolist(), strict=True)
    colour = CHANNELS[channel]
    return {
        "type": "line",
        "name": name,
        "xAxisIndex": row,
        "yAxisIndex": row,
        "data": [[_rounded(value), _rounded(100 * share)] for value, share in pairs],
        "step": "middle",
        "showSymbol": False,
        "lineStyle": {"width": 1.5, "color": colour},
        "itemStyle": {"color": colour},
        "areaStyle": {"color": colour, "opacity": 0.12},
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
