"""Pictures that take longer than a click: computed once for everybody, as a job whose run is the cache."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import InputError
from core.jobs import Event, JobSpec, Run, latest_event
from core.text import Text
from pages.app import owner
from pages.app.page import show_error, warn_if_read_only
from pages.app.services import jobs
from pages.shared.progress import turn_back, turned_away, under_way


def computed(entry: str, params: Mapping[str, Any], words: Text, *, key: str) -> Event | None:
    """Return the result; until there is one, show a button, the progress, or why it failed."""
    run = latest(entry, params)
    if run is not None and run.state == "done":
        result = latest_event(jobs().events(run.id), "result")
        if result is not None:
            return result
    if run is not None and run.active and not turned_away(run):
        _under_way(entry, params, words, key)
        return None
    if run is not None and run.error:
        show_error(run.error)
    if f"{key}.error" in st.session_state:
        show_error(st.session_state.pop(f"{key}.error"))
    warn_if_read_only()
    label = words(f"compute.{entry}")
    st.button(
        label, on_click=start, args=(entry, params, key), key=key, type="primary", disabled=jobs().read_only
    )
    return None


def start(entry: str, params: Mapping[str, Any], key: str) -> None:
    """Submit the job unless somebody else just has; call this from a callback."""
    run = latest(entry, params)
    if run is not None and (run.active or run.state == "done"):
        turn_back(run)
        return
    try:
        if run is not None:
            jobs().delete(run.id, run.owner)
        jobs().submit(JobSpec(entry, params, _owner(entry, params), learner=owner.current()))
    except InputError as error:
        st.session_state[f"{key}.error"] = error


def latest(entry: str, params: Mapping[str, Any]) -> Run | None:
    """The newest run for these parameters, whoever asked for it."""
    return next(iter(jobs().list(_owner(entry, params))), None)


def _owner(entry: str, params: Mapping[str, Any]) -> str:
    """Owner of the jobs for one picture; each has its own, so that all who look at it find the same."""
    encoded = json.dumps(dict(params), sort_keys=True).encode()
    return f"server-{entry}-{hashlib.sha256(encoded).hexdigest()[:24]}"


def _under_way(entry: str, params: Mapping[str, Any], words: Text, key: str) -> None:
    under_way(
        lambda: latest(entry, params),
        lambda percent: words("compute.progress", percent=percent),
        key=f"{key}.stop",
        stop=words("compute.stop"),
    )
