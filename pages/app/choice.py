"""Choices among labelled options that outlive a language switch, a page change and a reload.

Streamlit sends labels to and from the browser, also with bind="query-params": a selection is then lost when
its label changes, and a link made in one language fails in another. Here session and link hold the option
itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, get_script_run_ctx

from core.errors import InputError
from core.written.link import opened, packed

HIDEABLE = ("settings", "code")
_UNKNOWN = "unknown"  # key of what a link holds and no control offers


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
    """Draw `control` (st.selectbox, st.segmented_control or the like) and return the chosen option.

    `linked` options are strings and go into the link under `key`. A value that isn't among the options, in a
    link say, gives way to the default. A default isn't a choice and may differ next time; it goes into the
    link only if `always`, for a default that depends on who looks.
    """
    state = st.session_state
    value = offered(key, options) if linked else chosen(key, None)
    value = value if value in options else default
    if linked and value == st.query_params.get(key) != state.get(_written(key)):
        put(key, value)
    _draw(control, label, options, value, format_func, key, on_change, **style)
    if linked:
        _write(key, value if always or value != default else None)
    return value


def asked(key: str) -> Any:
    """Return the value of a link that was just followed, else the learner's choice, else None.

    A value that `_write` has replaced is no news: the browser repeats it until it has taken over the new one.
    A compressed one that can't be opened is returned as it is, for `opened` to refuse where texts are long.
    """
    value, state = st.query_params.get(key), st.session_state
    if value == state.get(_written(key)):
        state.pop(_overwritten(key), None)
    return chosen(key, None) if value is None or not _is_news(key) else _read(value)


def offered(key: str, options: Iterable[Any]) -> Any:
    """Return what `asked` does; a value of a link that isn't among the options is noted for `unknown`."""
    value, state = asked(key), st.session_state
    if value is not None and value not in options and _is_news(key):
        state[_UNKNOWN] = [*state.get(_UNKNOWN, ()), value]
    return value


def unknown() -> tuple[str, ...]:
    """Return, once, the values of the link just followed that no control has as an option."""
    return tuple(map(str, st.session_state.pop(_UNKNOWN, ())))


def _is_news(key: str) -> bool:
    """Whether the link has a value under this key that was neither written here nor replaced."""
    value, state = st.query_params.get(key), st.session_state
    return value not in (None, state.get(_written(key)), *state.get(_overwritten(key), ()))


def linked(key: str, default: str) -> str:
    """Return a text from the link that has no control of its own, such as a clicked place.

    `put` changes the text; whoever uses it has to check it, as what `asked` returns.
    """
    value = asked(key) or default
    put(key, value)
    _write(key, value if value != default else None)
    return str(value)


def place(text: str) -> tuple[int, int]:
    """Parse "3-7" as (3, 7); any other text gives the first cell, (0, 0)."""
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
    """Draw an st.multiselect for any number of options, held as by `choice`; they don't go into the link."""
    state, kept = st.session_state, _kept(key)
    state[kept] = [option for option in state.get(kept, default) if option in options]
    _draw(st.multiselect, label, options, state[kept], format_func, key, None, **style)
    return list(state[kept])


def labels(options: Iterable[Any], format_func: Callable[[Any], str]) -> Mapping[Any, str]:
    """Map each option to its current label; equal labels are numbered from the last one on.

    The browser knows options by label alone: of equal ones it could only ever choose the same.
    """
    options = list(options)
    seen: Counter[str] = Counter()
    option_labels = {}
    for option in reversed(options):
        label = format_func(option)
        seen[label] += 1
        option_labels[option] = f"{label} #{seen[label]}" if seen[label] > 1 else label
    return option_labels


def put(key: str, value: Any) -> None:
    """Make the choice, or fill a control `as_filled`, from code; call it before the control is drawn."""
    state = st.session_state
    state[_kept(key)] = value
    shown = state.get(key)
    if shown not in (None, value):
        state[_replaced(key)] = [*state.get(_replaced(key), []), shown]


def as_filled(key: str) -> dict[str, Any]:
    """Let a control that holds its own value, a number or a switch, show what was `put`; return its callback.

    Call it just before the control is drawn.
    """
    state, kept = st.session_state, _kept(key)
    if kept in state:
        if state.get(key) == state[kept]:  # the browser has it
            _forget(key)
        else:
            state[key] = state[kept]
    _fragments()[key] = ThreadState.get().fragment_id
    return {"on_change": _forget_filled, "args": (key,)}


def bound(control: Callable[..., Any], *args: Any, initial: Any, key: str, **style: Any) -> Any:
    """Draw a control that Streamlit binds to the link, and let the link say what it holds.

    The browser writes a new value into the link at once. A message of a run that was under way then wipes it
    out again, and Streamlit leaves it so.
    """
    said = st.query_params.get_all(key)  # Streamlit forgets it when the control holds its initial value
    value = control(*args, key=key, bind="query-params", **style)
    held = value if isinstance(value, list) else [value]
    texts = [] if value == initial else [style.get("format_func", _text)(item) for item in held]
    if _say_the_same(said, texts):
        return value
    context = get_script_run_ctx()
    if context and texts:
        with context.session_state.query_params() as link:
            link.set_corrected_value(key, texts, "string_array_value")
    elif value == initial:
        st.query_params.update()
    return value


