"""How often the settings are trained: once, with several seeds, or over the values of one setting or two."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.files.locations import DataSet
from core.jobs.cells import ENTRY
from core.sweeps.config import AXES, MOST_CELLS, Axis, Sweep, layer_names, repeated
from core.sweeps.estimate import seconds
from core.training.config import BOUNDS, TrainConfig
from core.training.costs import Measured, epoch_seconds, require_short_epoch
from core.written import numbers
from pages.app.choice import as_filled, bound, choice, chosen, put
from pages.app.language import PageWords
from pages.app.services import jobs
from pages.panels.training.curves import span
from pages.shared.runs import config_of, history_of, own_runs, readable

words = PageWords("training")

REPEATABLE = "train"  # the entry of the trainings that can be repeated
REPEATS = {"once": 1, "3": 3, "5": 5, "sweep": 0}
SEEDS = ("1", "3", "5")
NONE = "none"
FIRST = {"training.axis1": "lr", "training.axis2": NONE}
VALUES = {  # tried at first
    "lr": "0.01, 0.02, 0.04, 0.08, 0.16",
    "batch_size": "32, 64, 128, 256",
    "weight_decay": "0, 0.0005, 0.005",
    "train_size": "500, 1000, 2000, 4000",
}
WHOLE = ("batch_size", "train_size", "width")
WIDEST = 4096  # what a layer may have is refused by the layer; this keeps the text short


def control(entry: str) -> str:
    """Draw the choice beside the other controls; "once" where the network can't be repeated."""
    if entry != REPEATABLE:
        return "once"
    return str(
        choice(
            st.selectbox,
            words("repeat"),
            list(REPEATS),
            "once",
            key="training.repeat",
            format_func=lambda name: words(f"repeat.{name}"),
            width=96,
        )
    )


def applied(repeat: str, entry: str, config: Any, data_set: DataSet) -> tuple[str, Any]:
    """The entry and the settings of what Train starts: the training itself, or a sweep of it.

    A sweep draws what it needs to know and says how long it will take. Raises InputError for what can't be
    tried.
    """
    if repeat == "once":
        return entry, config
    with st.container(border=True, key="training.repetition"):
        sweep = _swept(config) if repeat == "sweep" else repeated(config, REPEATS[repeat])
        at_once = jobs().cells_at_once(ENTRY, {"config": sweep.to_json(), "data_set": data_set})
        configs, timed = [cell.config for cell in sweep.cells], last_timed()
        require_short_epoch(max(epoch_seconds(each, data_set, timed) for each in configs))
        time = span(seconds(configs, data_set, min(at_once, len(configs)), timed))
        st.caption(
            words("repeat.cost", n=len(configs), epochs=config.epochs, time=time)
            + (words("repeat.at_once", n=at_once) if min(at_once, len(configs)) > 1 else "")
            + (words("repeat.patience") if config.patience else "")
        )
    return ENTRY, sweep


def fill(config: Any) -> Any:
    """Put a sweep into the controls, and return the training that it repeats; call this from a callback."""
    if not isinstance(config, Sweep):
        put("training.repeat", "once")
        return config
    sweep = config
    count = str(len(sweep.seeds))
    put("training.repeat", "sweep" if sweep.axes else {"3": "3", "5": "5"}.get(count, "once"))
    for key, axis in zip(FIRST, [*sweep.axes, None, None], strict=False):
        put(key, axis.key if axis else NONE)
        if axis and axis.name != "augmentation":
            put(_values_key(axis.key), ", ".join(f"{value:.10g}" for value in axis.values))
    put("training.sweep_seeds", count if count in SEEDS else SEEDS[0])
    return sweep.base


def _swept(config: TrainConfig) -> Sweep:
    """Draw the axes and the number of seeds."""
    widths = layer_names(config)
    options = [name for name in AXES if name != "width"] + [f"width:{layer}" for layer in widths]
    axes = []
    left, right, last = st.columns([5, 5, 2])
    for column, key in zip((left, right), FIRST, strict=True):
        taken = chosen("training.axis1", FIRST["training.axis1"]) if axes else None
        offered = [NONE, *(option for option in options if option != taken)] if axes else options
        with column:
            name = choice(
                st.selectbox,
                words(key.partition(".")[2]),
                offered,
                FIRST[key],
                key=key,
                format_func=setting_name,
            )
            if name != NONE:
                axes.append(_axis(name, widths))
    with last:
        count = choice(
            st.selectbox,
            words("sweep.seeds"),
            list(SEEDS),
            SEEDS[1],
            key="training.sweep_seeds",
            format_func=str,
        )
    return repeated(config, int(count), axes)


def _axis(option: str, widths: Mapping[str, int]) -> Axis:
    name, _, layer = option.partition(":")
    if name == "augmentation":
        return Axis(name, (False, True))
    width = widths.get(layer, 1)
    first = VALUES.get(name) or numbers.written(sorted({max(1, width // 2), width, 2 * width}))
    key = _values_key(option)
    text = bound(
        st.text_input,
        words("sweep.values"),
        first,
        initial=first,
        key=key,
        max_chars=200,
        **as_filled(key),
    )
    low, high = BOUNDS.get(name, (1, WIDEST))
    whole = name in WHOLE
    values = numbers.read(text, low=low, high=high, fewest=1, most=MOST_CELLS, whole=whole)
    return Axis(name, tuple(map(int, values)) if whole else values, layer)


def _values_key(option: str) -> str:
    return f"training.values.{option.replace(':', '.')}"


def setting_name(key: str) -> str:
    """A setting's name: of an axis, or "none"."""
    if key == NONE:
        return words("sweep.none")
    name, _, layer = key.partition(":")
    if layer:
        return words("sweep.width", layer=layer)
    return words("sweep.augmentation" if name == "augmentation" else f"setting.{name}")


def value_name(value: float, name: str) -> str:
    """A value of a setting."""
    if name == "augmentation":
        return words("compare.yes" if value else "compare.no")
    return f"{value:g}"


def last_timed() -> Measured | None:
    """The newest training of the learner's own of which an epoch was timed on this machine's processor."""
    for run in own_runs():
        config = config_of(run) if run.entry == REPEATABLE and readable(run) else None
        if isinstance(config, TrainConfig) and config.device == "cpu" and (course := history_of(run)).epochs:
            mean = sum(epoch.seconds for epoch in course.epochs) / len(course.epochs)
            return Measured(config, run.params["data_set"], mean)
    return None
