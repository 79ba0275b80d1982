"""Several runs overlaid, and the settings in which they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from core.figures.training import ROW, compared
from core.jobs import Run
from core.jobs.history import Epoch
from core.shapes.code import from_short
from core.sweeps.config import Sweep
from core.sweeps.summary import Spread, spread
from core.training.config import LATER, TrainConfig
from core.transfer.config import TransferConfig
from pages.app.choice import labels, several
from pages.app.language import PageWords, shared
from pages.app.page import plain
from pages.app.punctuation import listed
from pages.panels.training.sweep_run import seed_band
from pages.panels.training.verdict import judged, mean_and_range
from pages.shared.overlaid import overlaid
from pages.shared.runs import (
    TRAININGS,
    config_of,
    groups_of,
    history_of,
    lineage,
    name,
    readable,
    score_of,
    tag,
)

words = PageWords("training")

MOST = 8  # as many as the palette has colours
HEIGHT = 300  # pixels of a chart without its legend


def compare(runs: Sequence[Run]) -> None:
    """Let the learner choose runs; show their validation curves together and a table of differences."""
    st.markdown(words("compare.hint"))
    by_id = {run.id: run for run in runs if readable(run) and not _has_axes(run)}
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
    if _are_twins(picked):
        epochs = max(config_of(run).epochs for run in picked)
        overlaid([(names[run.id], run) for run in picked], epochs, key="training.twins")
    else:
        _curves([(names[run.id], run) for run in picked])
    st.table(_differences(picked), border="horizontal", hide_index=True)
    st.markdown(_verdict(picked))


def _are_twins(runs: Sequence[Run]) -> bool:
    """Whether these are two trainings from one seed, which are shown with their training images too."""
    configs = [config_of(run) for run in runs if run.entry == "train" and "branch" not in run.params]
    seeds = {config.seed for config in configs if isinstance(config, TrainConfig)}
    return len(configs) == len(runs) == 2 and len(seeds) == 1


def _curves(runs: Sequence[tuple[str, Run]]) -> None:
    """Draw the validation curves of all runs together."""
    titles = {key: words(f"chart.{key}") for key in ("epoch", "validation_accuracy", "validation_loss")}
    for column, value in zip(st.columns(2), ("validation_accuracy", "validation_loss"), strict=True):
        column.echarts_chart(
            compared([(name, _course(run, value)) for name, run in runs], value, titles),
            height=HEIGHT + ROW * len(runs),
            alt=words("alt.compare", n=len(runs)),
            key=f"training.compare.{value}",
        )


def _has_axes(run: Run) -> bool:
    """Whether a run is a sweep over values, which compares them itself."""
    config = config_of(run)
    return isinstance(config, Sweep) and bool(config.axes)


def _course(run: Run, value: str) -> Sequence[Epoch] | Mapping[int, Spread]:
    """The epochs of a run; of several seeds, mean and range at each."""
    config = config_of(run)
    return seed_band(run, config, value) if isinstance(config, Sweep) else history_of(run).timeline


def _score(run: Run) -> Spread | None:
    """Best validation accuracy of a run, or of several seeds."""
    if isinstance(config_of(run), Sweep):
        return groups_of(run)[0]
    best = score_of(run)
    return spread([] if best is None else [best])


def _verdict(runs: Sequence[Run]) -> str:
    """Whether finished runs on the same images differ by more than their seeds do."""
    scores = [_score(run) for run in runs]
    alike = len({run.params["data_set"] for run in runs}) == 1
    if len(runs) < 2 or not alike or None in scores or any(run.active for run in runs):
        return ""
    return judged([plain(tag(run)) for run in runs], scores)


def _differences(runs: Sequence[Run]) -> pd.DataFrame:
    """One row for each setting that isn't the same in all runs, and one for the best score."""
    columns = [_settings(run) | {"data_set": shared(f"data.{run.params['data_set']}")} for run in runs]
    known = dict.fromkeys(field for column in columns for field in column)  # a ResNet has settings of its own
    fields = [
        field for field in known if any(column.get(field) != columns[0].get(field) for column in columns)
    ]
    values = [_unwritten(run) | column for run, column in zip(runs, columns, strict=True)]
    rows = [[_label(field), *(_formatted(field, value.get(field)) for value in values)] for field in fields]
    rows.append([words("compare.score"), *(mean_and_range(_score(run)) for run in runs)])
    if not fields and len(runs) > 1:
        st.caption(words("compare.same"))
    heads = labels([run.id for run in runs], {run.id: _head(run) for run in runs}.__getitem__)
    return pd.DataFrame(rows, columns=[words("compare.setting"), *(heads[run.id] for run in runs)])


def _settings(run: Run) -> dict[str, Any]:
    """The settings of a run by name; of several seeds with all of these."""
    config = config_of(run)
    if isinstance(config, Sweep):
        return config.base.to_json() | {"seed": listed(map(str, config.seeds))}
    before = lineage(run, tag)
    return config.to_json() | ({"branch": before} if before else {})


def _unwritten(run: Run) -> dict[str, Any]:
    """The settings that a run doesn't mention where they are at their default."""
    usual = {} if isinstance(config_of(run), TransferConfig) else asdict(TrainConfig())
    return {field: value for field, value in usual.items() if field in LATER}


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
    return "–" if value is None else plain(value) if field == "branch" else str(value)
