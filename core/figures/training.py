"""Learning curves: of one run, of several runs at once, of a sweep, and of an lr range test."""

import math
from collections.abc import Mapping, Sequence

from core.figures.bars import horizontal
from core.figures.echarts import Option, base, line
from core.figures.palette import LEARNING_RATE, RUNS, TRAIN, VALIDATION
from core.jobs.history import Epoch, History, thinned
from core.jobs.vitals import Number, Vitals
from core.sweeps.summary import Spread

Labels = Mapping[str, str]
Line = list[list[float | None]]  # pairs of x and y, None where the curve is torn
SINGLE_DIGITS = 40  # pixels left of an axis, whose name would else be cut off beside labels of one digit
ROW = 22  # pixels of a row of the legend
ROOM = 1.5  # times the loss that an lr range test begins with
MOST_POINTS = 300  # per line; a chart is about as many pixels wide
HIGHEST_LOG = 10_000.0  # of a logarithmic axis: more digits leave no room for the chart
HIGHEST_LOSS = 8.0  # of several runs in one chart: one that diverges would press the others flat


def loss_curve(history: History, epochs: int, labels: Labels) -> Option:
    """What `batch_loss` draws, with the learning rate on an axis of its own. labels: those, and lr."""
    option = batch_loss(history, epochs, labels)
    option["grid"] |= {"right": 32}
    option["legend"]["data"] += [labels["lr"]]
    rate = {"name": labels["lr"], "nameLocation": "middle", "nameGap": 44, "splitLine": {"show": False}}
    option["yAxis"] = [option["yAxis"], {"type": "value", "min": 0, **rate}]
    option["series"].append(
        line(
            labels["lr"],
            [[p.epoch + history.offset, p.lr] for p in thinned(history.points, MOST_POINTS)],
            LEARNING_RATE,
            yAxisIndex=1,
            lineStyle={"width": 1.5, "type": "dotted", "color": LEARNING_RATE},
        )
    )
    return option


def batch_loss(history: History, epochs: int, labels: Labels) -> Option:
    """Batch loss (faint, so it explains itself), its moving average and validation loss over epochs.

    The axis is logarithmic where one of them is above HIGHEST_LOSS, and what is above HIGHEST_LOG leaves the
    chart. A branch continues the epochs before it. labels: epoch, loss, log, batch, train, validation.
    """
    points, offset = thinned(history.points, MOST_POINTS), history.offset
    judged = history.timeline
    heights = [p.loss for p in points] + [e.validation_loss for e in judged]
    highest = max((height for height in heights if height is not None), default=0.0)
    exploded = highest > HIGHEST_LOSS
    option = base(labels["epoch"], labels["log" if exploded else "loss"])
    option["grid"]["left"] = SINGLE_DIGITS
    option["xAxis"]["max"] = epochs + offset
    if exploded:
        option["yAxis"] |= {"type": "log", "nameGap": 46} | (
            {"max": HIGHEST_LOG} if highest > HIGHEST_LOG else {}
        )
    else:  # an axis to look at before there is a loss, too
        option["yAxis"] |= {"scale": False, "min": 0} | ({} if points else {"max": 2.5})
    option["legend"]["data"] = [labels[name] for name in ("train", "validation")]
    faint = {"lineStyle": {"width": 1, "color": TRAIN, "opacity": 0.25}}
    trained: Line = [
        *([e.epoch, e.train_loss] for e in history.before),
        *([p.epoch + offset, p.smoothed] for p in points),
    ]
    option["series"] = [
        line(labels["batch"], [[p.epoch + offset, p.loss] for p in points], TRAIN, **faint),
        line(labels["train"], trained, TRAIN, **_beginning(offset)),
        _dots(labels["validation"], [[e.epoch, e.validation_loss] for e in judged], VALIDATION),
    ]
    return option


