"""Charts of a network's inside: spread of numbers, numbers by layer, map of images, robustness to changes."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from core.figures.echarts import Option, base, line
from core.figures.palette import CLASSES, LEARNING_RATE, NEGATIVE, POSITIVE, RUNS, VALIDATION
from core.inside.filters import Spread

_HEIGHT = 190  # pixels of a row
_ACROSS = 5  # charts in a row
_GAP = 3.0  # per cent between two charts


def distributions_height(count: int) -> int:
    """Pixels of so many histograms."""
    return _HEIGHT * -(-count // _ACROSS)


def distributions(spreads: Mapping[str, Spread]) -> Option:
    """Histograms in rows, under their names; bars below zero in one colour, those above in another."""
    across = min(_ACROSS, len(spreads))
    share = (100 - _GAP * (across - 1)) / across
    places = [divmod(index, across) for index in range(len(spreads))]
    lefts, tops = ([column * (share + _GAP) for _, column in places], [row * _HEIGHT for row, _ in places])
    return {
        "animation": False,
        "tooltip": {"trigger": "item", "confine": True},
        "title": [
            {
                "text": name,
                "left": f"{left:.2f}%",
                "top": top,
                "textStyle": {"fontSize": 12, "fontWeight": "normal"},
            }
            for name, left, top in zip(spreads, lefts, tops, strict=True)
        ],
        "grid": [
            {"left": f"{left:.2f}%", "width": f"{share:.2f}%", "top": top + 26, "height": _HEIGHT - 50}
            for left, top in zip(lefts, tops, strict=True)
        ],
        "xAxis": [_x_axis(index, spread) for index, spread in enumerate(spreads.values())],
        "yAxis": [
            {"type": "value", "gridIndex": index, "show": False, "min": 0} for index in range(len(spreads))
        ],
        "series": [_spread_bars(index, name, spread) for index, (name, spread) in enumerate(spreads.items())],
    }


def _x_axis(index: int, spread: Spread) -> Option:
    ends = {"min": float(f"{spread.low:.3g}"), "max": float(f"{spread.high:.3g}")}
    return {
        "type": "value",
        "gridIndex": index,
        "splitNumber": 2,
        "interval": ends["max"],
        "splitLine": {"show": False},
        **ends,
    }


def _spread_bars(index: int, name: str, spread: Spread) -> Option:
    rows = [
        {
            "value": [float(f"{middle:.4g}"), int(count)],
            "itemStyle": {"color": NEGATIVE if middle < 0 else POSITIVE},
        }
        for middle, count in zip(spread.middles, spread.counts.tolist(), strict=True)
    ]
    return {
        "type": "bar",
        "name": name,
        "xAxisIndex": index,
        "yAxisIndex": index,
        "barWidth": "2%",
        "data": rows,
    }


# Ten classes: colour alone doesn't tell them all apart.
_SYMBOLS = ("circle", "rect", "triangle", "diamond", "pin")


def embedding(
    points: Tensor,
    labels: Tensor,
    names: Sequence[str],
    frame: tuple[float, float, float, float],
    axes: Mapping[str, str],
) -> Option:
    """Scatter plot of points [N, 2] by class.

    `frame` (left, right, bottom, top) stays the same, so that movement shows. axes: x, y.
    """
    left, right, bottom, top = frame
    return {
        "animation": False,
        "grid": {"left": 8, "right": 12, "top": 52, "bottom": 30, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemHeight": 9, "itemWidth": 11, "itemGap": 9, "data": list(names)},
        "tooltip": {"trigger": "item", "confine": True, "formatter": "{a}"},
        "xAxis": {
            "type": "value",
            "min": left,
            "max": right,
            "name": axes["x"],
            "nameLocation": "middle",
            "nameGap": 22,
            "show": True,
        },
        "yAxis": {
            "type": "value",
            "min": bottom,
            "max": top,
            "name": axes["y"],
            "nameLocation": "middle",
            "nameGap": 30,
        },
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


def robustness(
    strengths: Sequence[float], accuracies: Sequence[float], here: float, labels: Mapping[str, str]
) -> Option:
    """Accuracy in per cent over strength, with a dotted line where the slider stands and a line at chance.

    labels: strength, accuracy, chance.
    """
    option = base(labels["strength"], labels["accuracy"])
    option["xAxis"] |= {"min": min(strengths), "max": max(strengths)}
    option["yAxis"] |= {"scale": False, "min": 0, "max": 100}
    points = [
        [strength, round(100 * accuracy, 2)] for strength, accuracy in zip(strengths, accuracies, strict=True)
    ]
    curve = line(labels["accuracy"], points, VALIDATION, showSymbol=True)
    dotted = {"silent": True, "symbol": "none", "label": {"show": False}}
    curve["markLine"] = {
        **dotted,
        "lineStyle": {"color": LEARNING_RATE, "type": "dotted", "width": 2},
        "data": [{"xAxis": here}],
    }
    chance = line(labels["chance"], [[min(strengths), 10], [max(strengths), 10]], LEARNING_RATE)
    option["series"] = [curve, chance]
    return option


# Both ends of the scale of `by_layer`, the same in every chart, so that they can be compared.
LOWEST, HIGHEST = 1e-3, 1e6
_LINE_SYMBOLS = ("circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect")


def by_layer(
    layers: Sequence[str], values: Mapping[str, Mapping[str, float | None]], labels: Mapping[str, str]
) -> Option:
    """A number of each layer on a scale of powers of ten, one line for each of `values`.

    What lies outside LOWEST to HIGHEST, 0 among it, is a gap. labels: layer, value.
    """
    option = base(labels["layer"], labels["value"])
    option["xAxis"] |= {"type": "category", "data": list(layers)}
    del option["xAxis"]["min"]
    option["yAxis"] |= {"type": "log", "min": LOWEST, "max": HIGHEST}
    option["yAxis"]["nameGap"] = 58
    option["legend"] |= {"type": "plain", "itemGap": 10}
    option["grid"] |= {"top": 64, "left": 40}
    for index, (name, numbers) in enumerate(values.items()):
        found = [numbers.get(layer) for layer in layers]
        points = [
            float(f"{value:.4g}") if value is not None and LOWEST <= value <= HIGHEST else None
            for value in found
        ]
        symbol = {"showSymbol": True, "symbolSize": 8, "symbol": _LINE_SYMBOLS[index % len(_LINE_SYMBOLS)]}
        option["series"].append(line(name, points, RUNS[index % len(RUNS)], **symbol))
    return option
