"""Progress of a job under way, and the button that stops it; the page is redrawn when the job ends."""

from collections.abc import Callable

import streamlit as st

from core.jobs import Event, Run, latest_event
from pages.app.language import shared as words
from pages.app.services import jobs
from pages.app.viewers import me, viewers

PERIOD = 0.5  # seconds between two polls


def under_way(
    find: Callable[[], Run | None], sentence: Callable[[int], str], *, key: str, stop: str = ""
) -> None:
    """Follow the job that `find` returns until there is none or it has ended.

    `sentence` puts the percentage into words; `stop` is the label of the button. It stops a job for whoever
    looks last; anybody else only turns away from it (`turned_away`), so that no learner ends what another
    waits for.
    """
    st.fragment(_panel, run_every=PERIOD)(find, sentence, key, stop)


def progress_of(run: Run) -> Event | None:
    """The last progress event of a job."""
    return latest_event(jobs().events(run.id), "progress")


def share_of(event: Event | None) -> float:
    """Progress from 0 to 1; 0 while nothing is known."""
    return min(1.0, event["done"] / event["total"]) if event is not None and event["total"] else 0.0


def _panel(find: Callable[[], Run | None], sentence: Callable[[int], str], key: str, stop: str) -> None:
    run = find()
    if run is None or not run.active or turned_away(run):
        st.rerun()
    viewers().count(run.id, me())
    event = progress_of(run)
    share = share_of(event)
    waiting = "stopping" if run.asked else "" if event else "starting"
    st.progress(share, text=words(f"progress.{waiting}") if waiting else sentence(round(100 * share)))
    if stop:
        st.button(stop, on_click=stop_or_turn_away, args=(run,), key=key, disabled=bool(run.asked))


def stop_or_turn_away(run: Run) -> None:
    """Stop a shared job if nobody else looks at it; otherwise only stop waiting for it."""
    if viewers().leave(run.id, me()):
        st.session_state[_away(run)] = True
    else:
        jobs().cancel(run.id, run.owner)


def turned_away(run: Run) -> bool:
    """Whether this learner has stopped waiting for a job that goes on for others."""
    return bool(st.session_state.get(_away(run)))


def turn_back(run: Run) -> None:
    """Wait for the job again."""
    st.session_state.pop(_away(run), None)


def _away(run: Run) -> str:
    return f"away.{run.id}"