def by_layer(vitals: Sequence[Vitals], value: str, labels: Labels) -> Option:
    """One line a layer over the measured steps, which stand side by side; `value` is a field of LayerVitals.

    "dead" is in per cent, for layers before a ReLU; the others on a logarithmic axis, with 0 on its lowest
    line. labels: step.
    """
    steps = [str(report.step) for report in vitals]
    names = list(dict.fromkeys(layer.name for report in vitals for layer in report.layers))
    heights = {name: _heights(vitals, name, value) for name in names}
    option = base(labels["step"], "")
    option["xAxis"] |= {"type": "category", "data": steps}
    option["legend"] |= {"itemGap": 8, "itemWidth": 14}
    if value == "dead":
        heights = {
            name: [_scaled(height, 100) for height in row]
            for name, row in heights.items()
            if set(row) != {None}
        }
        option["yAxis"] |= {"scale": False, "min": 0, "max": 100}
    else:
        floor = _floor([height for row in heights.values() for height in row])
        heights = {
            name: [height or floor if height is not None else None for height in row]
            for name, row in heights.items()
        }
        option["yAxis"] |= {"type": "log", "min": floor}
    option["legend"]["data"] = list(heights)
    option["series"] = [
        _dots(
            name,
            [[step, height] for step, height in zip(steps, row, strict=True)],
            RUNS[names.index(name) % len(RUNS)],
        )
        for name, row in heights.items()
    ]
    return option


def _heights(vitals: Sequence[Vitals], name: str, value: str) -> list[Number]:
    """What a layer has shown at each step; None where the layer is missing."""
    found = [{layer.name: getattr(layer, value) for layer in report.layers} for report in vitals]
    return [layers.get(name) for layers in found]


def _floor(heights: Sequence[Number]) -> float:
    """The power of ten below all positive heights; a further one down where 0 needs room."""
    lowest = min((height for height in heights if height), default=1.0)
    return float(10.0 ** (math.floor(math.log10(lowest)) - (0 in heights)))


def accuracy_curve(history: History, epochs: int, labels: Labels) -> Option:
    """Accuracy in per cent on train (running, over the epoch) and validation.

    A branch continues the epochs before it. labels: epoch, accuracy, train, validation.
    """
    rows = history.timeline
    option = base(labels["epoch"], labels["accuracy"])
    option["xAxis"]["max"] = epochs + history.offset
    option["yAxis"] |= {"scale": False, "min": 0, "max": 100}
    option["series"] = [
        _dots(labels["train"], [[e.epoch, 100 * e.train_accuracy] for e in rows], TRAIN)
        | _beginning(history.offset),
        _dots(labels["validation"], [[e.epoch, 100 * e.validation_accuracy] for e in rows], VALIDATION),
    ]
    return option


def compared(
    runs: Sequence[tuple[str, Sequence[Epoch] | Mapping[int, Spread]]], value: str, labels: Labels
) -> Option:
    """One line per run; `value` is "validation_accuracy" (in per cent) or "validation_loss".

    Several seeds, as their spread at each epoch, are the line of their mean in the band of their range. The
    legend has a row of `ROW` pixels for each run, so that no name is cut. labels: epoch, and `value`.
    """
    scale = 100 if value.endswith("accuracy") else 1
    option = base(labels["epoch"], labels[value])
    option["legend"] |= {"type": "plain", "orient": "vertical", "itemGap": ROW - 14}  # letters are 14 high
    option["legend"]["data"] = [name for name, _ in runs]
    option["grid"]["top"] = ROW * len(runs) + 18
    for index, (name, epochs) in enumerate(runs):
        colour = RUNS[index % len(RUNS)]
        if isinstance(epochs, Mapping):
            option["series"] += _band(name, list(epochs.items()), scale, colour)
        else:
            points = [[e.epoch, _scaled(getattr(e, value), scale)] for e in epochs]
            option["series"].append(_dots(name, points, colour))
    return option


