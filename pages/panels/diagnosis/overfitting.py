"""Overfitting and what helps against it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.diagnosis.cures import (
    BETWEEN_SEEDS,
    CURES,
    EPOCHS,
    IMAGES,
    OVERFITTING,
    UNTREATED,
    effect,
    training,
)
from core.files import locations
from core.jobs import Run
from core.jobs.history import History
from core.training.config import TrainConfig
from pages.app.language import PageWords
from pages.app.page import show_error, warn_if_read_only
from pages.app.services import jobs
from pages.app.tabs import code, notice
from pages.panels.diagnosis.admission import REFUSED, admit, discharge, latest
from pages.shared import data_set
from pages.shared.number import number
from pages.shared.overlaid import gap, overlaid
from pages.shared.runs import history_of

words = PageWords("diagnosis")


def panel() -> None:
    """Train the run that overfits, then each cure, and draw them over each other."""
    st.markdown(words("overfitting.about", images=IMAGES))
    with st.container(horizontal=True, vertical_alignment="bottom", key="diagnosis.overfitting.controls"):
        epochs = _epochs()
        runs = _runs(epochs)
        _button(UNTREATED, runs, epochs)
        _stop_button([run for run in runs.values() if run.active])
    with st.container(horizontal=True, key="diagnosis.overfitting.cures"):
        for cure in CURES:
            _button(cure, runs, epochs)
    if REFUSED in st.session_state:
        show_error(st.session_state.pop(REFUSED))
    warn_if_read_only()
    if locations.locate("sketches") is None:
        data_set.missing("sketches")
    if runs:
        overlaid([(_name(cure), run) for cure, run in runs.items()], epochs, key="diagnosis.overfitting")
    else:
        st.info(words("overfitting.first"), icon=":material/show_chart:")
    for cure, run in runs.items():
        if cure != UNTREATED and (sentence := _effect(cure, runs.get(UNTREATED), run)):
            st.markdown(sentence)
    notice(words, "overfitting")
    _code()


def _runs(epochs: int) -> dict[str, Run]:
    """The newest run of each cure, the oldest first: what comes later leaves the others their colours."""
    found = {cure: latest(training(cure, epochs)) for cure in (UNTREATED, *CURES)}
    known = [(cure, run) for cure, run in found.items() if run is not None]
    return dict(sorted(known, key=lambda row: row[1].created))


def _epochs() -> int:
    epochs: int = number(
        st.number_input,
        words("overfitting.epochs"),
        EPOCHS.low,
        EPOCHS.high,
        OVERFITTING.epochs,
        key="diagnosis.epochs",
        name="epochs",
        width=130,
    )
    return epochs


def _button(cure: str, runs: Mapping[str, Run], epochs: int) -> None:
    """Draw the button that trains with a cure; without one there is nothing yet to compare a cure with."""
    promised, run = data_set.promised("sketches"), runs.get(cure)
    known = run is not None and (run.active or run.state == "done")
    waits = cure != UNTREATED and UNTREATED not in runs
    st.button(
        words("overfitting.start") if cure == UNTREATED else _name(cure),
        help=words(f"overfitting.help.{cure}"),
        on_click=_start,
        args=(training(cure, epochs),),
        key=f"diagnosis.cure.{cure}",
        type="primary" if cure == UNTREATED and run is None else "secondary",
        disabled=promised is None or jobs().read_only or known or waits,
        icon=":material/check:" if run is not None and run.state == "done" else None,
    )


def _stop_button(active: Sequence[Run]) -> None:
    if not active or jobs().read_only:
        return
    st.button(
        words("overfitting.stop"),
        on_click=_stop,
        args=(active,),
        key="diagnosis.overfitting.stop",
        icon=":material/stop:",
    )


def _name(cure: str) -> str:
    return words(f"overfitting.cure.{cure}")


def _start(config: TrainConfig) -> None:
    """Train with these settings, unless that is done or under way."""
    run = latest(config)
    if run is None or not (run.active or run.state == "done"):
        admit(config)


def _stop(runs: Sequence[Run]) -> None:
    for run in reversed(runs):  # the waiting ones first, so that none of them starts
        discharge(run.id)


def _effect(cure: str, before: Run | None, after: Run) -> str:
    """What a finished cure has done to gap and validation accuracy, from the two runs' own numbers."""
    if before is None or {before.state, after.state} != {"done"}:
        return ""
    sick, cured = history_of(before), history_of(after)
    found = effect(sick, cured)
    if found is None:
        return ""
    values = {"cure": _name(cure), "was": _percent(found.best_before), "now": _percent(found.best_after)}
    if cure == "early_stopping":
        return _stopped(cured, training(cure), len(sick.epochs), values)
    return words(
        f"overfitting.effect.{found.verdict}",
        **values,
        before=gap(sick.epochs[-1]),
        after=gap(cured.epochs[-1]),
        change=_percent(abs(found.change)),
        noise=_percent(BETWEEN_SEEDS),
        loss=_loss(found.losses[0]),
        cured=_loss(found.losses[1]),
    )


def _stopped(course: History, config: TrainConfig, epochs: int, values: Mapping[str, str]) -> str:
    """Where the same run has stopped early, and what that has saved."""
    last = len(course.epochs)
    if last == epochs or course.best is None:
        return words("overfitting.unstopped", epochs=epochs, patience=config.patience, **values)
    numbers = {"last": last, "epochs": epochs, "saved": epochs - last, "epoch": course.best.epoch}
    return words("overfitting.stopped", **numbers, **values)


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _code() -> None:
    from core.training.loop import Loop  # imports torch, so only for those who come here

    code(words, "overfitting", training, Loop.judge, Loop.stopped_early.fget)
