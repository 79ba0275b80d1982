"""Opens a page: its words, its title and the idea behind it."""

import streamlit as st

from core import text
from core.errors import InputError
from core.text import Text
from pages.shared import language


def open_page(name: str) -> Text:
    """Title, idea and the question to think about first; returns the words of the page."""
    words = text.load(language.current(), name)
    st.title(words("title"), anchor=False)
    st.markdown(words("idea"))
    if "question" in words:
        st.markdown(f":material/lightbulb: *{words('question')}*")
    return words


def shared_words() -> Text:
    return text.load(language.current(), "shared")


def show_error(error: InputError) -> None:
    st.error(error.sentence(language.current()))
