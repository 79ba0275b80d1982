"""Initial weights compared: how far activations and gradients reach at step 0 and after some steps."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.checks import SEED
from core.diagnosis.beginnings import STEPS, beginnings
from core.diagnosis.initialisation import initialise
from core.figures.inside import by_layer
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.tabs import tab
from pages.shared import data_set
from pages.shared.computed import computed
from pages.shared.number import number

words = PageWords("diagnosis")

KEY = "diagnosis.initialisation"
SIGNS = ("activations", "gradients")
ROUNDING = 1e-6  # below it, a sum that is 0 but for rounding
Beginnings = Sequence[Mapping[str, Any]]  # of core.diagnosis.beginnings.Beginning, as an event holds them


def draw() -> None:
    """Draw the controls, and what became of each of the initial weights."""
    st.markdown(words("initialisation.about", n=STEPS))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{KEY}.controls"):
        data, root = data_set.choose(f"{KEY}.data_set")
        seed = number(
            st.number_input, words("initialisation.seed"), *SEED, 0, key=f"{KEY}.seed", name="seed", width=160
        )
    if root is None:
        data_set.about(data, None)
        return
    params = {"data_set": data, "root_dir": str(root), "seed": seed}
    result = computed("initialisation", params, words, key=f"{KEY}.start")
    if result is not None:
        _outcome(result["beginnings"])
        _layers(result["beginnings"])


def _outcome(found: Beginnings) -> None:
    """What became of them: losses, accuracy, and how many units are different ones."""
    columns = ("weights", "loss_before", "loss_after", "accuracy", "units")
    rows = [
        (
            _name(row["name"]),
            _loss(row["before"]["loss"]),
            _loss(row["after"]["loss"]) if row["after"] else words("initialisation.nan", n=row["diverged"]),
            "–" if row["accuracy"] is None else f"{100 * row['accuracy']:.1f}%",
            "–" if row["distinct"] is None else _units(row),
        )
        for row in found
    ]
    labels = [words(f"initialisation.{column}", n=STEPS) for column in columns]
    st.table(
        {label: list(cells) for label, cells in zip(labels, zip(*rows, strict=True), strict=True)},
        hide_index=True,
    )


def _units(row: Mapping[str, Any]) -> str:
    """Different units of the hidden layers; the last layer's are told apart by the labels."""
    hidden = list(row["distinct"])[:-1]
    return words(
        "initialisation.of",
        count=sum(row["distinct"][layer] for layer in hidden),
        total=sum(row["units"][layer] for layer in hidden),
    )


def _layers(found: Beginnings) -> None:
    """Activations and gradients by layer, at one of both steps."""
    step = choice(
        st.segmented_control,
        words("initialisation.step"),
        ["before", "after"],
        "before",
        key=f"{KEY}.step",
        format_func=lambda name: words(f"initialisation.step.{name}", n=STEPS),
        required=True,
    )
    for column, sign in zip(st.columns(2, gap="medium"), SIGNS, strict=True):
        values = {_name(row["name"]): (row[step] or {}).get(sign, {}) for row in found}
        layers = list(found[0]["before"][sign])
        labels = {"layer": words("initialisation.layer"), "value": words(f"initialisation.{sign}")}
        with column:
            st.markdown(f"**{words(f'initialisation.{sign}.title')}**")
            st.echarts_chart(
                by_layer(layers, values, labels),
                height=340,
                alt=words(f"initialisation.{sign}.alt", step=words(f"initialisation.step.{step}", n=STEPS)),
                key=f"{KEY}.{sign}",
            )
            cells = {
                layer: [amount(row[layer]) if row else "–" for row in values.values()] for layer in layers
            }
            st.table({words("initialisation.weights"): list(values), **cells}, hide_index=True)
    st.caption(words("initialisation.outside", n=STEPS))


def _loss(value: float | None) -> str:
    """A loss with three digits, as everywhere in the app, unless it is a large number."""
    return f"{value:.3f}" if value is not None and value < 100 else amount(value)


def _name(name: str) -> str:
    return words(f"initialisation.{name}")


def amount(value: float | None) -> str:
    """A number in few digits; what is not finite as ∞, and what rounding left of 0 as such."""
    if value is None:
        return "∞"
    if 0 < value < ROUNDING:
        return "≈ 0"
    if value >= 1e6:
        return f"{value:.0e}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


panel = tab(words, "initialisation", draw, initialise, beginnings)
