"""A sweep as it goes: its cells in a table that fills, curves with their range, and the verdict on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.figures.training import seed_curves, value_curve
from core.jobs import Event, Run
from core.jobs.cells import cell_folder, cell_id
from core.sweeps.config import Cell, Sweep
from core.sweeps.summary import Spread, band, spread
from pages.app.choice import put
from pages.app.components import chosen_tile, component
from pages.app.language import PageWords
from pages.app.page import sentence
from pages.app.punctuation import listed
from pages.app.services import jobs
from pages.panels.training import curves
from pages.panels.training.repetition import setting_name, value_name
from pages.panels.training.verdict import judged, mean_and_range, percent
from pages.shared.runs import config_of, groups_of, history_of, results_of, tag

words = PageWords("training")

_CELLS = component("training/cells", '<div class="frame"><table></table></div>', uses=("lib/dom",))


def sweep_panel(run: Run) -> None:
    """Show the cells of a sweep, a chart of them where it has one, and the verdict."""
    sweep = config_of(run)
    assert isinstance(sweep, Sweep)
    groups = groups_of(run)
    if not sweep.axes:
        _bands(run, sweep)
    with st.container(horizontal=True, gap="large", key="training.sweep"):
        with st.container(width="content"):
            _grid(run, sweep, groups)
        if len(sweep.axes) == 1:
            with st.container(width="stretch"):
                _curve(sweep, groups)
    st.caption(words("sweep.cells"))
    if not sweep.axes:
        _table(run)
    st.markdown(_verdict(run, sweep, groups))
    for line in _failures(run):
        st.caption(line)


def progress(event: Event) -> str:
    """How many cells are finished, and about how long the others take."""
    text = words("sweep.progress", done=event["done"], total=event["total"])
    left = event.get("seconds_left")
    return f"{text} · {words('progress.left', seconds=curves.span(left))}" if left else text


def whole_of(run: Run) -> None:
    """Lead from a cell back to its sweep."""
    parent = run.id.rpartition("-cell")[0]
    st.button(
        words("sweep.back", run=tag(jobs().get(parent))),
        icon=":material/arrow_back:",
        on_click=put,
        args=("training.run", parent),
        key="training.sweep.back",
    )


def seed_band(run: Run, sweep: Sweep, value: str) -> dict[int, Spread]:
    """Mean and range over a sweep's seeds at each epoch, of what `value` names in core.jobs.history.Epoch."""
    begun = [cell.index for cell in sweep.cells if cell_folder(run.folder, cell.index).is_dir()]
    courses = [history_of(jobs().get(cell_id(run.id, index))) for index in begun]
    return band({row.epoch: getattr(row, value) for row in course.epochs} for course in courses)


@dataclass(frozen=True)
class _Scale:
    """Accuracies as strengths of a colour: the lowest is faint, the highest full."""

    low: float
    high: float

    def strength(self, score: float | None) -> float:
        """From 0, without a score, to 1."""
        if score is None or self.high == self.low:
            return 0.0
        return 0.1 + 0.9 * (score - self.low) / (self.high - self.low)


def _grid(run: Run, sweep: Sweep, groups: Sequence[Spread | None]) -> None:
    """Draw the table: the first axis downwards, the second, if there is one, to the right."""
    names = [[value_name(value, axis.name) for value in axis.values] for axis in sweep.axes]
    width = len(names[1]) if len(names) > 1 else 1
    found = [_group(run, sweep, *row) for row in zip(sweep.points, groups, strict=True)]
    corner = " · ".join(
        f"{setting_name(axis.key)} {arrow}" for axis, arrow in zip(sweep.axes, "↓→", strict=False)
    )
    data = {
        "corner": corner,
        "columns": names[1] if len(names) > 1 else [words("sweep.accuracy")],
        "rows": [
            {"label": label, "groups": found[place * width : (place + 1) * width]}
            for place, label in enumerate(names[0] if names else [""])
        ],
        "label": words("sweep.label"),
    }
    _CELLS(key="training.cells", data=data, on_cell_change=lambda: _open(run, len(sweep.cells)))


def _group(run: Run, sweep: Sweep, point: tuple[float, ...], mean: Spread | None) -> dict[str, Any]:
    scores = [result.best for result in results_of(run).values() if result.best is not None]
    scale = _Scale(min(scores, default=0.0), max(scores, default=0.0))
    return {
        "mean": mean_and_range(mean),
        "strength": scale.strength(mean.mean if mean else None),
        "cells": [_cell(run, sweep, cell, scale) for cell in sweep.group(point)],
    }


