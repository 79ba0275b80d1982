"""The learner's language: the browser's at first, then the sidebar's; always in the link as ?lang=en|zh."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from core import text
from core.text import LANGUAGES, Text
from pages.app.choice import choice, chosen, put

NAMES = {"en": "English", "zh": "中文"}
TAGS = {"en": "en", "zh": "zh-CN"}  # BCP 47
_run = threading.local()  # its language, while this thread runs a page
_COMPONENT = st.components.v2.component(
    "language", js=(text.FOLDER.parent / "components/app/language.js").read_text(encoding="utf-8")
)


def choose() -> None:
    """Draw the language control."""
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
        _COMPONENT(key="language_tag", data={"language": TAGS[current()]})
    # in every link, even the default: links are opened on machines that speak another language
    st.query_params["lang"] = current()


@contextmanager
def settled() -> Iterator[None]:
    """Hold the language while a page runs: two hundred texts ask for it, and the session's state is slow."""
    _run.language = current()
    try:
        yield
    finally:
        del _run.language


def current() -> str:
    """Return the chosen language, English before there is a choice."""
    language: str = getattr(_run, "language", None) or chosen("language", LANGUAGES[0])
    return language


class PageWords(Text):
    """Texts of one page in the current visitor's language, so a panel can hold them as a global."""

    def __init__(self, page: str) -> None:
        self.page = page

    @property
    def _sections(self) -> Mapping[str, str]:
        return text.load(current(), self.page)


shared = PageWords("shared")  # texts of all pages


def _asked() -> str:
    """Return the link's language, else the one the browser prefers."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"
