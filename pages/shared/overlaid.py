"""Several runs overlaid, training and validation apart, live: a run beside its twin, or with its cures."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.figures.training import ROW
from core.figures.training import overlaid as chart
from core.jobs import Run
from core.jobs.history import Epoch, History, history
from pages.app.choice import labels
from pages.app.language import shared as words
from pages.app.page import plain
from pages.app.punctuation import labelled, listed
from pages.app.viewers import me, viewers
from pages.shared.runs import find, history_of, readable

HEIGHT = 280  # pixels of a chart without its legend
AFTER = 1.0  # seconds between two redraws
PER_VIEWER = 0.08  # seconds per viewer: many viewers share one processor
NOTHING = history([])

Standing = Mapping[str, str]  # state by run, "deleted" where there is none any more


def overlaid(runs: Sequence[tuple[str, Run]], epochs: int, *, key: str) -> None:
    """Draw the runs under their names, again and again while one of them waits or runs.

    When a run begins or ends, the whole page is drawn anew, so that what stands below can follow. Two panels
    on one page need two keys.
    """
    if not runs:
        return
    ids = [run.id for _, run in runs]
    given = {run.id: name for name, run in runs}
    numbered = labels(ids, given.__getitem__)  # the chart tells runs apart by their names
    names = {run_id: numbered[run_id] for run_id in ids}
    st.fragment(_panel, run_every=_period(runs))(names, _standing(ids), epochs, key)


def gap(epoch: Epoch | None) -> str:
    """Training accuracy minus validation accuracy, in points of per cent; a dash before there is an epoch."""
    return "–" if epoch is None else f"{100 * epoch.gap:.1f}"


def _period(runs: Sequence[tuple[str, Run]]) -> float | None:
    if not any(run.active for _, run in runs):
        return None
    # Whole seconds: with a new period the timer would start anew.
    return max(AFTER, float(math.ceil(PER_VIEWER * viewers().count("overlaid", me()))))


def _standing(ids: Sequence[str]) -> Standing:
    found = {run_id: find(run_id) for run_id in ids}
    return {run_id: run.state if run else "deleted" for run_id, run in found.items()}


def _panel(names: Mapping[str, str], shown: Standing, epochs: int, key: str) -> None:
    standing = _standing(list(names))
    if standing != shown:
        st.rerun()
    runs = {run_id: find(run_id) for run_id in names}
    courses = {run_id: _course(run) for run_id, run in runs.items()}
    named = [(names[run_id], course) for run_id, course in courses.items()]
    titles = {name: words(f"overlaid.{name}") for name in ("epoch", "loss", "accuracy", "train")}
    for column, value in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        column.echarts_chart(
            chart(named, epochs, value, titles),
            height=HEIGHT + ROW * len(named),
            alt=_alt(named, value),
            key=f"{key}.{value}",
        )
    st.caption(words("overlaid.lines"))
    rows = [
        [plain(names[run_id]), _state(run, courses[run_id], epochs), *_numbers(courses[run_id])]
        for run_id, run in runs.items()
    ]
    heads = [words(f"overlaid.column.{name}") for name in ("run", "state", "best", "train", "gap")]
    st.table(pd.DataFrame(rows, columns=heads), border="horizontal", hide_index=True)


def _course(run: Run | None) -> History:
    """What a run has reported; nothing for one that is gone or can't be read."""
    return history_of(run) if run is not None and readable(run) else NOTHING


def _state(run: Run | None, course: History, epochs: int) -> str:
    """What a run is doing and how far it has come; of a diverged one, at which step it did."""
    if run is None:
        return words("overlaid.deleted")
    if not readable(run):
        return words("state.damaged")
    if run.error is not None and run.error.key == "diverged":
        return words("overlaid.diverged", **run.error.values)
    done = words("overlaid.epochs", done=len(course.epochs), epochs=epochs)
    return words(f"state.{run.state}") if run.state == "queued" else f"{words(f'state.{run.state}')} · {done}"


def _numbers(course: History) -> list[str]:
    """Best validation accuracy with its epoch, training accuracy and gap of the last epoch."""
    best, last = course.best, course.epochs[-1] if course.epochs else None
    if best is None or last is None:
        return ["–", "–", "–"]
    found = words("overlaid.best", accuracy=f"{100 * best.validation_accuracy:.1f}", epoch=best.epoch)
    return [found, f"{100 * last.train_accuracy:.1f}%", gap(last)]


def _alt(runs: Sequence[tuple[str, History]], value: str) -> str:
    """The chart in a sentence: each run's last training and validation value."""
    parts = [labelled(name, _last(course, value)) for name, course in runs]
    return words(f"overlaid.alt.{value}", runs=listed(parts))


def _last(course: History, value: str) -> str:
    if not course.epochs:
        return words("overlaid.none")
    last = course.epochs[-1]
    if value == "accuracy":
        return f"{100 * last.train_accuracy:.1f}% / {100 * last.validation_accuracy:.1f}%"
    return " / ".join(
        "–" if loss is None else f"{loss:.3f}" for loss in (last.train_loss, last.validation_loss)
    )
