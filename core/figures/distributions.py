"""How numbers are spread, one small chart a layer, each with its own axis around zero."""

from collections.abc import Mapping

from core.figures.echarts import Option
from core.figures.palette import NEGATIVE, POSITIVE
from core.inside.filters import Spread

HEIGHT = 190  # pixels of the whole row
_GAP = 3.0  # per cent between two charts


def distributions(spreads: Mapping[str, Spread], names: Mapping[str, str]) -> Option:
    """Histograms beside each other; bars below zero in the one colour, those above in the other. names: of each layer."""
    share = (100 - _GAP * (len(spreads) - 1)) / len(spreads)
    lefts = [index * (share + _GAP) for index in range(len(spreads))]
    return {
        "animation": False,
        "tooltip": {"trigger": "item", "confine": True},
        "title": [
            {"text": names[name], "left": f"{left:.2f}%", "top": 0, "textStyle": {"fontSize": 12, "fontWeight": "normal"}}
            for name, left in zip(spreads, lefts, strict=True)
        ],
        "grid": [{"left": f"{left:.2f}%", "width": f"{share:.2f}%", "top": 26, "bottom": 24} for left in lefts],
        "xAxis": [_across(index, one) for index, one in enumerate(spreads.values())],
        "yAxis": [{"type": "value", "gridIndex": index, "show": False, "min": 0} for index in range(len(spreads))],
        "series": [_bars(index, names[name], one) for index, (name, one) in enumerate(spreads.items())],
    }


def _across(index: int, one: Spread) -> Option:
    ends = {"min": float(f"{one.low:.3g}"), "max": float(f"{one.high:.3g}")}
    return {"type": "value", "gridIndex": index, "splitNumber": 2, "interval": ends["max"], "splitLine": {"show": False}, **ends}


def _bars(index: int, name: str, one: Spread) -> Option:
    rows = [
        {"value": [float(f"{middle:.4g}"), int(count)], "itemStyle": {"color": NEGATIVE if middle < 0 else POSITIVE}}
        for middle, count in zip(one.middles, one.counts.tolist(), strict=True)
    ]
    return {"type": "bar", "name": name, "xAxisIndex": index, "yAxisIndex": index, "barWidth": "2%", "data": rows}
