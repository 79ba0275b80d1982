"""One step up close: what it did to the loss of its batch, and how its rule moved a weight of each layer."""

from collections.abc import Iterable

import streamlit as st

from core.figures.training import gradient_bars
from core.jobs.history import Inspected, Quantity, WatchedWeights
from core.optimizers import NAMES, OPTIMIZERS
from pages.app.language import PageWords
from pages.panels.training.curves import loss_text

words = PageWords("training")
rules = PageWords("optimizers")  # the arena takes the same rules apart

# Letters that the formulas have for torch's names.
LETTERS = {
    "lr": r"\gamma",
    "momentum": r"\mu",
    "weight_decay": r"\lambda",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "eps": r"\epsilon",
    "rho": r"\rho",
    "alpha": r"\alpha",
}


def inspected(step: Inspected) -> None:
    """Show the step: losses, the arithmetic of the weights, gradient norms."""
    with st.container(border=True, key="training.inspected"):
        st.header(words("inspected", step=f"{step.step:,}"), anchor=False)
        st.markdown(words("inspected.loss", before=loss_text(step.loss), after=loss_text(step.loss_after)))
        if step.weights is not None and step.weights.rule in OPTIMIZERS:
            _arithmetic(step.weights)
        if step.gradient_norms:
            st.caption(words("inspected.norms"))
            largest = max(step.gradient_norms, key=step.gradient_norms.__getitem__)
            st.echarts_chart(
                gradient_bars(step.gradient_norms, {"norm": words("chart.norm")}),
                height=210,
                alt=words("alt.norms", largest=largest),
                key="training.norms",
            )


def _arithmetic(weights: WatchedWeights) -> None:
    st.markdown(words("inspected.weights", optimizer=NAMES[weights.rule]))
    st.latex(OPTIMIZERS[weights.rule].formula)
    st.table(table(weights), border="horizontal", hide_index=True, alt=words("inspected.alt"))
    for line in legend(weights):
        st.caption(line)
    st.markdown(example(weights))


def table(weights: WatchedWeights) -> dict[str, list[str]]:
    """The columns, with one row a layer: the weight before, every term of its own, the weight after."""
    columns = {
        words("inspected.before"): weights.before,
        **{f"${term.symbol}$": term.values for term in _own(weights.terms)},
        words("inspected.after"): weights.after,
    }
    names = {words("inspected.weight"): [f"`{name.replace('.weight', '')}`" for name in weights.names]}
    return names | {name: [_digits(value) for value in values] for name, values in columns.items()}


def example(weights: WatchedWeights) -> str:
    """The last sum of the first layer in a sentence, and how far float64 formula and float32 torch differ."""
    moved = weights.terms[-1].values
    gaps = [
        abs(before + step - after)
        for before, step, after in zip(weights.before, moved, weights.after, strict=True)
        if before is not None and step is not None and after is not None
    ]
    return words(
        "inspected.example",
        name=weights.names[0],
        before=_exact(weights.before[0]),
        step="–" if moved[0] is None else f"{'−' if moved[0] < 0 else '+'} {_exact(abs(moved[0]))}",
        after=_exact(weights.after[0]),
        gap=f"{max(gaps):.1e}" if gaps else "–",
    )


def legend(weights: WatchedWeights) -> tuple[str, str]:
    """What all weights share, the optimizer's settings first; and what the symbols of the table mean."""
    settings = [f"{_letter(name)}{name} = {_digits(value)}" for name, value in weights.hyper.items()]
    shared = [f"{_named(term)} = {_digits(term.values[0])}" for term in weights.terms if term.shared]
    return " · ".join(settings + shared), " · ".join(map(_named, _own(weights.terms)))


def _letter(name: str) -> str:
    return f"${LETTERS[name]}$ " if name in LETTERS else ""


def _own(terms: Iterable[Quantity]) -> list[Quantity]:
    return [term for term in terms if not term.shared]


def _named(term: Quantity) -> str:
    return f"${term.symbol}$ {rules.get(f'term.{term.key}', '')}"


def _digits(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}".replace("-", "−")  # a hyphen would break the line


def _exact(value: float | None) -> str:
    """All decimals that a weight below 1 has in single precision, so that the sum comes out."""
    return "–" if value is None else f"{value:.8f}".replace("-", "−")
