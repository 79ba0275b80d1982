"""A choice among options whose labels are words: it outlives a language switch, a page change and a reload.

Streamlit sends labels to and from the browser, also with bind="query-params": a selection is then lost when its label changes,
and a link made in one language fails in another. Here session and link hold the option itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st


def choice(
    control: Callable[..., Any],
    label: str,
    options: Sequence[Any],
    default: Any,
    *,
    key: str,
    format_func: Callable[[Any], str],
    linked: bool = True,
    on_change: Callable[[], None] | None = None,
    **style: Any,
) -> Any:
    """`control` is st.selectbox, st.segmented_control or the like; `linked` options are strings and go into the link under `key`.

    A value that isn't among the options, in a link say, gives way to the default.
    """
    state, kept = st.session_state, _kept(key)
    if kept not in state and linked:
        state[kept] = st.query_params.get(key)
    if state.get(kept) not in options:
        state[kept] = default
    state[key] = state[kept]
    told = labels(options, format_func)
    control(label, options, format_func=told.__getitem__, key=key, on_change=_changed, args=(key, on_change), **style)
    if linked and state[kept] != default:
        st.query_params[key] = state[kept]
    elif linked:
        st.query_params.pop(key, None)
    return state[kept]


def several(
    label: str, options: Sequence[Any], default: Sequence[Any], *, key: str, format_func: Callable[[Any], str], **style: Any
) -> list[Any]:
    """As `choice`, for any number of options in an st.multiselect; they don't go into the link."""
    state, kept = st.session_state, _kept(key)
    state[kept] = [option for option in state.get(kept, default) if option in options]
    state[key] = state[kept]
    told = labels(options, format_func)
    st.multiselect(label, options, format_func=told.__getitem__, key=key, on_change=_changed, args=(key, None), **style)
    return list(state[kept])


def labels(options: Iterable[Any], format_func: Callable[[Any], str]) -> Mapping[Any, str]:
    """A label for each option, as it is now; options that would look the same are numbered from the last one on.

    The browser knows options by their labels alone: of equal ones it could only ever choose the same.
    """
    options = list(options)
    seen: Counter[str] = Counter()
    told = {}
    for option in reversed(options):
        label = format_func(option)
        seen[label] += 1
        told[option] = f"{label} ({seen[label]})" if seen[label] > 1 else label
    return told


def put(key: str, value: Any) -> None:
    """Make the choice from the program; call it before the control is drawn, in a callback for example."""
    st.session_state[_kept(key)] = value


def chosen(key: str, default: Any) -> Any:
    """What was chosen, for what is drawn before the control."""
    return st.session_state.get(_kept(key), default)


def _kept(key: str) -> str:
    return f"kept.{key}"


def _changed(key: str, on_change: Callable[[], None] | None) -> None:
    if st.session_state[key] is not None:  # a second click on a segment takes it away; then the old choice stays
        put(key, st.session_state[key])
    if on_change:
        on_change()
