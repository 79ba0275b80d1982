"""The learner's language: the browser's at first, then what the sidebar says; always in the link as ?lang=en|zh."""

from collections.abc import Mapping

import streamlit as st

from core import text
from core.text import LANGUAGES, Text
from pages.app.choice import choice, chosen, put

NAMES = {"en": "English", "zh": "中文"}


def choose() -> None:
    """The language control."""
    if chosen("language", None) is None:
        put("language", _asked())
    with st.sidebar:
        label, first = "Language · 语言", current()
        choice(
            st.segmented_control,
            label,
            LANGUAGES,
            first,
            key="language",
            format_func=NAMES.__getitem__,
            linked=False,
            required=True,
        )
    st.query_params["lang"] = (
        current()
    )  # in every link, the default too: it is read on machines that speak another language


def current() -> str:
    language: str = chosen("language", LANGUAGES[0])
    return language


class PageWords(Text):
    """The words of one page in the language of whoever looks just now, so that a panel can have them as a global."""

    def __init__(self, page: str) -> None:
        self.page = page

    @property
    def _sections(self) -> Mapping[str, str]:
        return text.load(current(), self.page)


shared = PageWords("shared")  # of all pages


def _asked() -> str:
    """What the link says, else what the browser prefers."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"
