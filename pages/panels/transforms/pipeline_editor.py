"""The pipeline as an editable list: choose a step, change, move or remove it, add another."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import streamlit as st

from core.checks import Number, Option
from core.errors import InputError
from core.transforms.pipeline import MOST_STEPS, PRESETS, TRANSFORMS, Steps, TransformStep, parse, written
from core.transforms.trace import Draws, Observation
from core.written.link import opened
from core.written.numbers import minus
from pages.app.choice import asked, choice, chosen, keep, put
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.punctuation import together

words = PageWords("transforms")

KEY, SELECTED = "transforms.steps", "transforms.step"
FIRST = PRESETS["training"]


def current() -> Steps:
    """The learner's pipeline, from the link at first; a link that asks too much shows an error."""
    try:
        steps = parse(opened(asked(KEY) or written(FIRST)))
    except InputError as error:
        show_error(error)
        steps = FIRST
    keep(KEY, written(steps), written(FIRST))
    return steps


def presets() -> None:
    """Show a button for each preset pipeline."""
    with st.grid("auto", min_column_width=130, gap="small"):
        for name, steps in PRESETS.items():
            kind = "primary" if steps == parse(chosen(KEY, written(FIRST))) else "secondary"
            st.button(
                words(f"preset.{name}"),
                on_click=_change,
                args=(steps, 0),
                key=f"transforms.preset.{name}",
                type=kind,
                width="stretch",
            )


def edit(steps: Steps, result: Draws) -> None:
    """Show the list with each step's result, the controls of the chosen step, and one to add another."""
    st.caption(words("list.start", seen=observed(result.seen[0])))
    if steps:
        indices = list(range(len(steps)))
        position: int = choice(
            st.radio,
            words("list"),
            indices,
            0,
            key=SELECTED,
            linked=False,
            format_func=lambda index: f"{index + 1}. `{steps[index].code}`",
            captions=[_caption(index, result) for index in indices],
        )
        with st.container(border=True):
            _chosen(steps, position)
    else:
        position = -1
        st.info(words("list.empty"))
    _add(steps, position)


def observed(seen: Observation) -> str:
    """Format an observation in one line, in no language."""
    shape = f"{list(seen.shape)}" if seen.is_tensor else " × ".join(map(str, reversed(seen.shape)))
    ends = f"{number(seen.low)} … {number(seen.high)}"
    return f"{seen.kind} {together(shape)} {seen.dtype}, {together(ends)}"


def number(value: float) -> str:
    """Format a number with two decimals, without any if the number is whole or from 100 on."""
    return minus(value, 0 if abs(value) >= 100 or value == int(value) else 2)


def _caption(position: int, result: Draws) -> str:
    if position < result.finished:
        return f"→ {observed(result.seen[position + 1])}"
    if result.refusal and result.refusal.by == position:
        return f":red[**{words('list.refused')}**]"
    return words("list.not_reached")


def _chosen(steps: Steps, position: int) -> None:
    step = steps[position]
    row = TRANSFORMS[step.kind]
    st.markdown(f"**[{row.name}]({row.source})** · {words(f'step.{step.kind}')}")
    for name, parameter in row.params.items():
        _parameter(steps, position, name, parameter)
    rest = steps[:position] + steps[position + 1 :]
    with st.container(horizontal=True, gap="small"):
        for name, icon, to in (
            ("up", "arrow_upward", position - 1),
            ("down", "arrow_downward", position + 1),
        ):
            inside = 0 <= to < len(steps)
            _button(name, icon, (*rest[:to], step, *rest[to:]) if inside else steps, to, disabled=not inside)
        _button("remove", "delete", rest, max(0, position - 1))


def _parameter(steps: Steps, position: int, name: str, row: Number | Option) -> None:
    """Show a parameter's control; the list of steps holds the value and sets the control each time."""
    step = steps[position]
    key, value = f"transforms.{step.kind}.{name}", step.params[name]
    style = {"key": key, "on_change": _set, "args": (steps, position, name, key)}
    if isinstance(row, Option) and isinstance(row.default, str):
        put(key, value)
        labels = {option: words[f"option.{option}"] for option in row.allowed}
        change = partial(_set, steps, position, name, key)
        choice(
            st.segmented_control,
            name,
            row.allowed,
            value,
            key=key,
            linked=False,
            format_func=labels.__getitem__,
            on_change=change,
            required=True,
        )
        return
    st.session_state[key] = value
    if isinstance(row, Option):
        st.toggle(f"{name}=True", **style)
    else:
        kind, each = (int, 1) if isinstance(row.default, int) else (float, 0.05)
        st.slider(name, kind(row.low), kind(row.high), step=each, **style)


def _set(steps: Steps, position: int, name: str, key: str) -> None:
    """Put a control's value into the list if valid; the browser may send anything."""
    step = steps[position]
    with suppress(InputError):
        changed = TransformStep(step.kind, {**step.params, name: st.session_state[key]})
        _change((*steps[:position], changed, *steps[position + 1 :]), position)


def _add(steps: Steps, position: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        style = {"format_func": lambda kind: TRANSFORMS[kind].name, "linked": False, "width": "stretch"}
        kind = choice(
            st.selectbox, words("add.label"), list(TRANSFORMS), "rotation", key="transforms.kind", **style
        )
        more = (*steps[: position + 1], TransformStep(kind), *steps[position + 1 :])
        _button("add", "add", more, position + 1, disabled=len(steps) >= MOST_STEPS)


def _button(
    name: str, icon: str, steps: Sequence[TransformStep], selected: int, *, disabled: bool = False
) -> None:
    st.button(
        words(name),
        icon=f":material/{icon}:",
        on_click=_change,
        args=(steps, selected),
        disabled=disabled,
        key=f"transforms.{name}",
    )


def _change(steps: Sequence[TransformStep], selected: int) -> None:
    put(KEY, written(steps))
    put(SELECTED, selected)
