"""Ten logits, their loss and its gradient, all linked."""

import math

import streamlit as st

from core.figures.losses import minus_log
from core.losses import cross_entropy as core
from core.losses.cross_entropy import CrossEntropy, cross_entropy
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.tabs import code, notice
from pages.panels.losses import logits
from pages.panels.losses.logits import Column, share
from pages.shared.number import number

words = PageWords("losses")

HEIGHT = 250  # pixels


@st.fragment
def panel() -> None:
    """Render the panel on cross-entropy."""
    values, target, top, bars_box, right = logits.controls()
    with right:
        loss_box = st.container()
        first, second = st.columns(2)
        with first:
            temperature = number(
                st.slider, words("temperature"), 0.1, 10.0, 1.0, key="losses.temperature", step=0.1
            )
        with second:
            smoothing = number(
                st.slider, words("smoothing"), 0.0, 0.9, 0.0, key="losses.smoothing", step=0.05
            )
    with top:
        logits.downhill(values, target, temperature, smoothing)
    result = cross_entropy(values, target, temperature, smoothing)
    with bars_box:
        logits.bars(values, target, _columns(result, temperature), key="losses.bars")
    with loss_box:
        _loss(result, temperature, smoothing)
    _image()
    notice(words, "cross_entropy")
    code(words, "cross_entropy", core.cross_entropy, core.descend)


def _columns(result: CrossEntropy, temperature: float) -> list[Column]:
    divided = words("bars.gradient.t") if temperature != 1 else words("bars.gradient")
    return [
        Column(words("bars.softmax"), result.probabilities.tolist(), marks=result.wanted.tolist()),
        Column(divided, result.gradient.tolist(), signed=True),
    ]


def _loss(result: CrossEntropy, temperature: float, smoothing: float) -> None:
    names = class_names()
    with st.container(horizontal=True, gap="small"):
        st.metric(words("loss"), f"{result.loss:.4f}", width="content")
        st.metric(words("p"), share(result.p), width="content")
        st.metric(words("said"), names[result.predicted], width="content")
    st.markdown(_loss_sentence(result, temperature, smoothing, names[result.target]))
    if not math.isfinite(result.naive):
        st.warning(words("naive", loss=f"{result.loss:.4g}"))
    labels = {name: words(f"chart.{name}") for name in ("p", "loss", "curve", "here")}
    figure = minus_log(core.minus_log(), result.p, result.loss, labels)
    st.echarts_chart(
        figure,
        height=HEIGHT,
        alt=words("alt.curve", p=share(result.p), loss=f"{result.loss:.4f}"),
        key="losses.curve",
    )


def _loss_sentence(result: CrossEntropy, temperature: float, smoothing: float, name: str) -> str:
    plain = cross_entropy(result.logits.tolist(), result.target, temperature).loss
    values = {"name": name, "p": share(result.p), "loss": f"{result.loss:.4f}", "plain": f"{plain:.4f}"}
    if smoothing == 0:
        return words("told", **values)
    wanted = result.wanted.tolist()
    other = wanted[result.target - 1]  # the same for all but the right class
    return words("told.smoothed", wanted=f"{wanted[result.target]:.3f}", other=f"{other:.3f}", **values)


def _image() -> None:
    box = st.expander(words("image"), icon=":material/image:", on_change="rerun", key="losses.from_image")
    if box.open:
        with box:
            logits.from_image()
