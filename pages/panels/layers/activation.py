"""Activation tab of the layer lab: curve, derivative, and effect on the map of the chosen kernel."""

import inspect

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from core.figures.layers import curve_chart, histogram_chart
from core.layers.activations import ACTIVATIONS, SATURATED, Effect, Function, Pieces, apply, curve
from core.layers.kernels import Kernel
from core.outcome import outcome
from core.pitfalls import layers
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.shared.images.number_map import NumberMap, Reads, number_maps
from pages.shared.number import number

words = PageWords("layers")

HEIGHT = 240  # pixels


@st.fragment
def activation(kernel: Kernel, _image: Tensor) -> None:
    """Render the Activation tab on the map of the kernel."""
    name = choice(
        st.pills,
        words("activation"),
        list(ACTIVATIONS),
        "relu",
        key="layers.activation",
        format_func=lambda option: ACTIVATIONS[option].name,
        required=True,
    )
    first, second = st.columns(2)
    with first:
        scale = number(st.slider, words("z.scale"), 0.1, 10.0, 1.0, key="layers.scale", step=0.1)
    with second:
        offset = number(st.slider, words("z.offset"), -10.0, 10.0, 0.0, key="layers.offset", step=0.1)
    function = _pieces() if name == "maxout" else ACTIVATIONS[name].function
    effect = apply(function, scale * kernel.map() + offset)
    st.markdown(
        f"$f(z) = {ACTIVATIONS[name].formula}$ · `{ACTIVATIONS[name].call}` · {ACTIVATIONS[name].source}"
    )
    st.markdown(words(f"activation.{name}.about"))
    _charts(function, effect, name)
    _maps(effect, name)
    _shares(effect)
    _more(effect.before, function, name)


def _pieces() -> Pieces:
    first, second, third = st.columns(3)
    with first:
        first_slope = number(
            st.slider, words("pieces.first"), -2.0, 2.0, 1.0, key="layers.piece_first", step=0.1
        )
    with second:
        second_slope = number(
            st.slider, words("pieces.second"), -2.0, 2.0, -0.5, key="layers.piece_second", step=0.1
        )
    with third:
        offset = number(
            st.slider, words("pieces.offset"), -3.0, 3.0, 0.0, key="layers.piece_offset", step=0.1
        )
    return Pieces(first_slope, second_slope, offset)


def _maps(effect: Effect, name: str) -> None:
    label = ACTIVATIONS[name].name
    low, high = (f"{float(bound):.2f}" for bound in (effect.after.min(), effect.after.max()))
    maps = [
        NumberMap(effect.before, words("z.before"), words("z.before.alt"), size=250),
        NumberMap(
            effect.after,
            words("z.after", name=label),
            words("z.after.alt", name=label, low=low, high=high),
            size=250,
        ),
        NumberMap(
            effect.slope,
            words("z.slope"),
            words("z.slope.alt", percent=f"{100 * effect.saturated:.0f}"),
            limit=1.0,
            size=250,
        ),
    ]
    reads = [Reads(source, target) for source in range(3) for target in range(3) if source != target]
    number_maps([[number_map] for number_map in maps], reads=reads, key="layers.activated")


def _shares(effect: Effect) -> None:
    with st.container(horizontal=True, gap="large"):
        for name in ("negative", "dead", "saturated"):
            value = f"{100 * getattr(effect, name):.1f}%"
            st.metric(
                words(f"share.{name}"),
                value,
                help=words(f"share.{name}.help", threshold=SATURATED),
                width="content",
            )


def _charts(function: Function, effect: Effect, name: str) -> None:
    label = ACTIVATIONS[name].name
    left, right = st.columns(2)
    with left:
        labels = {"z": "z", "value": words("chart.value"), "function": label, "slope": words("chart.slope")}
        st.echarts_chart(
            curve_chart(curve(function), labels),
            height=HEIGHT,
            alt=words("chart.curve.alt", name=label),
            key="layers.curve",
        )
    with right:
        labels = {
            "z": words("chart.number"),
            "count": words("chart.cells"),
            "before": words("chart.before"),
            "after": words("chart.after"),
        }
        negative, dead = (f"{100 * share:.0f}" for share in (effect.negative, effect.dead))
        alt = words("chart.histogram.alt", negative=negative, dead=dead)
        st.echarts_chart(
            histogram_chart(effect.histograms(), labels), height=HEIGHT, alt=alt, key="layers.histogram"
        )


def _more(before: Tensor, function: Function, name: str) -> None:
    table = st.expander(
        words("compare"), icon=":material/table_chart:", key="layers.compare", on_change="rerun"
    )
    if table.open:
        table.dataframe(_table(before, {name: function}), hide_index=True, height="content")
        table.caption(words("compare.told", threshold=SATURATED))
    wrong = st.expander(words("module"), icon=":material/bug_report:", key="layers.module", on_change="rerun")
    if wrong.open:
        with wrong:
            _module()


def _table(before: Tensor, chosen: dict[str, Function]) -> pd.DataFrame:
    effects = {name: apply(chosen.get(name, row.function), before) for name, row in ACTIVATIONS.items()}
    return pd.DataFrame(
        {
            words("activation"): [ACTIVATIONS[name].name for name in effects],
            words("share.dead"): [f"{100 * effect.dead:.1f}%" for effect in effects.values()],
            words("share.saturated"): [f"{100 * effect.saturated:.1f}%" for effect in effects.values()],
            words("compare.low"): [f"{float(effect.after.min()):.3f}" for effect in effects.values()],
            words("compare.mean"): [f"{float(effect.after.mean()):.3f}" for effect in effects.values()],
            words("compare.high"): [f"{float(effect.after.max()):.3f}" for effect in effects.values()],
        }
    )


def _module() -> None:
    st.markdown(words("module.told", kind=type(torch.nn.ReLU(torch.zeros(1))).__name__))
    st.code(inspect.getsource(layers.relu_as_a_function), language="python")
    st.code(outcome(layers.relu_as_a_function).answer, language=None, wrap_lines=True)
    st.markdown(words("module.right"))
