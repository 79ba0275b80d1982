"""Convolution, pooling, activation and the linear layer on a real image, with every number."""

import streamlit as st

from core.errors import InputError
from core.layers.activations import apply, derivative
from core.layers.convolution import impulse_response, output_cell
from core.layers.linear import compare, flat_index, unit_terms
from core.layers.pooling import gradient_back, winners
from pages.app.page import open_page, show_error
from pages.app.tabs import panels, tab
from pages.panels.layers import activation, convolution, linear, pooling
from pages.shared import loaders, picture

words = open_page("layers")

# Controls
chosen = picture.pick("layers")
if chosen is None:
    st.stop()
try:
    loaders.shipped("sketches")  # any tab may need it: a damaged file is reported once
except InputError as error:
    show_error(error)
    st.stop()

# Show
panels(
    {
        "convolution": tab(
            words, "convolution", lambda: convolution.convolution(chosen.image), output_cell, impulse_response
        ),
        "pooling": tab(words, "pooling", lambda: pooling.pooling(chosen.image), winners, gradient_back),
        "activation": tab(
            words, "activation", lambda: activation.activation(chosen.image), derivative, apply
        ),
        "linear": tab(words, "linear", lambda: linear.linear(chosen.image), flat_index, unit_terms, compare),
    },
    words,
    "layers.tab",
)
