"""Which network: the shipped one, or a checkpoint of a run."""

from dataclasses import dataclass

import streamlit as st

from core.checkpoints import Weights
from core.data_home import DataSet
from core.errors import InputError
from core.jobs import Run
from core.kept import Kept, kept
from core.text import Text
from pages.shared import judging
from pages.shared.choice import asked, choice
from pages.shared.opening import shared_words
from pages.shared.page_table import link
from pages.shared.runs import find, history_of, name, own_runs, readable
from pages.shared.services import jobs

SHIPPED = "shipped"


@dataclass(frozen=True, eq=False)
class Model:
    """A network that was chosen; `digest` stands for it in caches."""

    weights: Weights
    digest: str

    @property
    def data_set(self) -> DataSet:
        return "cifar-10" if self.weights.data_set == "cifar-10" else "sketches"


def pick_model(words: Text) -> Model | None:
    """The controls, and what they chose; None for a run that has no checkpoint yet. Raises InputError for a damaged one."""
    runs = {run.id: run for run in own_runs() if readable(run) and history_of(run).total_steps}
    linked = find(asked("evaluation.run"))
    if linked is not None and readable(linked):
        runs.setdefault(linked.id, linked)
    if not runs:
        st.caption(words("empty"))
        link("training", shared_words(), words("to_training"))
    options = [*runs, SHIPPED]
    left, right = st.columns([3, 2])
    shipped = words("shipped", data=shared_words()("data.sketches"))
    with left:
        picked = choice(
            st.selectbox,
            words("model"),
            options,
            options[0],
            key="evaluation.run",
            always=True,
            format_func=lambda option: shipped if option == SHIPPED else name(runs[option]),
        )
    if picked == SHIPPED:
        return Model(judging.shipped("sketches"), "shipped-sketches")
    with right:
        return _pick_checkpoint(runs[picked], words)


def _pick_checkpoint(run: Run, words: Text) -> Model | None:
    files = {file.name: file for file in kept(run.folder, jobs().events(run.id), running=run.state == "running")}
    if not files:
        return None
    best = history_of(run).best
    names = list(files)
    first = next((file.name for file in files.values() if best and file.epoch == best.epoch), names[-1])
    key = f"evaluation.checkpoint.{run.id}"  # a key for each run: a choice among others' files means nothing
    told = choice(
        st.selectbox,
        words("checkpoint"),
        names,
        first,
        key=key,
        format_func=lambda file: _label(files[file], best.epoch if best else None, words),
    )
    file = files[told]
    if not file.digest:
        raise InputError("checkpoint_missing", path=file.path.name)
    return Model(judging.weights_of(file.digest, file), file.digest)


def _label(file: Kept, best: int | None, words: Text) -> str:
    if file.epoch is None:
        return words("checkpoint.last", step=f"{file.step:,}")
    if file.epoch == 0:
        return words("checkpoint.start")
    return words("checkpoint.best" if file.epoch == best else "checkpoint.epoch", epoch=file.epoch)
