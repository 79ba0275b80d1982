"""The trainings of these lessons: found by their settings, made at a press, and only once."""

import threading
from contextlib import suppress

import streamlit as st

from core.errors import InputError
from core.jobs import JobSpec, Run
from core.training.config import TrainConfig
from pages.app import owner
from pages.app.floods import address, trainings
from pages.app.services import jobs
from pages.shared.data_set import promised
from pages.shared.runs import CLINIC

REFUSED = "diagnosis.refused"  # the error of the last press, until it has been shown
MOST_KEPT = 40  # of a learner's lessons; nobody sees the older ones, and each is a click away
_submitting = threading.Lock()  # two tabs of one learner may press at once


def latest(config: TrainConfig) -> Run | None:
    """The learner's newest training with these settings on the sketches."""
    wanted = config.to_json()
    return next((run for run in jobs().list(owner.current()) if _is_of(run, wanted)), None)


def admit(config: TrainConfig) -> None:
    """Train with these settings in place of an earlier run, unless one is under way; call from a callback."""
    try:
        with _submitting:
            before = latest(config)
            if before is not None and before.active:
                return
            if not owner.is_local():
                trainings.require_room(address())
            params = {
                "config": config.to_json(),
                "data_set": "sketches",
                "root_dir": str(promised("sketches")),
            }
            jobs().submit(JobSpec(CLINIC, params, owner.current()))
            _clear(before)
    except InputError as error:
        st.session_state[REFUSED] = error
        return
    trainings.count(address())


def discharge(run_id: str) -> None:
    """Stop a training; call from a callback."""
    try:
        jobs().cancel(run_id, owner.current())
    except InputError as error:
        st.session_state[REFUSED] = error


def _clear(replaced: Run | None) -> None:
    """Delete a training that another has replaced, and the oldest beyond those that are kept."""
    old = [run for run in jobs().list(owner.current()) if run.entry == CLINIC and not run.active]
    for run in {run.id: run for run in [*([replaced] if replaced else []), *old[MOST_KEPT:]]}.values():
        with suppress(InputError):  # deleted in another tab
            jobs().delete(run.id, run.owner)


def _is_of(run: Run, config: dict[str, object]) -> bool:
    params = run.params
    return run.entry == CLINIC and params.get("config") == config and params.get("data_set") == "sketches"
