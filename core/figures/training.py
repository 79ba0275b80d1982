"""Learning curves: loss with the learning rate, accuracy, and both for several runs at once."""

from collections.abc import Mapping, Sequence

from core.figures.bars import horizontal
from core.figures.echarts import Option, base, line
from core.figures.palette import LEARNING_RATE, RUNS, TRAIN, VALIDATION
from core.jobs.history import Epoch, History, thinned

Labels = Mapping[str, str]
ROW = 22  # pixels of a row of the legend
MOST_POINTS = 300  # per line; a chart is about as many pixels wide


def loss_curve(history: History, epochs: int, labels: Labels) -> Option:
    """Batch loss (faint), its moving average and validation loss over epochs; learning rate on its own axis.

    labels: epoch, loss, batch, train, validation, lr.
    """
    points = thinned(history.points, MOST_POINTS)
    option = base(labels["epoch"], labels["loss"])
    option["xAxis"]["max"] = epochs
    option["grid"] |= {"right": 32}
    # The faint line explains itself.
    option["legend"]["data"] = [labels[name] for name in ("train", "validation", "lr")]
    option["yAxis"] = [
        # An axis to look at before there is a loss.
        option["yAxis"] | {"scale": False, "min": 0} | ({} if points else {"max": 2.5}),
        {
            "type": "value",
            "name": labels["lr"],
            "nameLocation": "middle",
            "nameGap": 44,
            "splitLine": {"show": False},
            "min": 0,
        },
    ]
    option["series"] = [
        line(
            labels["batch"],
            [[p.epoch, p.loss] for p in points],
            TRAIN,
            lineStyle={"width": 1, "color": TRAIN, "opacity": 0.25},
        ),
        line(labels["train"], [[p.epoch, p.smoothed] for p in points], TRAIN),
        _dots(labels["validation"], [[e.epoch, e.validation_loss] for e in history.epochs], VALIDATION),
        line(
            labels["lr"],
            [[p.epoch, p.lr] for p in points],
            LEARNING_RATE,
            yAxisIndex=1,
            lineStyle={"width": 1.5, "type": "dotted", "color": LEARNING_RATE},
        ),
    ]
    return option


def accuracy_curve(history: History, epochs: int, labels: Labels) -> Option:
    """Accuracy in per cent on train (running, over the epoch) and validation.

    labels: epoch, accuracy, train, validation.
    """
    option = base(labels["epoch"], labels["accuracy"])
    option["xAxis"]["max"] = epochs
    option["yAxis"] |= {"scale": False, "min": 0, "max": 100}
    option["series"] = [
        _dots(labels["train"], [[e.epoch, 100 * e.train_accuracy] for e in history.epochs], TRAIN),
        _dots(
            labels["validation"], [[e.epoch, 100 * e.validation_accuracy] for e in history.epochs], VALIDATION
        ),
    ]
    return option


def compared(runs: Sequence[tuple[str, Sequence[Epoch]]], value: str, labels: Labels) -> Option:
    """One line per run; `value` is "validation_accuracy" (in per cent) or "validation_loss".

    The legend has a row of `ROW` pixels for each run, so that no name is cut. labels: epoch, and `value`.
    """
    scale = 100 if value.endswith("accuracy") else 1
    option = base(labels["epoch"], labels[value])
    option["legend"] |= {"type": "plain", "orient": "vertical", "itemGap": ROW - 14}  # letters are 14 high
    option["grid"]["top"] = ROW * len(runs) + 18
    option["series"] = [
        _dots(name, [[e.epoch, _scaled(getattr(e, value), scale)] for e in epochs], RUNS[index % len(RUNS)])
        for index, (name, epochs) in enumerate(runs)
    ]
    return option


def gradient_bars(norms: Mapping[str, float], labels: Labels) -> Option:
    """The gradient norm of each layer as bars. labels: norm."""
    return horizontal(
        list(norms), [{"value": float(f"{norm:.4g}")} for norm in norms.values()], labels["norm"]
    )


def _dots(name: str, points: list[list[float | None]], colour: str) -> Option:
    return line(name, points, colour, showSymbol=True, symbolSize=6)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else scale * value
