"""A batch of four samples with three classes, and each reduction of its losses."""

import math

import streamlit as st

from core.losses import cross_entropy as core
from core.losses.cross_entropy import REDUCTIONS, Reduced, reduced
from core.written.numbers import signed
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.tabs import code, notice
from pages.panels.losses.number_list import NumberList

words = PageWords("losses")

CLASSES = 3
SAMPLES = tuple(
    NumberList(f"losses.sample{number}", logits, -100.0, 100.0, CLASSES, CLASSES)
    for number, logits in enumerate([(2.0, 0.5, -1.0), (0.0, 1.5, 0.5), (1.0, 1.0, 1.0), (3.0, -2.0, 0.0)], 1)
)
TARGETS = NumberList("losses.targets", (0, 1, 2, 1), 0, CLASSES - 1, len(SAMPLES), len(SAMPLES), whole=True)
WEIGHTS = NumberList("losses.weights", (1.0, 1.0, 1.0), 0.0, 100.0, CLASSES, CLASSES)


@st.fragment
def panel() -> None:
    """Render the panel on reductions."""
    st.markdown(words("about.batch"))
    left, right = st.columns([2, 3], gap="large")
    with left:
        rows = [line.control(words("batch.sample", n=n)) for n, line in enumerate(SAMPLES, 1)]
        targets = [
            int(value) for value in TARGETS.control(words("batch.targets"), help=words("batch.targets.help"))
        ]
        weights = WEIGHTS.control(words("batch.weights"), help=words("batch.weights.help"))
    with right:
        reduction = choice(
            st.segmented_control,
            "reduction",
            REDUCTIONS,
            "mean",
            key="losses.reduction",
            format_func=str,
            required=True,
        )
        result = reduced(rows, targets, reduction, weights)
        _losses(result, targets, weights)
        _loss(result, reduction)
    notice(words, "batch")
    code(words, "batch", core.reduced)


def _losses(result: Reduced, targets: list[int], weights: tuple[float, ...]) -> None:
    table = {
        words("batch.number"): [str(n) for n in range(1, len(targets) + 1)],
        words("target"): [str(target) for target in targets],
        words("batch.weight"): [f"{weights[target]:g}" for target in targets],
        words("batch.loss"): [f"{loss:.4f}" for loss in result.losses.tolist()],
    }
    if result.gradient is not None:
        table[words("batch.gradient")] = [
            ", ".join(signed(value, 3) for value in row) for row in result.gradient.tolist()
        ]
    st.table(table, border="horizontal", hide_index=True)


def _loss(result: Reduced, reduction: str) -> None:
    terms = " + ".join(f"{loss:.4f}" for loss in result.losses.tolist())
    if reduction == "none":
        st.markdown(words("batch.none"))
        st.code(f"loss\n→ {result.loss}\n\nloss.backward()\n→ {result.backward.error}", language=None)
        return
    loss = result.loss.item()
    if not math.isfinite(loss):
        st.warning(words("batch.nan", value=f"{loss}"))
        return
    divided = terms if reduction == "sum" else f"({terms}) / {result.divisor:g}"
    st.metric(f'loss, reduction="{reduction}"', f"{loss:.4f}")
    st.markdown(f"`{divided} = {loss:.4f}`")
