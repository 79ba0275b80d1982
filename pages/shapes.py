"""Sizes: one layer with its formula and the kernel sliding over the grid; a whole network as a list, and the layer that breaks."""

import inspect

import streamlit as st

from core import shapes
from core.shapes import formula, layers
from core.text import Text
from pages.app.choice import choice
from pages.app.page import open_page
from pages.app.tabs import panels
from pages.panels.shapes import network, one_layer

VIEWS = {"layer": one_layer.one_layer, "network": network.network}


def show_code(words: Text) -> None:
    st.markdown(words("code.about"))
    for part in (shapes.conv_output_size, formula.SizeFormula, shapes.trace, layers.LayerKind):
        st.code(inspect.getsource(part), language="python")


words = open_page("shapes")

# Controls
view = choice(
    st.segmented_control,
    words("view"),
    list(VIEWS),
    "layer",
    key="shapes.view",
    format_func=lambda name: words(f"view.{name}"),
    required=True,
    label_visibility="collapsed",
)

# Show
VIEWS[view](words)
panels({"notice": lambda: st.markdown(words(f"notice.{view}")), "code": lambda: show_code(words)}, words, "shapes.tab")
