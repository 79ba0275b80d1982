"""Paths of the race: any that a learner has asked for serves all, and what takes long leaves the server."""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import streamlit as st

from core.errors import InputError
from core.optimizers.trajectories import Trajectory, seconds, trajectory
from pages.app.language import PageWords
from pages.app.services import jobs
from pages.panels.optimizers.race_form import RaceEntry
from pages.shared.computed import computed, latest, start
from pages.shared.progress import stop_or_turn_away

words = PageWords("optimizers")

# Seconds of all new paths together; with what the page itself takes, 0.1 s. More is computed in a worker: to
# start one, to follow it and to take its result costs the server 0.09 s, and the learner a second.
LONG = 0.075
MOST = 512  # paths, 24 KB each at most
WAITING = "optimizers.waiting"  # parameters of the job whose paths this session waits for
KEY = "optimizers.raced"
STALE = 60.0  # seconds after which a result is thrown away that nobody has taken


class Racer(NamedTuple):
    """All that a path depends on."""

    optimizer: str
    surface: str
    start: tuple[float, float]
    steps: int
    noise: float
    seed: int
    hyper: tuple[tuple[str, float], ...]

    def path(self) -> Trajectory:
        """Compute the path."""
        optimizer, surface, begin, steps, noise, seed, hyper = self
        return trajectory(optimizer, surface, begin, steps, noise=noise, seed=seed, **dict(hyper))


def run(entry: RaceEntry) -> list[Trajectory] | None:
    """Trajectories of all optimizers in the race; None while a worker computes them."""
    racers, kept = _racers(entry), _kept()
    new = [racer for racer in racers if racer not in kept]
    if sum(seconds(racer.optimizer, racer.steps) for racer in new) > LONG and not jobs().read_only:
        _wait_for(_params(entry, new))
        return None
    _wait_for(None)
    return [kept.get(racer) or _keep(racer, racer.path()) for racer in racers]


def kept(entry: RaceEntry) -> list[Trajectory]:
    """Trajectories of those optimizers in the race whose paths are there already."""
    return [path for racer in _racers(entry) if (path := _kept().get(racer)) is not None]


def waiting() -> None:
    """Show how far a worker is with the paths that this session waits for, and take them when they are there.

    Call it outside any fragment: what it shows has a timer.
    """
    params = st.session_state.get(WAITING)
    if params is None:
        return
    if not all(racer in _kept() for racer in _of(params)):
        result = computed("race", params, words, key=KEY)
        if result is None:
            return
        for racer, values in zip(_of(params), result["paths"], strict=True):
            _keep(racer, Trajectory.from_json(values))
    st.session_state[WAITING] = None
    _throw_away(params)


@st.cache_resource(show_spinner=False)
def _asked() -> dict[str, tuple[float, Mapping[str, Any]]]:
    """Parameters of the jobs whose results nobody has taken yet, each with the time."""
    return {}


def _throw_away(params: Mapping[str, Any]) -> None:
    _asked().pop(repr(params), None)
    run = latest("race", params)
    if run is not None:
        with suppress(InputError):  # another session that waited for the same has done it
            jobs().delete(run.id, run.owner)


def _tidy() -> None:
    """Throw away what nobody has come for: a learner may leave, or change a number meanwhile."""
    for asked_at, params in list(_asked().values()):
        run = latest("race", params)
        if time.monotonic() - asked_at > STALE and (run is None or not run.active):
            _throw_away(params)


@st.cache_resource(show_spinner=False)
def _kept() -> OrderedDict[Racer, Trajectory]:
    return OrderedDict()


def _keep(racer: Racer, path: Trajectory) -> Trajectory:
    """Keep a path for everybody; the oldest goes first."""
    kept = _kept()
    kept[racer] = path
    while len(kept) > MOST:
        kept.popitem(last=False)
    return path


def _wait_for(params: Mapping[str, Any] | None) -> None:
    """Start a job for these parameters, or stop waiting; the whole page is redrawn where that is news."""
    before = st.session_state.get(WAITING)
    if before == params:
        return
    if before is not None:
        _leave(before)
    st.session_state[WAITING] = params
    if params is not None:
        _tidy()
        _asked()[repr(params)] = time.monotonic(), params
        start("race", params, KEY)
    st.rerun()


def _leave(params: Mapping[str, Any]) -> None:
    """Stop the job for these parameters unless somebody else waits for it: it would hold a place in vain."""
    run = latest("race", params)
    if run is not None and run.active:
        with suppress(InputError):
            stop_or_turn_away(run)


def _racers(entry: RaceEntry) -> list[Racer]:
    common = (entry.surface, entry.start, entry.steps, entry.noise, entry.seed)
    return [Racer(name, *common, tuple(hyper.items())) for name, hyper in entry.hyper.items()]


def _params(entry: RaceEntry, racers: Sequence[Racer]) -> dict[str, Any]:
    common = {"surface": entry.surface, "start": list(entry.start), "steps": entry.steps}
    noise = {"noise": entry.noise, "seed": entry.seed}
    return {**common, **noise, "hyper": {racer.optimizer: dict(racer.hyper) for racer in racers}}


def _of(params: Mapping[str, Any]) -> list[Racer]:
    x, y = params["start"]
    common = (params["surface"], (x, y), params["steps"], params["noise"], params["seed"])
    return [Racer(name, *common, tuple(hyper.items())) for name, hyper in params["hyper"].items()]
