"""Convolution, pooling, activation and the linear layer on a real image, every number of them."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from torch import Tensor

from core.errors import InputError
from core.layers.activations import apply, derivative
from core.layers.convolution import impulse_response, output_cell
from core.layers.linear import compare, flat_index, unit_terms
from core.layers.pooling import gradient_back, winners
from core.text import Text
from pages.app.page import open_page, show_error
from pages.app.tabs import code, notice, panels
from pages.panels.layers import activation, convolution, linear, pooling
from pages.shared import loaders, picture

words = open_page("layers")

# Controls
chosen = picture.pick("layers")
if chosen is None:
    st.stop()
try:
    loaders.shipped("sketches")  # every tab may want it: said once if it is damaged
except InputError as error:
    show_error(error)
    st.stop()


# Show
def tab(name: str, draw: Callable[[Tensor, Text], None], *sources: Any) -> Callable[[], None]:
    def body() -> None:
        draw(chosen.image, words)
        notice(name, words)
        code(words, *sources, key=f"layers.code.{name}")

    return body


panels(
    {
        "convolution": tab("convolution", convolution.convolution, output_cell, impulse_response),
        "pooling": tab("pooling", pooling.pooling, winners, gradient_back),
        "activation": tab("activation", activation.activation, derivative, apply),
        "linear": tab("linear", linear.linear, flat_index, unit_terms, compare),
    },
    words,
    "layers.tab",
)
