"""Images as points, by class: where a network puts them."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from core.figures.echarts import Option
from core.figures.palette import CLASSES

_SYMBOLS = ("circle", "rect", "triangle", "diamond", "pin")  # ten classes: colour alone doesn't tell them all apart


def embedding(
    points: Tensor, labels: Tensor, names: Sequence[str], frame: tuple[float, float, float, float], axes: Mapping[str, str]
) -> Option:
    """points [N, 2] with their classes; `frame` left, right, bottom, top stays the same, so that movement is seen. axes: x, y."""
    left, right, bottom, top = frame
    return {
        "animation": False,
        "grid": {"left": 8, "right": 12, "top": 52, "bottom": 30, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemHeight": 9, "itemWidth": 11, "itemGap": 9, "data": list(names)},
        "tooltip": {"trigger": "item", "confine": True, "formatter": "{a}"},
        "xAxis": {"type": "value", "min": left, "max": right, "name": axes["x"], "nameLocation": "middle", "nameGap": 22, "show": True},
        "yAxis": {"type": "value", "min": bottom, "max": top, "name": axes["y"], "nameLocation": "middle", "nameGap": 30},
        "series": [
            {
                "type": "scatter",
                "name": name,
                "symbol": _SYMBOLS[label % len(_SYMBOLS)],
                "symbolSize": 7,
                "itemStyle": {"color": CLASSES[label], "opacity": 0.75},
                "data": [[round(x, 3), round(y, 3)] for x, y in points[labels == label].tolist()],
            }
            for label, name in enumerate(names)
        ],
    }
