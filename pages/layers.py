"""Convolution, pooling, activation and the linear layer on a real image, every number of them."""

import inspect
from collections.abc import Callable

import streamlit as st

import core.activations
import core.convolution
import core.linear_layer
import core.pooling
from core.errors import InputError
from core.text import Text
from pages.shared import activation, convolution, judging, linear_layer, picture, pooling
from pages.shared.opening import open_page, show_error

CODE: dict[str, tuple[Callable[..., object], ...]] = {
    "convolution": (core.convolution.output_cell, core.convolution.impulse_response),
    "pooling": (core.pooling.winners, core.pooling.gradient_back),
    "activation": (core.activations.derivative, core.activations.apply),
    "linear": (core.linear_layer.flat_index, core.linear_layer.unit_terms, core.linear_layer.compare),
}


def show_code(name: str, words: Text) -> None:
    st.markdown(words(f"{name}.notice"))
    code = st.expander(words("code"), icon=":material/code:", key=f"layers.code.{name}", on_change="rerun")
    if code.open:
        code.code("\n\n".join(map(inspect.getsource, CODE[name])), language="python")


words = open_page("layers")

# Controls
chosen = picture.pick("layers", words)
if chosen is None:
    st.stop()
try:
    judging.shipped("sketches")  # every tab may want it: said once if it is damaged
except InputError as error:
    show_error(error)
    st.stop()

# Show
panels = {
    "convolution": convolution.convolution,
    "pooling": pooling.pooling,
    "activation": activation.activation,
    "linear": linear_layer.linear,
}
tabs = st.tabs([words(f"tab.{name}") for name in panels], on_change="rerun", key="layers.tab")
for tab, (name, panel) in zip(tabs, panels.items(), strict=True):
    if tab.open:
        with tab:
            panel(chosen.image, words)
            show_code(name, words)
