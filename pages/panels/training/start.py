"""Starting a run: at once, or while another of the learner's own is under way, after a question."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from core.errors import InputError
from core.files.locations import DataSet
from core.jobs import JobSpec, Run
from pages.app import owner
from pages.app.choice import put
from pages.app.floods import address, trainings
from pages.app.language import PageWords
from pages.app.punctuation import listed
from pages.app.services import jobs
from pages.panels.training import branching
from pages.shared.runs import own_runs, tag

words = PageWords("training")

ASKED = "training.asked"  # the run that was asked for while another was under way
PRESSED = "training.pressed"  # the run started last, its id, and when the page stood again after that
AGAIN = "training.pressed_again"  # whether this run of the page comes from the second half of a double click
TWICE = 1.0  # seconds after which a second press is no double click any more


def start(entry: str, config: Any, name: DataSet, root: str, more: Mapping[str, Any]) -> None:
    """Submit the training and select its run; while another is under way, let the page ask first.

    `more` are further parameters of the job. An error is kept for the page to show.
    """
    params = {"config": config.to_json(), "data_set": name, "root_dir": root, **more}
    spec = JobSpec(entry, params, owner.current())
    if _is_same_press(spec):
        st.session_state[AGAIN] = True
        return
    if _under_way():
        st.session_state[ASKED] = spec
    else:
        _submit(spec)


def question() -> None:
    """Ask what becomes of the runs under way, until that is answered."""
    if PRESSED in st.session_state:
        started, run_id, stood = st.session_state[PRESSED]
        st.session_state[PRESSED] = started, run_id, stood or time.monotonic()
        if st.session_state.pop(AGAIN, False):
            put("training.run", run_id)  # the second click still brought the choice of an earlier run
    spec = st.session_state.get(ASKED)
    if spec is None:
        return
    ahead = listed(tag(run) for run in _under_way())
    with st.container(border=True, key="training.question"):
        st.markdown(words("ask", runs=ahead) if ahead else words("ask.ended"))
        with st.container(horizontal=True):
            _answer("queue" if ahead else "start", _submit, spec)
            if ahead:
                _answer("stop", _stop_and_submit, spec, runs=ahead)
            _answer("leave", lambda spec: None, spec)


def _answer(name: str, act: Callable[[JobSpec], None], spec: JobSpec, **values: str) -> None:
    def answered() -> None:
        st.session_state.pop(ASKED, None)
        act(spec)

    st.button(words(f"ask.{name}", **values), on_click=answered, key=f"training.ask.{name}")


def _is_same_press(spec: JobSpec) -> bool:
    """Whether the same run was started before the page was redrawn, or a moment ago: a double click."""
    started, _, stood = st.session_state.get(PRESSED, (None, None, None))
    return spec == started and (stood is None or time.monotonic() - stood < TWICE)


def _under_way() -> list[Run]:
    """The learner's trainings that run or wait, oldest first."""
    return [run for run in reversed(own_runs()) if run.active]


def _submit(spec: JobSpec) -> None:
    try:
        if not owner.is_local():
            trainings.require_room(address())
        run = jobs().submit(spec)
    except InputError as error:
        st.session_state["training.error"] = error
        return
    trainings.count(address())
    put("training.run", run.id)
    branching.end()
    st.session_state[PRESSED] = spec, run.id, None


def _stop_and_submit(spec: JobSpec) -> None:
    for run in reversed(_under_way()):  # the waiting ones first, so that none of them starts
        with suppress(InputError):  # the same keeps the new one from starting, and is told then
            jobs().cancel(run.id, spec.owner)
    _submit(spec)
