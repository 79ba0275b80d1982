"""Momentum of the tutorials against torch's: the factor between them."""

import math

import streamlit as st

from core.figures.optimizers import momenta_chart
from core.optimizers.momenta import STREAMS, momenta, stream
from pages.app.choice import bound, choice
from pages.app.language import PageWords
from pages.app.punctuation import listed
from pages.shared.number import number

words = PageWords("optimizers")

STEPS, LR = 40, 0.1


@st.fragment
def averaging() -> None:
    """Render the panel that compares both kinds of momentum."""
    st.markdown(words("momenta.about"))
    first, second, third = st.columns(3, vertical_alignment="bottom")
    with first:
        kind = choice(
            st.selectbox,
            words("stream"),
            STREAMS,
            "constant",
            key="optimizers.stream",
            format_func=lambda name: words(f"stream.{name}"),
        )
    with second:
        beta = number(st.slider, words("beta"), 0.0, 0.99, 0.9, key="optimizers.beta", name="beta", step=0.01)
    with third:
        matched = bound(
            st.toggle, words("matched"), initial=False, key="optimizers.matched", help=words("matched.help")
        )
    both = momenta(stream(kind, STEPS), LR, beta, matched=matched)
    labels = {name: words(f"chart.{name}") for name in ("step", "position", "torch", "tutorial")}
    ratios = [ratio for ratio in both.ratio.tolist() if math.isfinite(ratio)]
    last_ratio = f"{ratios[-1]:.4g}" if ratios else "–"
    st.echarts_chart(
        momenta_chart(both, labels),
        height=320,
        alt=words("alt.momenta", ratio=last_ratio),
        key="optimizers.momenta",
    )
    steps = [f"{value:.4g}" for value in (*both.torch[1:4].tolist(), *both.tutorial[1:4].tolist())]
    st.markdown(words("momenta.steps", torch=listed(steps[:3]), tutorial=listed(steps[3:])))
    st.markdown(
        words(
            "momenta.matched" if matched else "momenta.ratio",
            ratio=last_ratio,
            expected=f"{1 / (1 - beta):.4g}",
        )
    )
