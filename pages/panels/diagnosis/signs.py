"""What a sick run shows while it trains: loss, accuracy, and by layer gradients, activations, dead units."""

import math

import pandas as pd
import streamlit as st

from core.diagnosis.patients import EPOCHS
from core.diagnosis.signs import share
from core.figures.training import accuracy_curve, batch_loss, by_layer
from core.jobs import Run
from core.jobs.history import History, history
from core.jobs.vitals import LayerVitals, Number, Vitals
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.page import sentence
from pages.app.punctuation import labelled, listed, sentences
from pages.app.services import installing, jobs
from pages.app.viewers import me, viewers
from pages.shared.progress import progress_of, share_of
from pages.shared.runs import find, history_of, readable

words = PageWords("diagnosis")

CURVES, LAYERS = 230, 240  # pixels of a chart
AFTER = 1.0  # seconds between two redraws
PER_VIEWER = 0.08  # seconds per viewer: many viewers share one processor
NOTHING = history([])
BY_LAYER = ("gradient", "activation", "dead")
COLUMNS = ("layer", "weight", "gradient", "share", "activation", "dead")


def signs(run: Run | None) -> None:
    """Draw the charts, again and again while the run goes on; when it ends, the page is drawn anew."""
    state = run.state if run else ""
    st.fragment(_panel, run_every=_period(run))(run.id if run else None, state)


def course_of(run: Run | None) -> History:
    """What a run has reported; nothing for none, or one that can't be read."""
    return history_of(run) if run is not None and readable(run) else NOTHING


def table(course: History) -> None:
    """The layers at one of the measured steps, as a table."""
    if not course.vitals:
        return
    steps = [str(report.step) for report in course.vitals]
    chosen = choice(
        st.segmented_control,
        words("patients.table"),
        steps,
        steps[min(2, len(steps) - 1)],
        key="diagnosis.step",
        format_func=str,
        linked=False,
        required=True,
    )
    report = course.vitals[steps.index(chosen)]
    heads = [words(f"patients.column.{name}") for name in COLUMNS]
    st.table(
        pd.DataFrame([_row(layer) for layer in report.layers], columns=heads),
        border="horizontal",
        hide_index=True,
    )
    st.caption(words("patients.outputs", **_outputs(report)))


def amount(value: Number | int, digits: int = 4) -> str:
    """A number in a few digits, a very small or large one with its power of ten; a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}g}" if value == 0 or 1e-4 <= abs(value) < 1e5 else f"{value:.1e}"
    return text.replace("-", "−")


def percent(value: Number) -> str:
    """A share in per cent; a dash for none."""
    return "–" if value is None else f"{100 * value:.0f}%"


def _period(run: Run | None) -> float | None:
    if run is None or not run.active:
        return None
    # Whole seconds: with a new period the timer would start anew.
    return max(AFTER, float(math.ceil(PER_VIEWER * viewers().count("clinic", me()))))


def _panel(run_id: str | None, shown: str) -> None:
    run = find(run_id)
    if (run.state if run else "") != shown:
        st.rerun()
    course = course_of(run)
    with st.container():  # keeps its place, so that the charts below stay the same when a run ends
        if run is not None:
            _status(run, course)
    _curves(course)
    if not course.vitals:
        return
    for column, value in zip(st.columns(3), BY_LAYER, strict=True):
        with column:
            st.markdown(f"**{words(f'patients.chart.{value}')}**")
            st.echarts_chart(
                by_layer(course.vitals, value, _labels("step")),
                height=LAYERS,
                alt=_alt(course, value),
                key=f"diagnosis.sick.{value}",
            )
    st.caption(words("patients.zero"))


def _curves(course: History) -> None:
    last = course.epochs[-1] if course.epochs else None
    losses = {
        "train": amount(last.train_loss if last else None),
        "validation": amount(last.validation_loss if last else None),
    }
    accuracies = {
        "train": percent(last.train_accuracy if last else None),
        "validation": percent(last.validation_accuracy if last else None),
    }
    labels = _labels("epoch", "loss", "log", "accuracy", "batch", "train", "validation")
    left, right = st.columns(2)
    left.echarts_chart(
        batch_loss(course, EPOCHS, labels),
        height=CURVES,
        alt=words("patients.alt.loss", **losses),
        key="diagnosis.sick.loss",
    )
    right.echarts_chart(
        accuracy_curve(course, EPOCHS, labels),
        height=CURVES,
        alt=words("patients.alt.accuracy", **accuracies),
        key="diagnosis.sick.accuracy",
    )


def _labels(*names: str) -> dict[str, str]:
    return {name: words(f"patients.chart.{name}") for name in names}


def _alt(course: History, value: str) -> str:
    """The chart in a sentence: what each layer shows at the last measured step."""
    last = course.vitals[-1]
    parts = [
        labelled(layer.name, (percent if value == "dead" else amount)(getattr(layer, value)))
        for layer in last.layers
    ]
    return words(
        "patients.alt.layers", sign=words(f"patients.chart.{value}"), step=last.step, layers=listed(parts)
    )


def _status(run: Run, course: History) -> None:
    """How far the run is, or how it ended; of one that diverged, the step and not the cause."""
    damaged = jobs().damaged_events(run.id) if readable(run) else 0
    note = words("patients.damaged_events", n=damaged) if damaged else ""
    if not readable(run):
        st.warning(words("patients.unreadable"))
    elif run.active:
        st.progress(_progress(run, course), text=_doing(run, course))
    elif run.error is not None and run.error.key == "diverged":
        st.warning(sentences(words("patients.state.diverged", **run.error.values), note))
    elif run.state != "done":
        reason = sentence(run.error) if run.error else words("patients.state.stopped")
        st.warning(sentences(reason, words("patients.again"), note))
    elif not course.epochs:
        st.warning(sentences(words("patients.empty"), words("patients.again"), note))
    elif note:
        st.caption(note)


def _progress(run: Run, course: History) -> float:
    return course.progress if course.total_steps else share_of(progress_of(run))


def _doing(run: Run, course: History) -> str:
    if run.state == "queued":
        return words("patients.state.queued")
    if course.total_steps:
        return words("patients.state.running", step=course.step, steps=course.total_steps)
    drawing = progress_of(run)
    if drawing is None:
        return words("patients.state.starting")
    drawn = progress_of(installing("sketches") or run) or drawing
    return words("patients.state.drawing", percent=round(100 * share_of(drawn)))


def _row(layer: LayerVitals) -> list[str]:
    numbers = (layer.weight, layer.gradient, share(layer), layer.activation)
    return [layer.name, *(amount(number, 3) for number in numbers), percent(layer.dead)]


def _outputs(report: Vitals) -> dict[str, str]:
    values = {
        "lowest": report.lowest,
        "low": report.sums[0],
        "high": report.sums[1],
        "spread": report.spread,
        "leftover": report.leftover,
    }
    return {name: amount(value) for name, value in values.items()}
