"""The choice of a network: a shipped one, a checkpoint of a run, or one that the learner brought along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import InputError
from core.files import locations
from core.files.locations import DataSet
from core.jobs import Run, runs_folder
from core.saving import library
from core.saving.library import Uploaded
from core.training.checkpoints import Weights
from core.training.snapshots import CheckpointFile, run_checkpoints
from pages.app import owner
from pages.app.choice import asked, choice
from pages.app.language import shared as words
from pages.app.page_table import link
from pages.app.services import jobs
from pages.shared import loaders
from pages.shared.runs import best_of, config_of, find, history_of, judgeable, keeps_weights, name, own_runs

SHIPPED: Mapping[str, DataSet] = {"shipped": "sketches", "shipped-cifar-10": "cifar-10"}


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """A chosen network; `digest` stands for it in caches.

    `choices` restores it through a link to a page; `stored` is the name by which a task opens it in a worker.
    """

    weights: Weights
    digest: str
    option: str
    stored: str
    run: Run | None = None
    checkpoint: str | None = None

    @property
    def data_set(self) -> DataSet:
        """CIFAR-10 if the weights were trained on it, else the sketches."""
        return "cifar-10" if self.weights.data_set == "cifar-10" else "sketches"

    def choices(self, page: str) -> dict[str, str]:
        """The part of a link that chooses the same network on another page."""
        query = {f"{page}.run": self.option}
        return query | {f"{page}.checkpoint.{self.option}": self.checkpoint} if self.checkpoint else query


def pick_model(page: str) -> ModelChoice | None:
    """Draw the controls in a row and return the chosen network; None for a run that has no checkpoint yet.

    `page` begins the keys of the controls. Raises InputError for a damaged checkpoint.
    """
    runs = {run.id: run for run in own_runs() if judgeable(run)}
    first = _best_finished(list(runs.values())) or next(iter(runs), _first_shipped())
    linked = find(asked(f"{page}.run"))
    if linked is not None and keeps_weights(linked):
        runs.setdefault(linked.id, linked)
    brought = {
        upload_option(entry): entry for entry in library.entries(runs_folder().absolute(), owner.current())
    }
    options = [*runs, *brought, *SHIPPED]
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{page}.model"):
        picked = choice(
            st.selectbox,
            words("model"),
            options,
            first,
            key=f"{page}.run",
            always=True,
            format_func=lambda option: _name(option, runs, brought),
        )
        if picked in brought:
            entry = brought[picked]
            return ModelChoice(
                loaders.brought(entry.digest, entry), entry.digest, picked, _stored(entry.path)
            )
        if picked in SHIPPED:
            digest = f"shipped-{SHIPPED[picked]}"
            return ModelChoice(loaders.shipped(SHIPPED[picked]), digest, picked, digest)
        return _pick_checkpoint(page, runs[picked])


def say_if_unfinished(model: ModelChoice) -> None:
    """Say of a network whose training was stopped, or still goes on, how far it got."""
    run = model.run
    if run is not None and run.state != "done":
        done, total = len(history_of(run).epochs), config_of(run).epochs
        st.caption(words("model.unfinished", state=words(f"state.{run.state}"), done=done, total=total))


def invite_to_train(model: ModelChoice) -> None:
    """Say where to train a network of one's own; nothing to who has trained one."""
    if model.option in SHIPPED and not any(keeps_weights(run) for run in own_runs()):
        st.caption(words("model.empty"))
        link("training", words("model.to_training"))


def _best_finished(runs: Sequence[Run]) -> str | None:
    """Id of the finished run with the best validation accuracy, among those on the newest run's data set."""
    accuracies = {
        run.id: best.validation_accuracy
        for run in runs
        if run.state == "done"
        and run.params["data_set"] == runs[0].params["data_set"]
        and (best := best_of(run)) is not None
    }
    return max(accuracies, key=accuracies.__getitem__, default=None)


def _first_shipped() -> str:
    """The shipped model whose data set the learner has."""
    return "shipped" if locations.locate("cifar-10") is None else "shipped-cifar-10"


def _stored(path: Path) -> str:
    return path.absolute().relative_to(runs_folder().absolute()).as_posix()


def upload_option(entry: Uploaded) -> str:
    """Option of a library network in links; it is never looked up among other learners' networks."""
    return f"upload-{entry.digest[:12]}"


def _name(option: str, runs: Mapping[str, Run], brought: Mapping[str, Uploaded]) -> str:
    if option in brought:
        return words(
            "model.brought", name=brought[option].name, data=words(f"data.{brought[option].data_set}")
        )
    return (
        words("model.shipped", data=words(f"data.{SHIPPED[option]}"))
        if option in SHIPPED
        else name(runs[option])
    )


def _pick_checkpoint(page: str, run: Run) -> ModelChoice | None:
    files = {
        file.name: file
        for file in run_checkpoints(run.folder, jobs().events(run.id), running=run.state == "running")
    }
    if not files:
        st.info(words("model.no_checkpoint"))
        return None
    best = history_of(run).best
    names = list(files)
    first = next((file.name for file in files.values() if best and file.epoch == best.epoch), names[-1])
    key = f"{page}.checkpoint.{run.id}"  # a key per run: a choice among another run's files means nothing
    file_name = choice(
        st.selectbox,
        words("model.checkpoint"),
        names,
        first,
        key=key,
        format_func=lambda file: _label(files[file], best.epoch if best else None, history_of(run).offset),
    )
    file = files[file_name]
    if not file.digest:
        raise InputError("checkpoint_missing", path=file.path.name)
    return ModelChoice(
        loaders.weights_of(file.digest, file), file.digest, run.id, _stored(file.path), run, file.name
    )


def _label(file: CheckpointFile, best: int | None, before: int) -> str:
    """Name of a checkpoint; the epochs of a branch are counted on from the `before` that it began with."""
    if file.epoch is None:
        return words("model.checkpoint.last", step=f"{file.step:,}")
    if file.epoch + before == 0:
        return words("model.checkpoint.start")
    return words(
        "model.checkpoint.best" if file.epoch == best else "model.checkpoint.epoch",
        epoch=file.epoch + before,
    )
