"""Speed of this machine at making batches: on request, a job of the server, one at a time for everybody."""

import os
from dataclasses import fields
from pathlib import Path

import streamlit as st

from core.errors import InputError
from core.figures.bars import speeds
from core.jobs import JobSpec, Run
from core.transforms.speed import IN_MEMORY, SCATTER, SECONDS, WAYS, Speed, verdict
from pages.app import owner
from pages.app.language import PageWords
from pages.app.page import sentence, show_error
from pages.app.punctuation import labelled, sentences
from pages.app.services import jobs, latest, start_or_join
from pages.app.viewers import me, viewers
from pages.shared.progress import stop_or_turn_away, turn_back, turned_away

words = PageWords("transforms")

OWNER = "server-loader-speed"
PERIOD = 0.5  # seconds between two updates


def speed(root: Path) -> None:
    """Render the panel on loading speed; `root` is the folder of the data set."""
    st.markdown(words("speed"))
    run = latest(OWNER)
    st.fragment(_panel, run_every=PERIOD if run is not None and run.active else None)(str(root), run)
    st.markdown(words("speed.notice"))


def _panel(root: str, before: Run | None) -> None:
    run = latest(OWNER)
    if (run is not None and run.active) != (before is not None and before.active):
        st.rerun()  # a run of the whole page starts or stops the timer
    waiting = run is not None and run.active and not turned_away(run)
    _buttons(root, run, waiting)
    if run is None or (run.active and not waiting):
        return
    found = measured(run)
    if run.active:
        viewers().count(run.id, me())
        st.progress(
            min(1.0, (sum(speed.ended for speed in found.values()) + 0.5) / len(WAYS)),
            text=words(f"speed.{run.state}"),
        )
    elif run.error is not None:
        st.warning(sentence(run.error))
    elif run.state == "cancelled":
        st.caption(words("speed.cancelled"))
    if found:
        _bars(found)


def measured(run: Run) -> dict[int, Speed]:
    """Latest measurement of each way, by its number of workers; incomplete events are left out."""
    names = [field.name for field in fields(Speed)]
    events = [
        event
        for event in jobs().events(run.id)
        if event["type"] == "speed" and all(name in event for name in names)
    ]
    return {event["workers"]: Speed(*(event[name] for name in names)) for event in events}


def _buttons(root: str, run: Run | None, waiting: bool) -> None:
    if waiting:
        st.button(
            words("speed.stop"), icon=":material/stop:", on_click=_stop, args=(run,), key="transforms.stop"
        )
    else:
        style = {
            "icon": ":material/speed:",
            "type": "primary" if run is None else "secondary",
            "disabled": jobs().read_only,
        }
        label = words("speed.measure" if run is None else "speed.again", seconds=round(SECONDS * len(WAYS)))
        st.button(label, on_click=_measure, args=(root,), key="transforms.measure", **style)
    if "transforms.error" in st.session_state:
        show_error(st.session_state.pop("transforms.error"))


def _measure(root: str) -> None:
    try:
        turn_back(start_or_join(JobSpec("loader-speed", {"root_dir": root}, OWNER, learner=owner.current())))
    except InputError as error:
        st.session_state["transforms.error"] = error


def _stop(run: Run) -> None:
    try:
        stop_or_turn_away(run)
    except InputError as error:
        st.session_state["transforms.error"] = error


def _bars(found: dict[int, Speed]) -> None:
    names = {way: words("speed.ours") if way == IN_MEMORY else words("speed.workers", n=way) for way in found}
    rates = {names[way]: speed.images_per_second for way, speed in found.items()}
    summary = " · ".join(labelled(name, f"{rate:,.0f}") for name, rate in rates.items())
    option = speeds(rates, names.get(IN_MEMORY, ""), {"rate": words("chart.rate")})
    st.echarts_chart(option, height=60 + 42 * len(WAYS), alt=summary, key="transforms.speed")
    st.caption(summary)
    if all(way in found and found[way].ended for way in WAYS):
        st.markdown(_why(found))


def _why(found: dict[int, Speed]) -> str:
    """Explain the numbers: one sentence on the workers and one on the app's own way."""
    alone = found[0].images_per_second
    best = max((way for way in found if way > 0), key=lambda way: found[way].images_per_second)
    ratio, ours = found[best].images_per_second / alone, found[IN_MEMORY].images_per_second / alone
    key = f"speed.{verdict(ratio)}"
    values = {
        "best": best,
        "scatter": round(100 * (SCATTER - 1)),
        "ratio": f"{ratio:.1f}",
        "cores": os.cpu_count() or 1,
        "start": f"{found[best].first:.2f}",
    }
    why = words("speed.why", ours=f"{ours:.0f}", each=f"{1e6 / alone:.0f}")
    return sentences(words(key, **values), why)