def _cell(run: Run, sweep: Sweep, cell: Cell, scale: _Scale) -> dict[str, Any]:
    state, text, score = _standing(run, sweep, cell)
    seed = words("sweep.seed", seed=cell.config.seed)
    place = listed([*sweep.named(cell.point), seed])
    return {
        "index": cell.index,
        "text": text,
        "state": state,
        "strength": scale.strength(score),
        "name": words("sweep.cell", place=place, state=words(f"sweep.is_{state}", value=text)),
        "opens": state != "waiting",
    }


def _standing(run: Run, sweep: Sweep, cell: Cell) -> tuple[str, str, float | None]:
    """What a cell is doing, in a word and on its button, and its score once it has one."""
    result = results_of(run).get(cell.index)
    if result is None and not cell_folder(run.folder, cell.index).is_dir():
        return "waiting", "…", None
    if result is None:
        course = history_of(jobs().get(cell_id(run.id, cell.index)))
        return "begun", f"{len(course.epochs)}/{sweep.epochs}", None
    if result.reason or result.best is None:
        return "failed", words("sweep.failed"), None
    return "done", percent(result.best), result.best


def _open(run: Run, cells: int) -> None:
    index = chosen_tile(st.session_state["training.cells"].cell, cells)
    if index is not None:
        put("training.run", cell_id(run.id, index))


def _bands(run: Run, sweep: Sweep) -> None:
    """Draw accuracy and loss over epochs: the mean of the seeds in their range."""
    labels = {name: words(f"chart.{name}") for name in ("epoch", "mean", "few")}
    for column, value in zip(st.columns(2), ("validation_loss", "validation_accuracy"), strict=True):
        found = seed_band(run, sweep, value)
        names = labels | {value: words(f"chart.{value}")}
        last = next(reversed(found.values()), None)
        scale = 100 if value == "validation_accuracy" else 1
        column.echarts_chart(
            seed_curves(found, sweep.epochs, value, names, seeds=len(sweep.seeds)),
            height=curves.HEIGHT,
            alt=words(
                "alt.seeds",
                what=names[value],
                n=last.count if last else 0,
                mean=f"{scale * last.mean:.2f}" if last else "–",
                low=f"{scale * last.low:.2f}" if last else "–",
                high=f"{scale * last.high:.2f}" if last else "–",
            ),
            key=f"training.seeds.{value}",
        )


def _curve(sweep: Sweep, groups: Sequence[Spread | None]) -> None:
    axis = sweep.axes[0]
    labels = {
        "setting": setting_name(axis.key),
        "accuracy": words("chart.validation_accuracy"),
        "mean": words("chart.mean"),
    }
    st.echarts_chart(
        value_curve([value_name(value, axis.name) for value in axis.values], groups, labels),
        height=curves.HEIGHT,
        alt=words("alt.values", setting=labels["setting"]),
        key="training.sweep.curve",
    )


def _table(run: Run) -> None:
    """Show what the seeds have in common: mean, half the range, lowest and highest."""
    results = results_of(run).values()
    rows = {
        "compare.score": spread(result.best for result in results if result.best is not None),
        "sweep.last": spread(result.last for result in results if result.last is not None),
    }
    table = {
        words("sweep.result"): [words(key) for key in rows],
        words("sweep.mean"): [mean_and_range(row) for row in rows.values()],
        words("sweep.lowest"): [percent(row.low) if row else "–" for row in rows.values()],
        words("sweep.highest"): [percent(row.high) if row else "–" for row in rows.values()],
    }
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True)


def _verdict(run: Run, sweep: Sweep, groups: Sequence[Spread | None]) -> str:
    """The verdict on what has finished; while the sweep is under way only that there will be one."""
    results = results_of(run)
    if run.active and len(results) < len(sweep.cells):
        return words("verdict.later")
    failed = {cell.point for cell in sweep.cells if (found := results.get(cell.index)) and found.reason}
    names = [f"`{', '.join(sweep.named(point))}`" for point in sweep.points]
    kept = [None if point in failed else group for point, group in zip(sweep.points, groups, strict=True)]
    return judged(names, kept)


def _failures(run: Run) -> list[str]:
    """Why cells have failed, each reason once."""
    cells = config_of(run)
    assert isinstance(cells, Sweep)
    found: dict[str, int] = {}
    for index in results_of(run):
        error = jobs().get(cell_id(run.id, index)).error
        if error is not None:
            found.setdefault(sentence(error), index)
    return [
        words("sweep.failure", run=tag(jobs().get(cell_id(run.id, index))), reason=reason)
        for reason, index in found.items()
    ]
