"""Probabilities from logits: softmax after the network, over the classes, and never before the loss."""

import streamlit as st
import torch

from core.losses import criteria
from core.losses import probabilities as core
from core.losses.probabilities import Answer, Shares
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.page_table import link
from pages.app.punctuation import labelled
from pages.app.tabs import code, notice
from pages.panels.losses import batch, logits
from pages.panels.losses.logits import Column, share

words = PageWords("losses")

DIMS = (1, 0)


@st.fragment
def panel() -> None:
    """Render the panel on probabilities."""
    st.markdown(words("about.probabilities"))
    values, target, _, bars_box, right = logits.controls()
    answers = core.answers(values)
    with bars_box:
        columns = [Column(words(f"bars.{name}"), answers[name].values.tolist()) for name in ("once", "twice")]
        logits.bars(values, target, columns, key="losses.probabilities.bars")
    with right:
        _answers(answers)
        st.markdown(_inside(values, target))
    _dims()
    notice(words, "probabilities")
    link("layers", words("probabilities.modes"), ":material/layers:", **{"layers.tab.open": "modes"})
    code(words, "probabilities", core.answers, core.shares)


def _answers(answers: dict[str, Answer]) -> None:
    names = class_names()
    table = {
        words("probabilities.answer"): [words(f"bars.{name}") for name in answers],
        words("probabilities.sum"): [f"{answer.total:.4f}" for answer in answers.values()],
        words("probabilities.class"): [names[answer.predicted] for answer in answers.values()],
        words("probabilities.largest"): [f"{answer.largest:.4f}" for answer in answers.values()],
    }
    st.table(table, border="horizontal", hide_index=True)


def _inside(values: tuple[float, ...], target: int) -> str:
    z = torch.tensor([values])
    right, wrong = (criteria.judged(name, z, target) for name in ("cross_entropy", "second_softmax"))
    return words(
        "probabilities.inside",
        loss=f"{right.losses.item() + 0.0:.4f}",
        wrong=f"{wrong.losses.item():.4f}",
        best=f"{criteria.best_second_softmax(len(values)):.4f}",
        norm=f"{right.norms.item():.2g}",
        wrong_norm=f"{wrong.norms.item():.2g}",
    )


def _dims() -> None:
    st.markdown(f"**{words('dims')}**\n\n{words('dims.about')}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        rows = [line.control(words("batch.sample", n=n)) for n, line in enumerate(batch.SAMPLES, 1)]
    found = {dim: core.shares(rows, dim) for dim in DIMS}
    with right:
        for dim, result in found.items():
            st.markdown(labelled(f"`torch.softmax(logits, dim={dim})`", words(f"dims.{dim}")))
            st.table(_table(result), border="horizontal", hide_index=True)
    changed = int((found[1].predicted != found[0].predicted).sum())
    st.markdown(words("dims.changed", n=changed, of=len(rows)))
    st.code(f"torch.softmax(logits[:1], dim=0)\n→ {found[0].alone}", language=None, wrap_lines=True)


def _table(result: Shares) -> dict[str, list[str]]:
    """The shares with a sum at the end of each row and each column, and each image's class."""
    total = words("dims.sum")
    samples = {words("batch.number"): [*(str(n + 1) for n in range(len(result.rows))), total]}
    classes = {
        words("dims.class", n=index): [share(value) for value in [*values, result.columns[index].item()]]
        for index, values in enumerate(result.values.T.tolist())
    }
    sums = {
        total: [*(share(value) for value in result.rows.tolist()), ""],
        words("dims.predicted"): [*(str(index) for index in result.predicted.tolist()), ""],
    }
    return samples | classes | sums