def overlaid(runs: Sequence[tuple[str, History]], epochs: int, value: str, labels: Labels) -> Option:
    """Training (dashed) and validation (full) of several runs, one colour a run.

    `value` is "loss" or "accuracy". The training loss is the moving average by step, so that a run shows
    before its first epoch is over; a loss above HIGHEST_LOSS leaves the chart. The legend has a row of `ROW`
    pixels for each run. labels: epoch, train, and `value`.
    """
    option = base(labels["epoch"], labels[value])
    option["xAxis"]["max"] = epochs
    top: Option = {"max": 100} if value == "accuracy" else {}
    option["yAxis"] |= {"scale": False, "min": 0, **top}
    # A click on a name would hide one line of two.
    option["legend"] |= {"type": "plain", "orient": "vertical", "itemGap": ROW - 14, "selectedMode": False}
    option["legend"]["data"] = [name for name, _ in runs]
    option["grid"] |= {"top": ROW * len(runs) + 18, "left": SINGLE_DIGITS}
    highest = 0.0
    for index, (name, course) in enumerate(runs):
        colour = RUNS[index % len(RUNS)]
        train, validation = _losses(course) if value == "loss" else _accuracies(course)
        highest = max([highest, *(height for _, height in [*train, *validation] if height is not None)])
        style = {"width": 1.5, "type": "dashed", "color": colour}
        option["series"] += [
            line(f"{name} · {labels['train']}", train, colour, lineStyle=style),
            line(name, validation, colour, showSymbol=True, symbolSize=4),
        ]
    if value == "loss" and highest > HIGHEST_LOSS:
        option["yAxis"]["max"] = HIGHEST_LOSS
    return option


