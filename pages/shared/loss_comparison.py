"""Several criteria on the same ten logits: their gradients side by side, and how they change as the right class gains."""

from collections.abc import Sequence

import streamlit as st
import torch

from core import criteria
from core.figures import losses
from core.text import Text
from pages.shared import logits
from pages.shared.logits import Column
from pages.shared.panels import notice

HEIGHT = 300  # pixels
TOPS = {"loss": 12.0, "norm": 2.5}  # of the axes; the squared error of raw logits goes far beyond


@st.fragment
def panel(name: str, compared: Sequence[str], words: Text) -> None:
    """`compared` are names of CRITERIA; `name` is that of the panel."""
    st.markdown(words(f"about.{name}"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = logits.target(words)
        logits.presets(target, words)
    left, right = st.columns([3, 2], gap="large")
    drawn = left.container()
    with left:
        values = logits.LINE.control(words("logits"), help=words("logits.help"))
    now = {criterion: criteria.judged(criterion, torch.tensor([values]), target) for criterion in compared}
    with drawn:
        columns = [Column(words(f"bars.{criterion}"), judged.gradients[0].tolist(), signed=True) for criterion, judged in now.items()]
        logits.bars(values, target, columns, words, key=f"losses.{name}.bars")
    with right:
        _numbers(name, now, words)
        swept = {criterion: criteria.sweep(criterion, values, target) for criterion in compared}
        _curves(name, swept, values[target], words)
    notice(name, words, *(criteria.CRITERIA[criterion] for criterion in compared), criteria.judged, criteria.sweep)


def _numbers(name: str, now: dict[str, criteria.Judged], words: Text) -> None:
    rows = {
        words(f"criterion.{criterion}"): [f"{judged.losses.item():.4f}", f"{judged.norms.item():.2g}"] for criterion, judged in now.items()
    }
    table = {"": list(rows), words("loss"): [row[0] for row in rows.values()], words("norm"): [row[1] for row in rows.values()]}
    st.table(table, border="horizontal", hide_index=True)
    if name == "second":
        st.metric(words("best"), f"{criteria.best_second_softmax():.4f}", help=words("best.help"))


def _curves(name: str, swept: dict[str, criteria.Sweep], x: float, words: Text) -> None:
    for value, top in TOPS.items():
        curves = {}
        for criterion, sweep in swept.items():
            ys = sweep.judged.losses if value == "loss" else sweep.judged.norms
            curves[criterion] = list(zip(sweep.x.tolist(), ys.tolist(), strict=True))
        labels = {"x": words("chart.logit"), "y": words(f"chart.{value}")} | {it: words(f"criterion.{it}") for it in curves}
        figure = losses.criteria(curves, x, top, labels)
        st.echarts_chart(figure, height=HEIGHT, alt=words(f"alt.{name}.{value}"), key=f"losses.{name}.{value}")
