"""Lines that are written wrong every day, run as they stand, beside the right ones."""

from collections.abc import Mapping

import streamlit as st

from core import wrong_lines
from core.text import Text
from core.wrong_lines import WRONG_LINES, Tried, WrongLine
from pages.shared.choice import choice


@st.fragment
def panel(words: Text, lines: Mapping[str, WrongLine] = WRONG_LINES, first: str = "out_of_range", key: str = "losses.wrong") -> None:
    st.markdown(words("about.wrong"))
    name = choice(
        st.selectbox,
        words("wrong.choose"),
        list(lines),
        first,
        key=key,
        format_func=lambda it: words(f"wrong.{it}"),
    )
    wrong, right = _both(f"{key}.{name}", lines[name])
    for column, tried, title in zip(st.columns(2, gap="large"), (wrong, right), ("wrong.line", "wrong.right"), strict=True):
        with column:
            st.markdown(f"**{words(title)}**")
            _shown(tried)
    st.markdown(words(f"wrong.{name}.why"))


def _shown(tried: Tried) -> None:
    """The lines and what PyTorch answered, word for word."""
    st.code(tried.code, language="python", wrap_lines=True)
    answer = tried.outcome
    told = [f"UserWarning: {warning}" for warning in answer.warnings] + [answer.error or f"→ {answer.value}"]
    st.code("\n\n".join(told), language=None, wrap_lines=True)


@st.cache_data(show_spinner=False, max_entries=64)
def _both(name: str, _line: WrongLine) -> tuple[Tried, Tried]:
    return wrong_lines.tried(_line.wrong), wrong_lines.tried(_line.right)