def _text(value: Any) -> str:
    """The value of a control as the browser writes it into the link."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _say_the_same(texts: list[str], others: list[str]) -> bool:
    try:
        return [float(text) for text in texts] == [float(text) for text in others]
    except ValueError:
        return texts == others


def keep(key: str, value: str, default: str) -> None:
    """Hold a value without a control, such as a list; it goes into the link unless it is the default."""
    put(key, value)
    _write(key, None if value == default else value)


def chosen(key: str, default: Any) -> Any:
    """Return the choice made so far, else `default`, for what is drawn before the control."""
    return st.session_state.get(_kept(key), default)


def hide() -> None:
    """Take from the link, ?hide=settings,code, what a handout leaves out, for the rest of the visit."""
    parts = (asked("hide") or "").split(",")
    keep("hide", ",".join(part for part in HIDEABLE if part in parts), "")


def hidden(part: str) -> bool:
    """Whether a handout leaves this part of HIDEABLE out."""
    return part in chosen("hide", "").split(",")


def arrive(page: str) -> None:
    """Begin a run of a page; where it begins a visit, what its address says is news.

    After Back or Forward, choices of the page that the address doesn't hold are forgotten: they were made in
    another visit.
    """
    state, context = st.session_state, get_script_run_ctx()
    went_back = context is not None and context.is_history_navigation
    if went_back or state.get("page") != page:
        for key in [key for key in state if str(key).startswith(_overwritten(""))]:
            del state[key]
    state["page"] = page
    if not went_back:
        return
    for key in [str(key) for key in st.session_state if str(key).startswith(f"written.{page}.")]:
        linked_key = key.removeprefix("written.")
        if linked_key not in st.query_params:
            st.session_state.pop(_kept(linked_key), None)


def _write(key: str, value: Any) -> None:
    """Put the value into the link and remember it: only a different value there is news from a link."""
    state = st.session_state
    text = packed(value) if isinstance(value, str) else value
    plain = value if st.query_params.get(key) == value else None  # a link from elsewhere may be long
    replaced = {state.get(_written(key)), plain} - {None, text}
    if replaced:
        state[_overwritten(key)] = [*state.get(_overwritten(key), []), *replaced]
    state[_written(key)] = text
    if text is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = text


def _read(text: str) -> str:
    try:
        return opened(text)
    except InputError:
        return text


def _written(key: str) -> str:
    return f"written.{key}"


def _overwritten(key: str) -> str:
    return f"overwritten.{key}"


def _kept(key: str) -> str:
    return f"kept.{key}"


def _replaced(key: str) -> str:
    return f"replaced.{key}"


def _fragments() -> dict[str, str | None]:
    """The fragment in which each control was drawn.

    One entry for all: Streamlit goes through the whole state at each number, 29 times for ten optimizers.
    """
    found: dict[str, str | None] = st.session_state.setdefault("fragments", {})
    return found


def _draw(
    control: Callable[..., Any],
    label: str,
    options: Sequence[Any],
    value: Any,
    format_func: Callable[[Any], str],
    key: str,
    on_change: Callable[[], None] | None,
    **style: Any,
) -> None:
    """Draw the control with this value, and note where it is drawn."""
    state = st.session_state
    if state.get(key) == value:  # the browser has it, so what it replaced is no echo any more
        state.pop(_replaced(key), None)
    _fragments()[key] = ThreadState.get().fragment_id
    state[key] = value
    option_labels = labels(options, format_func)
    control(
        label,
        options,
        format_func=option_labels.__getitem__,
        key=key,
        on_change=_changed,
        args=(key, options, on_change),
        **style,
    )


def _is_echo(key: str) -> bool:
    """Whether the browser repeats a value that `put` has replaced, since it hasn't drawn the new one yet.

    A timer's rerun of another fragment does that; a learner's choice reruns the control's own fragment or the
    whole page.
    """
    state, context = st.session_state, get_script_run_ctx()
    rerun = context.fragment_ids_this_run if context else None
    if not rerun or _fragments().get(key) in rerun:
        return False
    return state[key] in state.get(_replaced(key), [])


def _forget_filled(key: str) -> None:
    if not _is_echo(key):
        _forget(key)


def _forget(key: str) -> None:
    for name in (_kept(key), _replaced(key)):
        st.session_state.pop(name, None)


def _is_outdated(value: Any, options: Sequence[Any]) -> bool:
    """Whether this is a label that has changed since the browser drew it, and so no option."""
    values = value if isinstance(value, list) else [value]
    return any(item is not None and item not in options for item in values)


def _changed(key: str, options: Sequence[Any], on_change: Callable[[], None] | None) -> None:
    state = st.session_state
    if _is_echo(key) or _is_outdated(state[key], options) or state[key] == state.get(_kept(key)):
        return
    # a second click on a segment deselects it; the old choice then stays
    if state[key] is not None:
        state[_kept(key)] = state[key]
        state.pop(_replaced(key), None)
    if on_change:
        on_change()
