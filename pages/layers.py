"""Convolution, pooling, activation and the linear layer on a real image, with every number.

Also what train() and eval() change.
"""

import streamlit as st

from core.errors import InputError
from core.layers.activations import apply, derivative
from core.layers.convolution import impulse_response, output_cell
from core.layers.linear import compare, flat_index, unit_terms
from core.layers.modes import case, difference, passes
from core.layers.pooling import gradient_back, winners
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.tabs import panels, tab
from pages.panels.layers import activation, convolution, linear, modes, pooling
from pages.panels.layers.inputs import on_kernel, on_picture
from pages.shared import loaders

words = PageWords("layers")

try:
    loaders.shipped("sketches")  # any tab may need it: a damaged file is reported once
except InputError as error:
    show_error(error)
    st.stop()

# Show
panels(
    {
        "convolution": tab(
            words, "convolution", lambda: on_kernel(convolution.convolution), output_cell, impulse_response
        ),
        "pooling": tab(words, "pooling", lambda: on_kernel(pooling.pooling), winners, gradient_back),
        "activation": tab(words, "activation", lambda: on_kernel(activation.activation), derivative, apply),
        "linear": tab(words, "linear", lambda: on_picture(linear.linear), flat_index, unit_terms, compare),
        "modes": tab(words, "modes", modes.modes, passes, case, difference),
    },
    words,
    "layers.tab",
)
