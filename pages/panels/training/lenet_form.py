"""The settings of a training as controls: a recipe, and everything else behind one expander."""

from typing import Any

import streamlit as st

from core.checks import Bounds
from core.files.locations import DataSet
from core.normalisations import FOR_LENET, NORMALISATIONS
from core.optimizers import OPTIMIZERS
from core.training.config import BOUNDS, DEVICES, RECIPES, SCHEDULES, TrainConfig
from pages.app.choice import as_filled, bound, choice, chosen, put
from pages.app.language import PageWords, shared
from pages.shared.number import number
from pages.shared.runs import recipe_of

words = PageWords("training")

ENTRY, NOTICE, OPEN = "train", "notice", False
FIRST = "fast"
FILLED = (
    *("epochs", "batch_size", "lr", "weight_decay", "flip", "crop", "seed"),
    *("optimizer", "schedule", "device", "imbalance", "shuffle", "patience"),
)
PERCENT = Bounds(0.0, 100.0)


def first_control() -> None:
    """Draw the recipes, fast and tutorial; choosing one puts all its settings into the controls."""
    choice(
        st.segmented_control,
        words("recipe.label"),
        list(RECIPES),
        FIRST,
        key="training.recipe",
        format_func=lambda name: shared(f"recipe.{name}"),
        on_change=lambda: fill(RECIPES[chosen("training.recipe", FIRST)]),
        required=True,
    )


def fill(config: TrainConfig) -> None:
    """Put a config into the controls; call this from a callback."""
    for field in FILLED:
        put(_key(field), getattr(config, field))
    put(_key("train_size"), config.train_size or int(BOUNDS["train_size"].high))
    put(_key("wrong_labels"), 100 * config.wrong_labels)
    put(_key("normalisation"), _normalisation(config))
    for field, row in OPTIMIZERS[config.optimizer].hyper.items():
        put(_key("hyper", config.optimizer, field), config.hyper.get(field, row.default))


def settings() -> TrainConfig:
    """Draw all settings, one line on each, and return their config. Raises InputError for a refused one."""
    first = RECIPES[chosen("training.recipe", FIRST)]
    left, middle, right = st.columns(3)
    with left:
        epochs = _number("epochs", first.epochs)
        patience = _number("patience", first.patience)
        batch_size = _number("batch_size", first.batch_size)
        train_size = _number("train_size", int(BOUNDS["train_size"].high))
        seed = _number("seed", first.seed)
    with middle:
        optimizer = _choice("optimizer", list(OPTIMIZERS), first.optimizer)
        lr = _number("lr", first.lr)
        hyper = {name: _hyper(optimizer, name) for name in OPTIMIZERS[optimizer].hyper}
        weight_decay = _number("weight_decay", first.weight_decay)
        if optimizer == "adamw" and not weight_decay:
            st.caption(words("setting.weight_decay.adamw"))
    with right:
        schedule = _choice("schedule", list(SCHEDULES), first.schedule, "schedule")
        normalisation = _choice("normalisation", list(FOR_LENET), _normalisation(first), "normalisation")
        crop = _number("crop", first.crop)
        device = _choice("device", list(DEVICES), first.device)
        flip = _toggle("flip", first.flip)
    st.markdown(words("experiments"))
    left, middle, right = st.columns(3)
    with left:
        wrong_labels = _number("wrong_labels", 0.0, PERCENT)
    with middle:
        imbalance = _number("imbalance", first.imbalance)
    with right:
        shuffle = _toggle("shuffle", first.shuffle)
    defaults = {name: row.default for name, row in OPTIMIZERS[optimizer].hyper.items()}
    return TrainConfig(
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        lr=lr,
        hyper={name: value for name, value in hyper.items() if value != defaults[name]},
        weight_decay=weight_decay,
        schedule=schedule,
        flip=flip,
        crop=crop,
        seed=seed,
        train_size=None if train_size == BOUNDS["train_size"].high else train_size,
        device=device,
        wrong_labels=wrong_labels / 100,
        imbalance=imbalance,
        shuffle=shuffle,
        patience=patience,
        **NORMALISATIONS[normalisation]._asdict(),
    )


def require(config: TrainConfig, data_set: DataSet) -> None:
    """Refuse nothing: no epoch of LeNet takes long."""


def introduce(config: TrainConfig | None, data_set: DataSet) -> None:
    """Draw nothing: the page itself is about LeNet."""


def about(config: TrainConfig) -> str:
    """The sentence on the recipe of a config."""
    return words(f"recipe.{recipe_of(config)}.about")


def usable(config: TrainConfig) -> bool:
    """Always true: LeNet needs nothing but the data set."""
    return True


def missing() -> None:
    """Show nothing, since nothing can be missing."""


def _normalisation(config: TrainConfig) -> str:
    """Name of the offered normalisation that a config has; "half" for a pair of the learner's own."""
    return next((name for name in FOR_LENET if NORMALISATIONS[name].mean == config.mean), "half")


def _key(*parts: str) -> str:
    return ".".join(("training", *parts))


def _toggle(name: str, first: bool) -> bool:
    key = _key(name)
    value = bound(st.toggle, words(f"setting.{name}"), first, initial=first, key=key, **as_filled(key))
    st.caption(words(f"setting.{name}.help"))
    return bool(value)


def _number(name: str, value: Any, bounds: Bounds | None = None) -> Any:
    bounds, whole = bounds or BOUNDS[name], isinstance(value, int)
    style = {"step": 1 if whole else None, "format": None if whole else "%g"}
    result = number(
        st.number_input,
        words(f"setting.{name}"),
        bounds.low,
        bounds.high,
        value,
        key=_key(name),
        name=name,
        **style,
    )
    st.caption(words(f"setting.{name}.help"))
    return result


def _choice(name: str, options: list[str], value: str, labels: str = "") -> Any:
    result = choice(
        st.selectbox,
        words(f"setting.{name}"),
        options,
        value,
        key=_key(name),
        format_func=lambda option: words(f"{labels}.{option}") if labels else option,
    )
    st.caption(words(f"setting.{name}.help"))
    return result


def _hyper(optimizer: str, name: str) -> float:
    row = OPTIMIZERS[optimizer].hyper[name]
    label = words("setting.hyper", name=name, optimizer=optimizer)
    key = _key("hyper", optimizer, name)
    result = number(
        st.number_input, label, row.low, row.high, row.default, key=key, name=name, step=None, format="%g"
    )
    st.caption(words("setting.hyper.help", optimizer=optimizer, default=f"{row.torch_default:g}"))
    return result
