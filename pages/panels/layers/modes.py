"""Modes tab of the layer lab: train(), eval() and no_grad() in Dropout, BatchNorm and whole networks."""

import streamlit as st

from core.layers import modes as core
from core.layers.modes import ROW, Case, Passes
from core.written.numbers import minus
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.punctuation import listed
from pages.shared import loaders
from pages.shared.number import number

words = PageWords("layers")

NETWORKS = ("with_modes", "lenet")
REQUIRES_GRAD = "requires_\N{ZERO WIDTH SPACE}grad"  # may be broken there, or a telephone cuts the table


@st.fragment
def modes() -> None:
    """Render the tab."""
    st.markdown(words("modes.about"))
    first, second, third = st.columns([2, 2, 1], vertical_alignment="bottom", gap="medium")
    with first:
        p = number(st.slider, words("modes.p"), *core.P, 0.5, key="layers.p", name="p", step=0.1)
    with second:
        count = number(st.number_input, words("modes.passes"), *core.PASSES, 1, key="layers.passes")
    third.button(
        words("modes.again"),
        on_click=_again,
        key="layers.again",
        type="primary",
        icon=":material/replay:",
        width="stretch",
    )
    result = core.passes(count, p)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _row(result)
        st.markdown(words("modes.alone"))
        st.code(core.batch_of_one().answer, language=None, wrap_lines=True)
    with right:
        _sentences(result, p, count)
    st.header(words("modes.network"), anchor=False)
    _network()


def _again() -> None:
    state = st.session_state
    state["layers.passes"] = min(int(core.PASSES.high), state.get("layers.passes", 1) + 1)


def _row(result: Passes) -> None:
    columns = {
        "x": ROW,
        "Dropout `train()`": result.dropout_train.tolist(),
        "Dropout `eval()`": result.dropout_eval.tolist(),
        "BatchNorm `train()`": result.norm_train.tolist(),
        "BatchNorm `eval()`": result.norm_eval.tolist(),
    }
    st.table(
        {name: [minus(value, 2) for value in values] for name, values in columns.items()},
        border="horizontal",
        hide_index=True,
    )


def _sentences(result: Passes, p: float, count: int) -> None:
    zeros = int((result.dropout_train == 0).sum())
    st.markdown(
        words(
            "modes.dropout",
            p=f"{p:g}",
            zeros=zeros,
            of=len(ROW),
            factor=f"{1 / (1 - p):.4g}",
            average=f"{core.kept_on_average(p):.3f}",
        )
    )
    st.markdown(
        words(
            "modes.norm",
            count=count,
            mean=f"{result.mean:g}",
            variance=f"{result.variance:g}",
            unbiased=f"{result.unbiased:g}",
            kept=f"{1 - result.momentum:g}",
            momentum=f"{result.momentum:g}",
            mean_before=f"{result.running_before[0]:.5g}",
            mean_after=f"{result.running[0]:.5g}",
            var_before=f"{result.running_before[1]:.5g}",
            var_after=f"{result.running[1]:.5g}",
        )
    )


def _network() -> None:
    st.markdown(words("modes.network.about"))
    name = choice(
        st.segmented_control,
        words("modes.which"),
        NETWORKS,
        "with_modes",
        key="layers.network",
        format_func=lambda option: words(f"modes.network.{option}"),
        required=True,
    )
    found, sensitive, difference = _compared(name)
    _cases(found)
    layers = listed([f"`{layer}`" for layer in sensitive])
    key = "modes.differs" if layers else "modes.same"
    st.markdown(words(key, layers=layers, difference=f"{difference:.3g}"))
    st.markdown(words("modes.backward"))
    st.code("\n\n".join(_answer(case) for case in found if not case.training), language=None, wrap_lines=True)


@st.cache_resource(show_spinner=False, max_entries=len(NETWORKS))
def _compared(name: str) -> tuple[tuple[Case, ...], tuple[str, ...], float]:
    """The four cases of a network, its layers with two modes, and how far they move a logit."""
    lenet = loaders.shipped("sketches").lenet()
    model = core.with_modes(lenet) if name == "with_modes" else lenet
    images, labels = core.noise()
    return core.cases(model, images, labels), core.sensitive(model), core.difference(model, images)


def _cases(found: tuple[Case, ...]) -> None:
    table = {
        words("modes.combination"): [_name(case) for case in found],
        words("modes.loss"): [f"{case.loss.item():.4f}" for case in found],
        REQUIRES_GRAD: [str(case.loss.requires_grad) for case in found],
        words("modes.saved"): [str(case.saved) for case in found],
        words("modes.moved"): [words(f"modes.moved.{str(case.moved).lower()}") for case in found],
    }
    st.table(table, border="horizontal", hide_index=True)


def _answer(case: Case) -> str:
    """What PyTorch prints for the loss, and what it says to backward()."""
    lines = [f"# {_name(case).replace('`', '')}", f"loss\n→ {case.loss!s}"]
    return "\n".join([*lines, f"loss.backward()\n→ {case.backward.answer}"])


def _name(case: Case) -> str:
    mode = "`train()`" if case.training else "`eval()`"
    return f"{mode} + `no_grad()`" if case.no_grad else mode
