"""The opening of a page: its title, its link to take along, the idea behind it; errors as sentences."""

import re

import streamlit as st

from core.errors import InputError
from core.written.link import LONGEST
from pages.app import language
from pages.app.choice import arrive, unknown
from pages.app.components import component
from pages.app.language import PageWords, shared
from pages.app.punctuation import listed
from pages.app.services import jobs
from pages.server import counts

_MARKS = re.compile(r"[\\`*_\[\]<>|~:$&]|(?<=www)\.", re.IGNORECASE)
_COPY = component("app/copy_link", '<div class="copy_link"></div>', uses=("lib/dom",))
_COPY_WORDS = ("copy", "copied", "by_hand", "link", "long")


def open_page(name: str) -> None:
    """Show the title, the idea and the question to think about first."""
    arrive(name)
    words = PageWords(name)
    with st.container(horizontal=True, key=f"{name}.head"):  # the style sheet keeps both in one row
        st.title(words("title"), anchor=False, width="content")
        data = {"words": {part: shared[f"link.{part}"] for part in _COPY_WORDS}, "longest": LONGEST}
        _COPY(key=f"{name}.link", data=data, width="content")
    if "question" not in words:
        st.markdown(words("idea"))
        return
    idea, question = st.columns([3, 2], gap="medium")
    idea.markdown(words("idea"))
    with question, st.container(key="question_wide", border=True):  # the style sheet shows one of the two
        st.markdown(f":material/lightbulb: {words('question')}")
    with question, st.container(key="question_narrow"):
        st.expander(shared("question"), icon=":material/lightbulb:").markdown(words("question"))


def say_what_is_unknown() -> None:
    """Say which values of a link no control has as an option: it was cut, say, or its run deleted."""
    if values := unknown():
        st.toast(sentence(InputError("link_unknown", values=values[:3])), icon=":material/link_off:")


def show_error(error: InputError) -> None:
    """Show the error as a sentence in the learner's language."""
    counts.refusal(error.key)
    st.error(sentence(error))


def warn_if_read_only() -> None:
    """Say why nothing can be started or saved on this server; nothing where it can."""
    if (refusal := jobs().refusal) is not None:
        st.warning(sentence(refusal))


def sentence(error: InputError) -> str:
    """Return the error's sentence in the learner's language, ready for Markdown."""
    values = {name: _value(value) for name, value in error.values.items()}
    return InputError(error.key, **values).sentence(language.current())


def _value(value: object) -> object:
    """A value of an error: numbers as they are, names listed as the language does, all else escaped."""
    if isinstance(value, tuple):
        return listed(map(plain, value)) or "–"
    return value if isinstance(value, int | float) else plain(value)


def plain(words: object) -> str:
    """Escape text from outside, a path or a file name, so that it shows as itself.

    Markdown in it could load pictures from foreign hosts.
    """
    return _MARKS.sub(r"\\\g<0>", str(words))
