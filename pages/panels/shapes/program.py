"""The network as a program to take along."""

import streamlit as st

from core.code.network import network_printed, network_program
from pages.app.language import PageWords, current
from pages.panels.shapes.network import CURRENT, checked

words = PageWords("code")


def program() -> None:
    """Offer the network as a script and as a notebook."""
    from pages.shared.programs import offer  # imports nbformat, so only for those who look

    layers, image, batch = st.session_state[CURRENT]
    result = checked(layers, image)
    if result.broken is not None:
        st.warning(words("network.refused"))
    if not all(layer.is_known for layer in layers):
        st.warning(words("network.unknown"))
    printed = network_printed(layers, result.traced, batch, current())
    made = network_program(layers, result.traced, image, batch, current())
    offer(made, "shapes", printed=lambda: {} if printed is None else {"shapes": printed})
