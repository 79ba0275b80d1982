"""The lr range test."""

import streamlit as st

from pages.app.language import PageWords

words = PageWords("diagnosis")


def panel() -> None:
    """Draw the panel."""
    st.markdown(words("lr_range.about"))
