"""The trainings of this lesson: found by their settings, made at a press, and only once."""

import threading

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
            if before is not None:
                jobs().delete(before.id, before.owner)
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


def _is_of(run: Run, config: dict[str, object]) -> bool:
    params = run.params
    return run.entry == CLINIC and params.get("config") == config and params.get("data_set") == "sketches"
