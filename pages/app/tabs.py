"""Panels behind tabs; only the open one runs, and its name in the link outlives a language switch."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.text import Text
from pages.app.choice import hidden, keep, offered
from pages.app.language import PageWords


def panels(bodies: Mapping[str, Callable[[], None]], words: Text, key: str, label: str = "tab") -> None:
    """Draw one tab for each of `bodies`, named by the text <label>.<name>.

    `key` is the key of the tabs; the link holds the open one's name under "<key>.open". A handout may leave
    out the panel "code".
    """
    state, linked = st.session_state, f"{key}.open"
    labels = {name: words(f"{label}.{name}") for name in bodies if name != "code" or not hidden("code")}
    first = next(iter(labels))
    name = offered(
        linked, labels
    )  # a link just followed comes before the tab that was open on the last visit
    if state.get(key) not in labels.values():
        state[key] = labels.get(name, labels[first])
    for name, tab in zip(labels, st.tabs(list(labels.values()), on_change="rerun", key=key), strict=True):
        if tab.open:
            keep(linked, name, first)
            with tab:
                bodies[name]()


def tab(words: PageWords, name: str, draw: Callable[[], None], *sources: Any) -> Callable[[], None]:
    """Return a panel that ends with what there is to notice in it and the code that ran."""

    def body() -> None:
        draw()
        notice(words, name)
        code(words, name, *sources)

    return body


def notice(words: PageWords, name: str) -> None:
    """Show what there is to notice in the panel `name`."""
    st.markdown(f"**{words('notice')}**\n\n{words(f'notice.{name}')}")


def code(words: PageWords, name: str, *sources: Any) -> None:
    """Show the code that ran in the panel `name`, inside an expander."""
    code_box(words("code"), *sources, key=f"{words.page}.code.{name}")


def code_box(label: str, *sources: Any, key: str, before: str = "", after: str = "") -> None:
    """Show code inside an expander, with text before and after it; a handout may leave it out."""
    if hidden("code"):
        return
    box = st.expander(label, icon=":material/code:", on_change="rerun", key=key)
    if box.open:
        source = "\n\n".join(inspect.getsource(source) for source in sources)
        box.code(before + source + after, language="python", wrap_lines=True)


def settings(label: str, *, key: str, expanded: bool = False) -> Any:
    """A box for settings; a handout may leave it out, and has their values all the same."""
    if hidden("settings"):
        return st.container(key=f"{key}_hidden")  # by the style sheet: what isn't drawn has no value
    return st.expander(label, icon=":material/tune:", expanded=expanded)


def code_panel(*sources: Any, about: str = "") -> None:
    """Show nothing but the code that ran, each part behind its name; the first one is open."""
    if about:
        st.markdown(about)
    for number, source in enumerate(sources):
        label = f"**{source.__name__}** · {source.__module__.replace('.', '/')}.py"
        with st.expander(label, expanded=number == 0):
            st.code(inspect.getsource(source), language="python", wrap_lines=True)