def _losses(course: History) -> tuple[Line, Line]:
    train: Line = [[e.epoch, e.train_loss] for e in course.before]
    train += [[p.epoch + course.offset, p.smoothed] for p in thinned(course.points, MOST_POINTS // 2)]
    return train, [[e.epoch, e.validation_loss] for e in course.timeline]


def _accuracies(course: History) -> tuple[Line, Line]:
    rows = course.timeline
    return (
        [[e.epoch, 100 * e.train_accuracy] for e in rows],
        [[e.epoch, 100 * e.validation_accuracy] for e in rows],
    )


def seed_curves(
    spreads: Mapping[int, Spread], epochs: int, value: str, labels: Labels, *, seeds: int
) -> Option:
    """The mean of several seeds over epochs, in the band of their range.

    The last epochs may have fewer than `seeds` runs, while these are under way; their line is thin. labels:
    epoch, mean, few, and `value`.
    """
    scale = 100 if value.endswith("accuracy") else 1
    option = base(labels["epoch"], labels[value])
    option["xAxis"]["max"] = epochs
    option["legend"]["data"] = [labels["mean"]]
    whole = [(epoch, spread) for epoch, spread in spreads.items() if spread.count == seeds]
    few = [(epoch, spread) for epoch, spread in spreads.items() if spread.count < seeds]
    option["series"] = [
        *_band(labels["mean"], whole, scale, VALIDATION),
        line(
            labels["few"],
            [[epoch, scale * spread.mean] for epoch, spread in [*whole[-1:], *few]] if few else [],
            VALIDATION,
            lineStyle={"width": 1, "color": VALIDATION, "opacity": 0.5, "type": "dotted"},
        ),
    ]
    return option


def value_curve(names: Sequence[str], spreads: Sequence[Spread | None], labels: Labels) -> Option:
    """The accuracy in per cent at each value of a setting: mean and range over seeds.

    labels: setting, accuracy, mean.
    """
    option = base(labels["setting"], labels["accuracy"])
    option["xAxis"] = {
        "type": "category",
        "data": list(names),
        **{name: option["xAxis"][name] for name in ("name", "nameGap", "nameLocation", "nameTextStyle")},
    }
    option["legend"]["data"] = [labels["mean"]]
    found = [(names[index], spread) for index, spread in enumerate(spreads) if spread is not None]
    option["series"] = _band(labels["mean"], found, 100, VALIDATION)
    return option


def _band(name: str, spreads: Sequence[tuple[int | str, Spread]], scale: float, colour: str) -> list[Option]:
    """The line of the means, and the area from lowest to highest as two lines stacked on each other."""
    low = [[place, scale * spread.low] for place, spread in spreads]
    rise = [[place, scale * spread.range] for place, spread in spreads]
    # ECharts stacks what bears the same name; neither line is to be seen or told by the tooltip.
    hidden = {
        "stack": f"range {name}",
        "lineStyle": {"opacity": 0},
        "tooltip": {"show": False},
        "silent": True,
    }
    return [
        line(f"{name} ↓", low, colour, **hidden),
        line(f"{name} ↑", rise, colour, **hidden, areaStyle={"color": colour, "opacity": 0.2}),
        _dots(name, [[place, scale * spread.mean] for place, spread in spreads], colour),
    ]


def _beginning(offset: int) -> Option:
    """A line at the epoch where a branch begins; nothing for a run of its own."""
    if not offset:
        return {}
    style = {"color": LEARNING_RATE, "type": "dashed"}
    mark = {"symbol": "none", "silent": True, "label": {"show": False}, "lineStyle": style}
    return {"markLine": mark | {"data": [{"xAxis": offset}]}}


def gradient_bars(norms: Mapping[str, float], labels: Labels) -> Option:
    """The gradient norm of each layer as bars. labels: norm."""
    return horizontal(
        list(norms), [{"value": float(f"{norm:.4g}")} for norm in norms.values()], labels["norm"]
    )


def lr_range(
    lrs: Sequence[float],
    losses: Sequence[float],
    smoothed: Sequence[float],
    working: Mapping[str, float] | None,
    labels: Labels,
) -> Option:
    """Loss of each step (faint) and smoothed over the learning rate, on a scale of powers of ten.

    working: low, high and suggested as a band and a dashed line, if any. labels: lr, loss, batch, smoothed.
    """
    option = base(labels["lr"], labels["loss"])
    option["xAxis"] |= {"type": "log", "min": lrs[0], "max": 10.0}
    option["yAxis"]["max"] = math.ceil(ROOM * smoothed[0])  # an exploding loss leaves the chart
    option["legend"]["data"] = [labels["batch"], labels["smoothed"]]
    option["grid"]["top"] = 52  # the number at the dashed line stands between legend and chart
    faint = {"width": 1, "color": TRAIN, "opacity": 0.35}
    strong = line(labels["smoothed"], _points(lrs, smoothed), TRAIN)
    if working is not None:
        quiet = {"silent": True, "symbol": "none"}
        strong["markArea"] = quiet | {
            "itemStyle": {"color": VALIDATION, "opacity": 0.14},
            "data": [[{"xAxis": working["low"]}, {"xAxis": working["high"]}]],
        }
        strong["markLine"] = quiet | {
            "precision": 10,  # ECharts would round to 2 places: 0.003 to 0, which a log axis can't show
            "lineStyle": {"color": VALIDATION, "type": "dashed", "width": 2},
            "label": {"formatter": f"{working['suggested']:g}"},
            "data": [{"xAxis": working["suggested"]}],
        }
    option["series"] = [line(labels["batch"], _points(lrs, losses), TRAIN, lineStyle=faint), strong]
    return option


def _points(across: Sequence[float], up: Sequence[float]) -> list[list[float]]:
    return [[float(f"{x:.4g}"), float(f"{y:.5g}")] for x, y in zip(across, up, strict=True)]


def _dots(name: str, points: Sequence[Sequence[float | str | None]], colour: str) -> Option:
    return line(name, list(points), colour, showSymbol=True, symbolSize=6)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else scale * value
