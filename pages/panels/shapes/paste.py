"""A network pasted as text: read into the list, with a sentence for each unreadable line."""

from collections.abc import Callable

import streamlit as st

from core.errors import InputError
from core.shapes import paste
from core.shapes.network import Layers
from core.shapes.paste import MOST_CHARACTERS, Pasted
from pages.app.language import PageWords
from pages.app.page import sentence, show_error

words = PageWords("shapes")

SHOWN = 12  # sentences


def pasting(put_layers: Callable[[Layers], None]) -> None:
    """Show the text area and the report on the last text; `put_layers` gets the layers read."""
    st.markdown(words("paste.about"))
    st.text_area(
        words("paste.label"),
        key="shapes.paste",
        height=220,
        max_chars=MOST_CHARACTERS,
        placeholder=words("paste.example"),
        persist_state="session",
    )
    st.button(words("paste.read"), key="shapes.read", type="primary", on_click=_paste, args=(put_layers,))
    result = st.session_state.pop("shapes.pasted", None)
    if isinstance(result, InputError):
        show_error(result)
    elif result is not None:
        _report(result)


def _paste(put_layers: Callable[[Layers], None]) -> None:
    try:
        pasted = paste.parse(st.session_state["shapes.paste"])
    except InputError as error:
        st.session_state["shapes.pasted"] = error
        return
    if pasted.layers:
        put_layers(pasted.layers)
    st.session_state["shapes.pasted"] = pasted


def _report(pasted: Pasted) -> None:
    if pasted.layers:
        st.success(words("paste.done", count=len(pasted.layers)))
    else:
        st.warning(words("paste.nothing"))
    for row in pasted.unread[:SHOWN]:
        st.markdown(words("paste.line", line=row.line, reason=sentence(row.reason)))
    if len(pasted.unread) > SHOWN:
        st.markdown(words("paste.more", count=len(pasted.unread) - SHOWN))
