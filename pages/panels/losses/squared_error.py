"""Squared errors as squares: movable predictions, the reductions, and the result of a wrong shape."""

import pandas as pd
import streamlit as st

from core.errors import InputError
from core.losses import squared_error as core
from core.losses.squared_error import SquaredError, broadcast, squared_error
from core.written.numbers import signed
from pages.app.components import component
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.punctuation import labelled
from pages.app.tabs import code, notice
from pages.panels.losses.number_list import NumberList

words = PageWords("losses")

LOW, HIGH, MOST = -20.0, 20.0, 8
PREDICTIONS = NumberList("losses.predictions", (1.5, 1.6, 3.0, 6.0), LOW, HIGH, 1, MOST)
TARGETS = NumberList("losses.mse_targets", (1.0, 2.0, 3.0, 4.0), LOW, HIGH, 1, MOST)


@st.fragment
def panel() -> None:
    """Render the panel on the squared error."""
    st.markdown(words("about.mse"))
    left, right = st.columns([3, 2], gap="large")
    with right:
        targets = TARGETS.control(words("mse.targets"), help=words("mse.help"))
        predictions = PREDICTIONS.control(words("mse.predictions"), help=words("mse.help"))
    if len(targets) != len(predictions):
        show_error(InputError("number_list_pair", predictions=len(predictions), targets=len(targets)))
        return
    result = squared_error(predictions, targets)
    with left:
        _squares(predictions, targets)
        st.caption(words("mse.caption"))
    with right:
        _numbers(result)
    _broadcast(targets)
    notice(words, "mse")
    code(words, "mse", core.squared_error, core.broadcast)


def _squares(predictions: tuple[float, ...], targets: tuple[float, ...]) -> None:
    key = "losses.squares"

    def moved() -> None:
        values = PREDICTIONS.sent(st.session_state[key].predictions)
        if values is not None and len(values) == len(predictions):
            PREDICTIONS.put(values)

    labels = {name: words(f"mse.{name}") for name in ("figure", "slider")}
    data = {
        "predictions": list(predictions),
        "targets": list(targets),
        "low": LOW,
        "high": HIGH,
        "labels": labels,
    }
    _SQUARES(key=key, data=data, on_predictions_change=moved)


def _numbers(result: SquaredError) -> None:
    squares = result.squares.tolist()
    with st.container(horizontal=True, gap="medium"):
        st.metric('"mean"', f"{result.mean:.4f}", width="content")
        st.metric('"sum"', f"{result.sum:.4f}", width="content")
    table = {
        words("batch.number"): [str(n) for n in range(1, len(squares) + 1)],
        words("mse.square"): [f"{square:.4f}" for square in squares],
        words("mse.gradient"): [signed(value, 4) for value in result.gradient.tolist()],
    }
    st.table(table, border="horizontal", hide_index=True)


def _broadcast(targets: tuple[float, ...]) -> None:
    box = st.expander(
        words("broadcast"), icon=":material/grid_on:", on_change="rerun", key="losses.broadcast"
    )
    if not box.open:
        return
    with box:
        result = broadcast(targets, targets)
        n = len(targets)
        st.markdown(words("broadcast.about", n=n))
        first, second = st.columns(2)
        first.metric(words("broadcast.got", n=n), f"{result.loss:.4f}")
        second.metric(words("broadcast.meant", n=n), f"{result.meant:.4f}")
        rows = [[f"{cell:.4g}" for cell in row] for row in result.squares.tolist()]
        st.table(
            pd.DataFrame(rows, *(_names(words(f"mse.{axis}"), targets) for axis in ("prediction", "target")))
        )
        st.markdown(words("broadcast.matrix", n=n, cells=n * n) if result.warning else words("broadcast.one"))
        if result.warning:
            st.code(f"UserWarning: {result.warning}", language=None, wrap_lines=True)


def _names(kind: str, values: tuple[float, ...]) -> list[str]:
    """Numbered names, since two values may be equal and pandas wants distinct names."""
    return [labelled(f"{kind} {n}", f"{value:g}") for n, value in enumerate(values, 1)]


_SQUARES = component("losses/squares", '<div class="frame"></div>', uses=("lib/dom", "lib/numbers"))
