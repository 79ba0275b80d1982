"""Bars: images by class in a batch, and images per second of the ways to make batches."""

from collections.abc import Mapping, Sequence

from core.figures.echarts import Option
from core.figures.palette import TRAIN, VALIDATION


def class_balance(counts: Sequence[int], classes: Sequence[str], labels: Mapping[str, str]) -> Option:
    """How many images of each class a batch has. labels: images."""
    return _bars(classes, [{"value": count} for count in counts], labels["images"]) | {"tooltip": {"trigger": "axis", "confine": True}}


def speeds(rates: Mapping[str, float], ours: str, labels: Mapping[str, str]) -> Option:
    """Images per second by the name of the way; `ours` is the name of this app's own. labels: rate."""
    rows = [
        {
            "value": round(rate),
            "itemStyle": {"color": VALIDATION if name == ours else TRAIN},
            "label": {"formatter": f"{rate:,.0f}"},
        }
        for name, rate in rates.items()
    ]
    return _bars(list(rates), rows, labels["rate"])


def _bars(names: Sequence[str], rows: list[Option], axis: str) -> Option:
    """One horizontal bar a row, its number at its end."""
    return {
        "animation": False,
        "grid": {"left": 8, "right": 64, "top": 8, "bottom": 30, "containLabel": True},
        "xAxis": {"type": "value", "name": axis, "nameLocation": "middle", "nameGap": 26, "minInterval": 1, "splitNumber": 4},
        "yAxis": {"type": "category", "data": list(names), "inverse": True},
        "series": [{"type": "bar", "data": rows, "itemStyle": {"color": TRAIN}, "label": {"show": True, "position": "right"}}],
    }
