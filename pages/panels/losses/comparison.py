"""Several criteria on the same ten logits: gradients side by side, and changes as the right class gains."""

from collections.abc import Sequence

import streamlit as st
import torch

from core.figures import losses
from core.losses import criteria
from core.losses.criteria import Judged, Sweep
from pages.app.language import PageWords
from pages.app.tabs import code, notice
from pages.panels.losses import logits
from pages.panels.losses.logits import Column

words = PageWords("losses")

HEIGHT = 280  # pixels
# Curves over the right class's logit, with their bounds; the squared error of raw logits goes far beyond.
CURVES = {"second": {"norm": (0, 2), "loss": (0, 12)}, "versus": {"pull": (-1.5, 2), "loss": (0, 30)}}


@st.fragment
def panel(name: str, compared: Sequence[str]) -> None:
    """Render the panel `name`; `compared` are names of CRITERIA."""
    st.markdown(words(f"about.{name}"))
    values, target, _, bars_box, right = logits.controls()
    now = {criterion: criteria.judged(criterion, torch.tensor([values]), target) for criterion in compared}
    swept = {criterion: criteria.sweep(criterion, values, target) for criterion in compared}
    with bars_box:
        columns = [
            Column(words(f"bars.{criterion}"), judged.gradients[0].tolist(), signed=True)
            for criterion, judged in now.items()
        ]
        logits.bars(values, target, columns, key=f"losses.{name}.bars")
    below, notes = st.columns([2, 3], gap="large")
    with right:
        _numbers(name, now)
    for place, kind in zip((right, below), CURVES[name], strict=True):
        with place:
            _curve(name, kind, swept, values[target])
    with notes:
        notice(words, name)
    functions = [criteria.CRITERIA[criterion] for criterion in compared]
    code(words, name, *functions, criteria.judged, criteria.sweep)


def _numbers(name: str, now: dict[str, Judged]) -> None:
    table = {
        words("criterion"): [words(f"criterion.{criterion}") for criterion in now],
        words("loss"): [f"{judged.losses.item() + 0.0:.4f}" for judged in now.values()],
        words("norm"): [f"{judged.norms.item():.2g}" for judged in now.values()],
    }
    st.table(table, border="horizontal", hide_index=True)
    if name == "second":
        st.metric(words("best"), f"{criteria.best_second_softmax():.4f}", help=words("best.help"))


def _curve(name: str, kind: str, swept: dict[str, Sweep], x: float) -> None:
    curves = {
        criterion: list(zip(sweep.x.tolist(), getattr(sweep, kind).tolist(), strict=True))
        for criterion, sweep in swept.items()
    }
    labels = {"x": words("chart.logit"), "y": words(f"chart.{kind}")} | {
        criterion: words(f"criterion.{criterion}") for criterion in curves
    }
    figure = losses.criteria(curves, x, CURVES[name][kind], labels)
    st.echarts_chart(figure, height=HEIGHT, alt=words(f"alt.{name}.{kind}"), key=f"losses.{name}.{kind}")
