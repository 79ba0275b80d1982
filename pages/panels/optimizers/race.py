"""The race: computed once for all who ask for the same, played in the browser, summed up in words."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.figures import optimizers as figures
from core.figures.solid import solid as solid_race
from core.optimizers import NAMES
from core.optimizers.trajectories import SURFACES, Trajectory
from pages.app.choice import bound
from pages.app.language import PageWords
from pages.app.punctuation import listed, noted, patterns, sentences
from pages.panels.optimizers.canvases import race_canvas
from pages.panels.optimizers.paths import run, waiting
from pages.panels.optimizers.race_form import RaceEntry, about_preset, begin_at, controls, presets

words = PageWords("optimizers")

WORDS = (
    *(
        "play",
        "pause",
        "again",
        "back",
        "on",
        "scrub",
        "speed",
        "speed_of",
        "step",
        "map",
        "curve",
        "here",
        "toggle",
    ),
    *("who", "value", "distance", "state", "under_way", "outside", "left", "reached", "fell", "diverged"),
    *("ready", "nobody", "first_left", "first_reached"),
)
CURRENT = "optimizers.entry"  # the current race, for the panels below


def race() -> None:
    """Show presets, controls, the race, its outcome, and the race in three dimensions on request."""
    waiting()
    _race()


@st.fragment
def _race() -> None:
    presets()
    stage = st.container()
    entry = controls()
    before = st.session_state.get(CURRENT)
    st.session_state[CURRENT] = entry
    shown = st.session_state.get("optimizers.tab")
    if before not in (None, entry) and shown in [words(f"tab.{name}") for name in ("step", "who", "code")]:
        st.rerun()  # these panels show the same race
    with stage:
        if entry.hyper:
            _stage(entry)
        else:
            st.info(words("nobody_picked"))


def _stage(entry: RaceEntry) -> None:
    paths = run(entry)
    if paths is None:
        return  # `waiting` shows how far they are
    picture = st.container()
    about_preset()
    with st.expander(words("outcome"), icon=":material/flag:"):
        st.markdown(outcome(paths))
    solid = bound(st.toggle, words("solid"), initial=False, key="optimizers.solid", help=words("solid.help"))
    data = _race_data(repr(entry), paths) | {
        "words": {name: words(f"race.{name}") for name in WORDS} | patterns(),
        "follow": solid,
        "clickable": True,
    }
    with picture:
        race_canvas(data, key="optimizers.race", on_start=_start_at, on_moment=_remember)
    if solid:
        step = min(st.session_state.get("optimizers.moment", entry.steps), entry.steps)
        st.caption(words("solid.at", step=step, steps=entry.steps))
        figure = solid_race(paths, step, NAMES, {"height": words("height")})
        st.plotly_chart(
            figure,
            height=480,
            alt=words("alt.solid", surface=words(f"surface.{entry.surface}"), step=step),
            key="optimizers.3d",
        )


@st.cache_resource(show_spinner=False, max_entries=32)
def _race_data(race_id: str, _paths: Sequence[Trajectory]) -> dict[str, Any]:
    first = _paths[0]
    start = first.points[0].tolist()
    return {
        **figures.paths(_paths, NAMES),
        "field": _field(first.surface),
        "id": race_id,
        "course": repr((first.surface, start)),
        "start": start,
    }


@st.cache_resource(show_spinner=False, max_entries=16)
def _field(surface: str) -> dict[str, Any]:
    return figures.surface_field(SURFACES[surface])


def _start_at(x: float, y: float) -> None:
    begin_at(x, y)
    st.session_state.pop("optimizers.preset", None)


def _remember(step: int) -> None:
    st.session_state["optimizers.moment"] = step


def outcome(paths: Sequence[Trajectory]) -> str:
    """Sum up the whole race: who arrived in which order, who is still on the way, who diverged."""
    goal = "reached" if SURFACES[paths[0].surface].goals else "left"
    arrived = sorted((step, path.optimizer) for path in paths if (step := path.done_at()) is not None)
    found = []
    if arrived:
        found.append(
            words(f"outcome.{goal}", names=listed(noted(NAMES[name], step) for step, name in arrived))
        )
    fallen = [path for path in paths if path.fell]
    lost = [path for path in paths if path.diverged_at is not None and not path.fell]
    missing = [NAMES[path.optimizer] for path in paths if path.done_at() is None and path not in lost]
    if missing:
        found.append(words(f"outcome.not_{goal}", names=listed(missing), steps=len(paths[0].points) - 1))
    if fallen:
        found.append(words("outcome.fell", names=listed(NAMES[path.optimizer] for path in fallen)))
    if lost:
        found.append(
            words(
                "outcome.diverged",
                names=listed(noted(NAMES[path.optimizer], path.diverged_at) for path in lost),
            )
        )
    return sentences(*found)
