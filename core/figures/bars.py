"""Bar charts: images by class in a batch, speeds of the ways to make batches, probabilities of classes."""

from collections.abc import Mapping, Sequence

from core.figures.echarts import Option
from core.figures.palette import TRAIN, VALIDATION


def class_balance(counts: Sequence[int], classes: Sequence[str], labels: Mapping[str, str]) -> Option:
    """Number of images of each class in a batch. labels: images."""
    option = horizontal(classes, [{"value": count} for count in counts], labels["images"])
    option["xAxis"] |= {"minInterval": 1}
    return option | {"tooltip": {"trigger": "axis", "confine": True}}


def speeds(rates: Mapping[str, float], ours: str, labels: Mapping[str, str]) -> Option:
    """Images per second by name of the way; `ours` is the name of this app's own. labels: rate."""
    rows = [
        {
            "value": round(rate),
            "itemStyle": {"color": VALIDATION if name == ours else TRAIN},
            "label": {"formatter": f"{rate:,.0f}"},
        }
        for name, rate in rates.items()
    ]
    return horizontal(list(rates), rows, labels["rate"])


def probabilities(names: Sequence[str], shares: Sequence[float], labels: Mapping[str, str]) -> Option:
    """Probability that a network gives each class, in per cent. labels: probability."""
    rows = [
        {"value": round(100 * share, 2), "label": {"formatter": f"{100 * share:.1f}%"}} for share in shares
    ]
    option = horizontal(names, rows, labels["probability"])
    option["xAxis"] |= {"min": 0, "max": 100, "interval": 25}
    return option


def horizontal(names: Sequence[str], rows: list[Option], axis: str) -> Option:
    """One horizontal bar per row, with its number at the end."""
    return {
        "animation": False,
        "grid": {"left": 8, "right": 64, "top": 8, "bottom": 30, "containLabel": True},
        "xAxis": {"type": "value", "name": axis, "nameLocation": "middle", "nameGap": 26, "splitNumber": 4},
        "yAxis": {"type": "category", "data": list(names), "inverse": True},
        "series": [
            {
                "type": "bar",
                "data": rows,
                "itemStyle": {"color": TRAIN},
                "label": {"show": True, "position": "right"},
            }
        ],
    }
