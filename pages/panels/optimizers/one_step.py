"""Step mode: one optimizer, one step, every term of its rule with its number."""

import math

import streamlit as st

from core.errors import InputError
from core.figures.optimizers import step_map
from core.optimizers import NAMES, OPTIMIZERS
from core.optimizers.step_terms import StepTerms, step_terms
from core.optimizers.trajectories import FAR, LIMITS
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.panels.optimizers.canvases import still_map
from pages.panels.optimizers.race import CURRENT
from pages.panels.optimizers.race_form import RaceEntry
from pages.shared.number import number

words = PageWords("optimizers")

PARTS = ("memory", "gradient", "decay", "plain", "step")


@st.fragment
def stepping() -> None:
    """Show the race's surface, start and settings one step at a time."""
    entry: RaceEntry = st.session_state[CURRENT]
    st.markdown(
        words(
            "step.about",
            surface=words(f"surface.{entry.surface}"),
            x=f"{entry.start[0]:g}",
            y=f"{entry.start[1]:g}",
        )
    )
    first, second, third = st.columns([2, 1, 1], vertical_alignment="bottom")
    with first:
        style = {"key": "optimizers.one", "format_func": NAMES.__getitem__}
        optimizer = choice(st.selectbox, words("step.optimizer"), list(OPTIMIZERS), "adam", **style)
    with second:
        step = number(
            st.number_input, words("step.number"), 1, LIMITS["steps"][1], 1, key="optimizers.t", name="t"
        )
    third.button(
        words("step.next"),
        on_click=_next,
        key="optimizers.next",
        type="primary",
        icon=":material/skip_next:",
        width="stretch",
    )
    try:
        result = _terms_of(optimizer, step, entry)
    except InputError as error:
        show_error(error)
        return
    if not all(math.isfinite(value) and abs(value) <= FAR for value in (*result.after, *result.computed)):
        st.warning(words("step.diverged", step=step))
        return
    _show(result, entry)


def _next() -> None:
    st.session_state["optimizers.t"] = min(
        int(LIMITS["steps"][1]), st.session_state.get("optimizers.t", 1) + 1
    )


def _terms_of(optimizer: str, step: int, entry: RaceEntry) -> StepTerms:
    common = {} if entry.lr is None else {"lr": entry.lr}
    hyper = tuple((common | dict(entry.hyper.get(optimizer, {}))).items())
    return _computed(optimizer, entry.surface, entry.start, step, entry.noise, entry.seed, hyper)


@st.cache_resource(show_spinner=False, max_entries=256)
def _computed(
    optimizer: str,
    surface: str,
    start: tuple[float, float],
    step: int,
    noise: float,
    seed: int,
    hyper: tuple[tuple[str, float], ...],
) -> StepTerms:
    return step_terms(optimizer, surface, start, step, noise=noise, seed=seed, **dict(hyper))


def _show(result: StepTerms, entry: RaceEntry) -> None:
    st.latex(OPTIMIZERS[result.optimizer].formula)
    left, right = st.columns([2, 3])
    with left:
        labels = {name: words(f"part.{name}") for name in PARTS}
        x, y = (f"{value:.5g}" for value in result.after)
        sentence = words("step.map", optimizer=NAMES[result.optimizer], step=result.step, x=x, y=y)
        still_map(
            step_map(result, entry.surface, labels)
            | {"words": {"map": sentence, "here": words("race.here")}},
            key="optimizers.arrows",
        )
    with right:
        st.markdown(table(result))
    before, after = (f"({_digits(pair[0])}, {_digits(pair[1])})" for pair in (result.before, result.after))
    st.markdown(words("step.gap", before=before, after=after, gap=f"{result.gap:.1e}"))
    st.caption(f"{words('source')} {OPTIMIZERS[result.optimizer].source}")


def table(result: StepTerms) -> str:
    """Format the terms as a Markdown table, in the order in which the rule needs them."""
    lines = [f"| {words('step.term')} | {words('step.x')} | {words('step.y')} |", "|:--|--:|--:|"]
    for term in result.terms:
        x, y = (_digits(term.values[0]), _digits(term.values[-1]))
        lines.append(f"| ${{{term.symbol}}}$ {words(f'term.{term.key}')} | {x} | {y} |")
    return "\n".join(lines)


def _digits(value: float) -> str:
    return f"{value:.6g}"
