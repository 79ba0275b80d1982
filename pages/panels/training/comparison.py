"""Several runs overlaid, and the settings in which they differ."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures.training import ROW, compared
from core.jobs import Run
from core.shapes.code import from_short
from pages.app.choice import labels, several
from pages.app.language import PageWords, shared
from pages.app.page import plain
from pages.shared.runs import TRAININGS, config_of, history_of, name, readable, tag

words = PageWords("training")

MOST = 8  # as many as the palette has colours
HEIGHT = 300  # pixels of a chart without its legend


def compare(runs: Sequence[Run]) -> None:
    """Let the learner choose runs; show their validation curves together and a table of differences."""
    st.markdown(words("compare.hint"))
    by_id = {run.id: run for run in runs if readable(run)}
    if not by_id:
        return
    chosen = several(
        words("compare.pick"),
        list(by_id),
        list(by_id)[:2],
        key="training.compare",
        format_func=lambda run_id: name(by_id[run_id]),
        max_selections=MOST,
    )
    picked = [by_id[run_id] for run_id in chosen]
    if not picked:
        return
    names = labels(chosen, lambda run_id: name(by_id[run_id]))
    titles = {key: words(f"chart.{key}") for key in ("epoch", "validation_accuracy", "validation_loss")}
    epochs = [(names[run.id], history_of(run).epochs) for run in picked]
    for column, value in zip(st.columns(2), ("validation_accuracy", "validation_loss"), strict=True):
        column.echarts_chart(
            compared(epochs, value, titles),
            height=HEIGHT + ROW * len(picked),
            alt=words("alt.compare", n=len(picked)),
            key=f"training.compare.{value}",
        )
    st.table(_differences(picked), border="horizontal", hide_index=True)


def _differences(runs: Sequence[Run]) -> pd.DataFrame:
    """One row for each setting that isn't the same in all runs, and one for the best score."""
    columns = [
        config_of(run).to_json() | {"data_set": shared(f"data.{run.params['data_set']}")} for run in runs
    ]
    known = dict.fromkeys(field for column in columns for field in column)  # a ResNet has settings of its own
    fields = [
        field for field in known if any(column.get(field) != columns[0].get(field) for column in columns)
    ]
    best = [history_of(run).best for run in runs]
    rows = [
        [_label(field), *(_formatted(field, column.get(field)) for column in columns)] for field in fields
    ]
    rows.append(
        [
            words("compare.score"),
            *(f"{100 * epoch.validation_accuracy:.1f}%" if epoch else "–" for epoch in best),
        ]
    )
    if not fields and len(runs) > 1:
        st.caption(words("compare.same"))
    heads = labels([run.id for run in runs], {run.id: _head(run) for run in runs}.__getitem__)
    return pd.DataFrame(rows, columns=[words("compare.setting"), *(heads[run.id] for run in runs)])


def _head(run: Run) -> str:
    """Number of a run, as in the charts, and its name or recipe; ready for Markdown, which a table reads."""
    return plain(f"{tag(run)} {run.name or TRAININGS[run.entry].name(config_of(run))}".strip())


def _label(field: str) -> str:
    return words("compare.hyper") if field == "hyper" else words(f"setting.{field}")


def _formatted(field: str, value: object) -> str:
    if field == "network":
        return words("compare.network", layers=len(from_short(str(value)))) if value else "LeNet"
    if field == "wrong_labels":
        return f"{100 * float(str(value or 0)):g}%"
    if isinstance(value, bool):
        return words("compare.yes" if value else "compare.no")
    if f"schedule.{value}" in words:
        return words(f"schedule.{value}")
    if isinstance(value, dict):
        return ", ".join(f"{key}={number:g}" for key, number in value.items()) or "–"
    if isinstance(value, list):
        return " / ".join(f"{number:g}" for number in value)
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None else str(value)
