"""Lines that are written wrong every day, run as they stand, beside the right ones."""

import streamlit as st

from core import wrong_lines
from core.text import Text
from core.wrong_lines import WRONG_LINES, Tried
from pages.shared.choice import choice


@st.fragment
def panel(words: Text) -> None:
    st.markdown(words("about.wrong"))
    name = choice(
        st.selectbox,
        words("wrong.choose"),
        list(WRONG_LINES),
        "out_of_range",
        key="losses.wrong",
        format_func=lambda it: words(f"wrong.{it}"),
    )
    wrong, right = _both(name)
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


@st.cache_data(show_spinner=False, max_entries=len(WRONG_LINES))
def _both(name: str) -> tuple[Tried, Tried]:
    line = WRONG_LINES[name]
    return wrong_lines.tried(line.wrong), wrong_lines.tried(line.right)
