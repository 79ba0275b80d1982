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
    always: bool = False,
    on_change: Callable[[], None] | None = None,
    **style: Any,
) -> Any:
    """`control` is st.selectbox, st.segmented_control or the like; `linked` options are strings and go into the link under `key`.

    A value that isn't among the options, in a link say, gives way to the default; a default isn't a choice, and may be another
    one next time. It goes into the link only if `always`: where it depends on who looks.
    """
    state = st.session_state
    value = asked(key) if linked else chosen(key, None)
    value = value if value in options else default
    if linked and value == st.query_params.get(key) != state.get(_written(key)):
        put(key, value)
    state[key] = value
    told = labels(options, format_func)
    control(
        label,
        options,
        format_func=told.__getitem__,
        key=key,
        on_change=_changed,
        args=(key, on_change),
        **style,
    )
    if linked:
        _write(key, value if always or value != default else None)
    return value


def asked(key: str) -> Any:
    """What a link that was just followed says, else what the learner chose, else None."""
    said = st.query_params.get(key)
    return said if said is not None and said != st.session_state.get(_written(key)) else chosen(key, None)


def linked(key: str, default: str) -> str:
    """A text in the link without a control of its own, a place that was clicked say; `put` changes it. Check it where it is used."""
    value = asked(key) or default
    put(key, value)
    _write(key, value if value != default else None)
    return str(value)


def place(text: str) -> tuple[int, int]:
    """ "3-7" as (3, 7); the first cell for what is no place."""
    row, _, column = text[:9].partition("-")
    usable = all(part.isascii() and part.isdigit() for part in (row, column))
    return (int(row), int(column)) if usable else (0, 0)


def several(
    label: str,
    options: Sequence[Any],
    default: Sequence[Any],
    *,
    key: str,
    format_func: Callable[[Any], str],
    **style: Any,
) -> list[Any]:
    """As `choice`, for any number of options in an st.multiselect; they don't go into the link."""
    state, kept = st.session_state, _kept(key)
    state[kept] = [option for option in state.get(kept, default) if option in options]
    state[key] = state[kept]
    told = labels(options, format_func)
    st.multiselect(
        label, options, format_func=told.__getitem__, key=key, on_change=_changed, args=(key, None), **style
    )
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


def keep(key: str, value: str, default: str) -> None:
    """Hold what has no control of its own, a list of things say, and write it into the link unless it is the default."""
    put(key, value)
    _write(key, None if value == default else value)


def chosen(key: str, default: Any) -> Any:
    """What was chosen, for what is drawn before the control."""
    return st.session_state.get(_kept(key), default)


def _write(key: str, value: Any) -> None:
    """Put it into the link, and remember that it was put there: only something else is news from a link."""
    st.session_state[_written(key)] = value
    if value is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value


def _written(key: str) -> str:
    return f"written.{key}"


def _kept(key: str) -> str:
    return f"kept.{key}"


def _changed(key: str, on_change: Callable[[], None] | None) -> None:
    if (
        st.session_state[key] is not None
    ):  # a second click on a segment takes it away; then the old choice stays
        put(key, st.session_state[key])
    if on_change:
        on_change()
