"""A network pasted as text: read into the list, with a sentence for each line that doesn't go into it."""

from collections.abc import Callable

import streamlit as st

from core.errors import InputError
from core.reading import MOST_CHARACTERS, Pasted, parse
from core.shapes.layers import Shape
from core.shapes.network import Layers
from pages.app.language import PageWords
from pages.app.page import sentence, show_error

words = PageWords("shapes")

SHOWN = 12  # sentences
TEXT, RESULT, NETWORK = "shapes.paste", "shapes.pasted", "shapes.pasted.network"
PutNetwork = Callable[[Layers, Shape], None]


def pasting(image: Shape, put_network: PutNetwork) -> None:
    """Show the text area and the report on the text read; `put_network` gets the layers and their image."""
    st.markdown(words("paste.about"))
    st.text_area(
        words("paste.label"),
        key=TEXT,
        height=220,
        max_chars=MOST_CHARACTERS,
        placeholder=words("paste.example"),
        persist_state="session",
    )
    st.button(
        words("paste.read"), key="shapes.read", type="primary", on_click=_read, args=(image, put_network)
    )
    text, result = st.session_state.get(RESULT, ("", None))
    if result is None or text != st.session_state[TEXT]:
        return
    if isinstance(result, InputError):
        show_error(result)
        return
    if len(result.networks) > 1:
        _networks(result, image, put_network)
    _report(result)


def _read(image: Shape, put_network: PutNetwork, network: int | None = None) -> None:
    text = st.session_state[TEXT]
    try:
        pasted = parse(text, image, network)
    except InputError as error:
        if network is None:
            st.session_state[RESULT] = text, error
        else:  # the others can still be chosen
            st.session_state["shapes.error"] = error
        return
    if pasted.layers:
        put_network(pasted.layers, pasted.image)
    st.session_state[RESULT] = text, pasted


def _networks(pasted: Pasted, image: Shape, put_network: PutNetwork) -> None:
    """Let the learner choose another of several networks in the text."""
    st.session_state[NETWORK] = pasted.chosen
    st.selectbox(
        words("paste.networks", count=len(pasted.networks)),
        range(len(pasted.networks)),
        format_func=lambda number: pasted.networks[number],
        key=NETWORK,
        on_change=lambda: _read(image, put_network, st.session_state[NETWORK]),
        width=320,
    )


def _report(pasted: Pasted) -> None:
    if pasted.layers:
        st.success(words("paste.done", count=len(pasted.layers)))
    else:
        st.warning(words("paste.nothing"))
    for row in pasted.unread[:SHOWN]:
        st.markdown(words("paste.line", line=row.line, reason=sentence(row.reason)))
    if len(pasted.unread) > SHOWN:
        st.markdown(words("paste.more", count=len(pasted.unread) - SHOWN))
