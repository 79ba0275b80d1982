"""Sizes: one layer's formula and its kernel on the grid; a network as a list, and the layer that breaks."""

import streamlit as st

from core.shapes import LayerKind, conv_output_size, trace
from core.shapes.formula import SizeFormula
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.tabs import code_panel, panels
from pages.panels.shapes import network, one_layer, program

CODE = (conv_output_size, SizeFormula, trace, LayerKind)
VIEWS = {"layer": one_layer.one_layer, "network": network.network}

words = PageWords("shapes")

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


def code() -> None:
    """Show the network as a program, and what ran here."""
    if view == "network":
        program.program()
        st.divider()
    code_panel(*CODE, about=words("code.about"))


# Show
VIEWS[view]()
panels(
    {
        "notice": lambda: st.markdown(words(f"notice.{view}")),
        "code": code,
    },
    words,
    "shapes.tab",
)
