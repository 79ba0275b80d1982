"""Everyday mistakes: wrong lines of code, run as they stand, beside the right ones."""

from collections.abc import Mapping

import streamlit as st

from core.pitfalls.losses import WRONG_LINES
from core.pitfalls.wrong_line import Tried, WrongLine, tried
from core.text import Text
from pages.app.choice import choice


@st.fragment
def panel(
    words: Text,
    lines: Mapping[str, WrongLine] = WRONG_LINES,
    first: str = "out_of_range",
    key: str = "losses.wrong",
) -> None:
    """Let the learner choose a wrong line; show it beside the right one, and say why it is wrong."""
    st.markdown(words("about.wrong"))
    name = choice(
        st.selectbox,
        words("wrong.choose"),
        list(lines),
        first,
        key=key,
        format_func=lambda option: words(f"wrong.{option}"),
    )
    wrong, right = _both(f"{key}.{name}", lines[name])
    for column, side, title in zip(
        st.columns(2, gap="large"), (wrong, right), ("wrong.line", "wrong.right"), strict=True
    ):
        with column:
            st.markdown(f"**{words(title)}**")
            _show(side)
    st.markdown(words(f"wrong.{name}.why"))


def _show(side: Tried) -> None:
    """Show the lines and PyTorch's answer, word for word."""
    st.code(side.code, language="python", wrap_lines=True)
    outcome = side.outcome
    answers = [f"UserWarning: {warning}" for warning in outcome.warnings] + [
        outcome.error or f"→ {outcome.value}"
    ]
    st.code("\n\n".join(answers), language=None, wrap_lines=True)


@st.cache_data(show_spinner=False, max_entries=64)
def _both(name: str, _line: WrongLine) -> tuple[Tried, Tried]:
    return tried(_line.wrong), tried(_line.right)
