"""Pictures that take longer than a click: computed as a job, once for everybody who asks for the same one; the run is the cache."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import InputError
from core.jobs import Event, JobSpec, Run
from core.text import Text
from pages.app.page import show_error
from pages.app.services import jobs


def computed(entry: str, params: Mapping[str, Any], words: Text, *, key: str) -> Event | None:
    """The result; until there is one, what leads to it: a button, its progress, or why it failed."""
    run = latest(entry, params)
    if run is not None and run.state == "done":
        result = next((event for event in jobs().events(run.id) if event["type"] == "result"), None)
        if result is not None:
            return result
    if run is not None and run.state in ("queued", "running"):
        _under_way(entry, params, words, key)
        return None
    if run is not None and run.error:
        show_error(run.error)
    if f"{key}.error" in st.session_state:
        show_error(st.session_state.pop(f"{key}.error"))
    if jobs().read_only:
        st.warning(words("compute.read_only"))
    label = words(f"compute.{entry}")
    st.button(label, on_click=start, args=(entry, params, key), key=key, type="primary", disabled=jobs().read_only)
    return None


def start(entry: str, params: Mapping[str, Any], key: str) -> None:
    """Submit it, unless somebody else just has; call it from a callback."""
    run = latest(entry, params)
    if run is not None and run.state in ("queued", "running", "done"):
        return
    try:
        if run is not None:
            jobs().delete(run.id, run.owner)
        jobs().submit(JobSpec(entry, params, _owner(entry, params)))
    except InputError as error:
        st.session_state[f"{key}.error"] = error


def latest(entry: str, params: Mapping[str, Any]) -> Run | None:
    return next(iter(jobs().list(_owner(entry, params))), None)


def _owner(entry: str, params: Mapping[str, Any]) -> str:
    """An owner for each picture, so that none waits for another's turn."""
    told = json.dumps(dict(params), sort_keys=True).encode()
    return f"server-{entry}-{hashlib.sha256(told).hexdigest()[:24]}"


@st.fragment(run_every=0.25)
def _under_way(entry: str, params: Mapping[str, Any], words: Text, key: str) -> None:
    run = latest(entry, params)
    if run is None or run.state not in ("queued", "running"):
        st.rerun()
    last = next((event for event in reversed(jobs().events(run.id)) if event["type"] == "progress"), None)
    share = last["done"] / last["total"] if last else 0.0
    st.progress(min(1.0, share), text=words("compute.progress" if last else "compute.starting", percent=round(100 * share)))
    st.button(words("compute.stop"), on_click=jobs().cancel, args=(run.id, run.owner), key=f"{key}.stop")
