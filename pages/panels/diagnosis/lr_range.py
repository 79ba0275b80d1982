"""The lr range test: loss against learning rate, on LeNet or one of the learner's runs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from core.diagnosis.lr_range import STEPS, for_test, range_test, require_short, working_range
from core.errors import InputError
from core.figures.training import lr_range
from core.files import locations
from core.files.locations import DataSet
from core.normalisations import FOR_LENET, NORMALISATIONS
from core.optimizers import NAMES, OPTIMIZERS
from core.training.config import BOUNDS, RECIPES, TrainConfig
from pages.app.choice import asked, choice, chosen, put
from pages.app.language import PageWords
from pages.app.page import plain, show_error
from pages.app.page_table import go
from pages.app.punctuation import sentences
from pages.app.tabs import tab
from pages.shared import data_set
from pages.shared.computed import computed
from pages.shared.number import number
from pages.shared.runs import NEW, find, keeps_weights, name, own_runs, recipe_of

words = PageWords("diagnosis")
training = PageWords("training")  # where these settings are at home

KEY = "diagnosis.lr_range"
LENET, FIRST = "lenet", RECIPES["fast"]


def draw() -> None:
    """Draw the controls, and the test of what they say."""
    st.markdown(words("lr_range.about"))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{KEY}.controls"):
        begun = _network()
        config, data, root = _settings(*begun)
    if root is None:
        data_set.about(data, None)
        return
    try:
        require_short(config, data)
    except InputError as error:
        show_error(error)
        return
    params = {"config": for_test(config).to_json(), "data_set": data, "root_dir": str(root)}
    result = computed("lr-range", params, words, key=f"{KEY}.start")
    if result is not None:
        _show(result, config, data)


def _network() -> tuple[TrainConfig, DataSet | None]:
    """Draw the choice of a network; its settings, and its data set where a run says it."""
    runs = {run.id: run for run in own_runs() if keeps_weights(run)}
    wanted = asked(f"{KEY}.run")
    if wanted not in (None, LENET, *runs):
        linked = find(wanted)
        if linked is not None and keeps_weights(linked):
            runs[linked.id] = linked
        else:
            show_error(InputError("run_damaged" if linked else "run_unknown", run=str(wanted)[:60]))
    picked = choice(
        st.selectbox,
        words("lr_range.network"),
        [LENET, *runs],
        LENET,
        key=f"{KEY}.run",
        format_func=lambda option: words("lr_range.lenet") if option == LENET else name(runs[option]),
        on_change=_fill,
    )
    if picked == LENET:
        return FIRST, None
    return TrainConfig.from_json(runs[picked].params["config"]), runs[picked].params["data_set"]


def _fill() -> None:
    """Put the chosen run's optimizer and batch size into the controls."""
    run = find(chosen(f"{KEY}.run", LENET))
    config = TrainConfig.from_json(run.params["config"]) if run is not None else FIRST
    put(f"{KEY}.optimizer", config.optimizer)
    put(f"{KEY}.batch_size", config.batch_size)


def _settings(config: TrainConfig, data: DataSet | None) -> tuple[TrainConfig, DataSet, Path | None]:
    if data is None:
        data, root = data_set.choose(f"{KEY}.data_set")
    else:
        root = locations.locate(data)
    optimizer = choice(
        st.selectbox,
        training("setting.optimizer"),
        list(OPTIMIZERS),
        config.optimizer,
        key=f"{KEY}.optimizer",
        format_func=NAMES.__getitem__,
    )
    batch_size = number(
        st.number_input,
        training("setting.batch_size"),
        *BOUNDS["batch_size"],
        config.batch_size,
        key=f"{KEY}.batch_size",
        name="batch_size",
    )
    hyper = config.hyper if optimizer == config.optimizer else {}
    return replace(config, optimizer=optimizer, hyper=hyper, batch_size=batch_size), data, root


def _show(result: Mapping[str, Any], config: TrainConfig, data: DataSet) -> None:
    working = result["working"]
    if not result["lrs"]:
        st.warning(words("lr_range.diverged"))
        return
    texts = {key: f"{value:.2g}" for key, value in (working or {}).items()}
    ends = {"first": f"{result['losses'][0]:.3f}", "lowest": f"{min(result['smoothed']):.3f}"}
    last = f"{result['lrs'][-1]:.2g}"
    sentence = words("lr_range.found", **texts, **ends) if working else words("lr_range.none", **ends)
    stopped = words("lr_range.stopped", lr=last) if len(result["lrs"]) < STEPS else ""
    labels = {key: words(f"lr_range.{key}") for key in ("lr", "loss", "batch", "smoothed")}
    with st.container(horizontal=True, vertical_alignment="center", key=f"{KEY}.found"):
        st.markdown(sentence)
        if working and st.button(
            words("lr_range.train", lr=texts["suggested"]),
            key=f"{KEY}.train",
            type="primary",
            icon=":material/play_arrow:",
        ):
            go("training", **settings_link(replace(config, lr=working["suggested"]), data))
    chart = lr_range(result["lrs"], result["losses"], result["smoothed"], working, labels)
    st.echarts_chart(chart, height=340, alt=plain(f"{sentence} {stopped}"), key=f"{KEY}.chart")
    st.caption(sentences(words("lr_range.band") if working else "", stopped))


def settings_link(config: TrainConfig, data: DataSet) -> dict[str, str]:
    """The part of a link that puts a config and its data set into the controls of the training page."""
    recipe = recipe_of(config)
    values: dict[str, object] = {
        "model": "own" if config.network else LENET,
        "recipe": recipe if recipe in RECIPES else "fast",
        "normalisation": next((key for key in FOR_LENET if NORMALISATIONS[key].mean == config.mean), "half"),
        "train_size": config.train_size or int(BOUNDS["train_size"].high),
        "wrong_labels": 100 * config.wrong_labels,
        "data_set": data,
        "run": NEW,
    }
    for field in ("epochs", "batch_size", "lr", "weight_decay", "crop", "seed", "imbalance"):
        values[field] = getattr(config, field)
    for field in ("optimizer", "schedule", "device"):
        values[field] = getattr(config, field)
    for field in ("flip", "shuffle"):
        values[field] = str(getattr(config, field)).lower()
    for field, row in OPTIMIZERS[config.optimizer].hyper.items():
        values[f"hyper.{config.optimizer}.{field}"] = config.hyper.get(field, row.default)
    if config.network:
        values["network"] = config.network
    return {f"training.{key}": str(value) for key, value in values.items()}


panel = tab(words, "lr_range", draw, range_test, working_range)
