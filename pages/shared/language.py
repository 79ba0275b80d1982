"""The learner's language: the browser's at first, then what the sidebar says; always in the link as ?lang=en|zh."""

import streamlit as st

from core import text
from core.text import LANGUAGES, Text

NAMES = {"en": "English", "zh": "中文"}


def choose() -> Text:
    """The language control, and the words that all pages share."""
    if st.session_state.get("language") not in LANGUAGES:
        asked = st.query_params.get("lang")
        st.session_state["language"] = asked if asked in LANGUAGES else _of_browser()
    with st.sidebar:
        st.segmented_control("Language · 语言", LANGUAGES, format_func=NAMES.__getitem__, key="language", required=True)
    st.query_params["lang"] = current()  # a page change drops the parameter
    return text.load(current(), "shared")


def current() -> str:
    language: str = st.session_state["language"]
    return language


def _of_browser() -> str:
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"
