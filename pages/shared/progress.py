"""Progress of a job under way, and the button that stops it; the page is redrawn when the job ends."""

from collections.abc import Callable

import streamlit as st

from core.jobs import Event, Run, latest_event
from pages.app.services import jobs

PERIOD = 0.5  # seconds between two polls


def under_way(
    find: Callable[[], Run | None], sentence: Callable[[Event | None, int], str], *, key: str, stop: str = ""
) -> None:
    """Follow the job that `find` returns until there is none or it has ended.

    `sentence` puts the last progress event, None while there is none, and the percentage into words; `stop`
    is the label of the button.
    """
    st.fragment(_panel, run_every=PERIOD)(find, sentence, key, stop)


def progress_of(run: Run) -> Event | None:
    """The last progress event of a job."""
    return latest_event(jobs().events(run.id), "progress")


def share_of(event: Event | None) -> float:
    """Progress from 0 to 1; 0 while nothing is known."""
    return min(1.0, event["done"] / event["total"]) if event is not None and event["total"] else 0.0


def _panel(
    find: Callable[[], Run | None], sentence: Callable[[Event | None, int], str], key: str, stop: str
) -> None:
    run = find()
    if run is None or not run.active:
        st.rerun()
    event = progress_of(run)
    share = share_of(event)
    st.progress(share, text=sentence(event, round(100 * share)))
    if stop:
        st.button(stop, on_click=jobs().cancel, args=(run.id, run.owner), key=key)
