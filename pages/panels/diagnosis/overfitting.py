"""Overfitting and what helps against it."""

import streamlit as st

from pages.app.language import PageWords

words = PageWords("diagnosis")


def panel() -> None:
    """Draw the panel."""
    st.markdown(words("overfitting.about"))
