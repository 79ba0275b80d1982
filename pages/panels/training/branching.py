"""Going on from an epoch of a run with other settings: the choice of the epoch, and what Train adds."""

from typing import Any

import streamlit as st

from core.errors import InputError
from core.files.epochs import epoch_files
from core.jobs import Run
from core.jobs.branch import Branch
from core.training.config import TrainConfig
from pages.app.choice import asked, choice, keep, put
from pages.app.language import PageWords
from pages.shared.runs import config_of, find, history_of, name, readable

words = PageWords("training")

FROM, EPOCH = "training.branch", "training.branch.epoch"


def can_branch(run: Run) -> bool:
    """Whether there is an epoch to go on from."""
    return run.entry == "train" and run.cell is None and bool(epoch_files(run.folder))


def begin(run: Run) -> None:
    """Prepare a branch from the run's best epoch; call this from a callback."""
    best = history_of(run).best
    put(FROM, run.id)
    put(EPOCH, str(best.epoch if best else 0))


def end() -> None:
    """Train from the start again; call this from a callback."""
    put(FROM, "")


def chosen_branch() -> Branch | None:
    """Draw the choice of the epoch while a branch is being prepared, and return it; None for no branch.

    Raises InputError for a link to a run that isn't there.
    """
    run_id = asked(FROM)
    keep(FROM, run_id or "", "")
    if not run_id:
        return None
    run = find(run_id)
    if run is None or not readable(run) or not can_branch(run):
        st.button(words("branch.end"), on_click=end, key="training.branch.end")
        raise InputError("branch_unknown", run=run_id)
    course, kept = history_of(run), list(epoch_files(run.folder))
    best = course.best.epoch if course.best else 0
    with st.container(border=True, horizontal=True, vertical_alignment="bottom", key="training.branching"):
        epoch = choice(
            st.selectbox,
            words("branch.from", run=name(run)),
            [str(number) for number in kept],
            str(best if best in kept else kept[-1]),
            key=EPOCH,
            format_func=lambda number: words("branch.epoch", epoch=int(number) + course.offset),
            width=360,
        )
        st.button(words("branch.end"), on_click=end, key="training.branch.end")
    return Branch(run.id, int(epoch))


def applied(branch: Branch | None, entry: str, config: Any) -> dict[str, Any]:
    """What Train adds to the job. Raises InputError where these settings can't go on from there."""
    if branch is None:
        return {}
    run = find(branch.run)
    before = config_of(run) if run is not None else None
    if entry != "train" or not isinstance(before, TrainConfig):
        raise InputError("branch_single")
    if config.network != before.network:
        raise InputError("branch_network")
    return {"branch": branch.to_json()}
