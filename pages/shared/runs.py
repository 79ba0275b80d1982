"""Runs as a learner sees them: their names, the picker, their histories."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import streamlit as st

from core.errors import InputError
from core.files.locations import DATA_SETS
from core.jobs import LONGEST_NAME, Run
from core.jobs.cells import ENTRY as SWEEP
from core.jobs.cells import Result, results
from core.jobs.history import Epoch, History, history
from core.jobs.spec import CLINIC
from core.shapes.code import from_short
from core.sweeps.config import Sweep
from core.sweeps.summary import Spread, groups
from core.training.config import RECIPES, TrainConfig
from core.transfer.config import TransferConfig
from pages.app import owner
from pages.app.choice import asked, choice, keep, offered
from pages.app.language import shared as words
from pages.app.punctuation import listed
from pages.app.services import jobs

NEW = "new"  # in place of an id
MINUTES_A_DAY = 24 * 60
EXPERIMENTS = ("train_size", "wrong_labels", "imbalance", "shuffle")


@dataclass(frozen=True)
class Kind:
    """What the jobs of one entry train: the class of their settings, and how a list names these."""

    config: type[TrainConfig] | type[TransferConfig] | type[Sweep]
    name: Callable[[Any], str]


def own_runs() -> list[Run]:
    """The learner's trainings, newest first; those of a lesson are not among them."""
    return [run for run in jobs().list(owner.current()) if _is_training(run) or run.state == "damaged"]


def _is_training(run: Run) -> bool:
    return run.lane == "train" and run.entry != CLINIC


def find(run_id: str | None) -> Run | None:
    """Anybody's run by its id; None where there is none."""
    try:
        run = jobs().get(run_id) if run_id else None
    except InputError:
        return None
    return run if run is not None and (run.entry in TRAININGS or run.state == "damaged") else None


def readable(run: Run) -> bool:
    """Check whether the run's files are whole and this version knows its settings."""
    try:
        return run.state != "damaged" and run.params["data_set"] in DATA_SETS and bool(config_of(run))
    except (InputError, KeyError, TypeError):
        return False


def config_of(run: Run) -> TrainConfig | TransferConfig | Sweep:
    """The settings of a run."""
    return TRAININGS[run.entry].config.from_json(run.params["config"])


def keeps_weights(run: Run) -> bool:
    """Check that the run is readable and keeps its weights epoch by epoch: of LeNet or one's own network."""
    return run.entry == "train" and readable(run)


def judgeable(run: Run) -> bool:
    """Check that there is something to judge and look into: weights of a training that has begun."""
    return keeps_weights(run) and bool(history_of(run).total_steps)


def recipe_of(config: TrainConfig) -> str:
    """Name of the recipe that the config equals in all but network, data, epochs and seed; "own" for none."""
    same = {"epochs", "seed", "network", "patience", *EXPERIMENTS}
    return next((name for name, recipe in RECIPES.items() if set(config.differences(recipe)) <= same), "own")


def history_of(run: Run) -> History:
    """What the run has reported, computed once for everybody who looks at it."""
    return _history(run.id, _reported(run))


def results_of(run: Run) -> Mapping[int, Result]:
    """The finished cells of a sweep, by their place."""
    return _results(run.id, _reported(run))


def groups_of(run: Run) -> list[Spread | None]:
    """Best validation accuracy at each point of a sweep, over the seeds that have one."""
    scores = {index: result.best for index, result in results_of(run).items() if result.best is not None}
    config = config_of(run)
    return groups(config, scores) if isinstance(config, Sweep) else []


def score_of(run: Run) -> float | None:
    """The best validation accuracy of a run; of a sweep, the best mean over seeds."""
    if run.entry == SWEEP:
        return max((group.mean for group in groups_of(run) if group), default=None)
    best = best_of(run)
    return best.validation_accuracy if best else None


def best_of(run: Run) -> Epoch | None:
    """Best epoch of the run; kept for more runs than whole histories are, since every list names it."""
    return _best(run.id, _reported(run))


def _reported(run: Run) -> int:
    """Size of the run's events in bytes, which only ever grows."""
    try:
        return (run.folder / "events.jsonl").stat().st_size
    except OSError:  # not started yet, or deleted at this moment
        return 0


@st.cache_resource(show_spinner=False, max_entries=64)
def _history(run_id: str, size: int) -> History:
    try:
        return history(jobs().events(run_id))
    except InputError:  # deleted at this moment, in another tab
        return history([])


@st.cache_resource(show_spinner=False, max_entries=256)
def _results(run_id: str, size: int) -> Mapping[int, Result]:
    try:
        return results(jobs().events(run_id))
    except InputError:  # deleted at this moment, in another tab
        return {}


@st.cache_resource(show_spinner=False, max_entries=4096)
def _best(run_id: str, size: int) -> Epoch | None:
    return _history(run_id, size).best


def name(run: Run | None) -> str:
    """Label of one line, the same in every list: "#7 · 09:16 · Fast · CIFAR-10 · seed 0 · 64.5%".

    The owner's own name stands in place of time and settings; what was done to the data is always said, and
    the state unless the run has finished.
    None is the run not started yet.
    """
    if run is None:
        return words("run.new")
    if not readable(run):
        return words("run.damaged", id=run.id)
    best = score_of(run)
    score = f"{100 * best:.1f}%" if best is not None else ""
    state = "" if run.state == "done" else words(f"state.{run.state}")
    name = run.name if run.name and run.cell is None else _settings(run)
    experiment = _experiment(config_of(run))
    cell = run.cell is not None and run.name
    return " · ".join(filter(None, (tag(run), cell, name, experiment, lineage(run, tag), score, state)))


def lineage(run: Run, named: Callable[[Run], str]) -> str:
    """Where a branch begins, the other run as `named` has it; empty for a run from the start."""
    branch = run.params.get("branch")
    if branch is None:
        return ""
    before = find(branch["run"])
    epoch = history_of(run).offset or branch["epoch"]
    if before is None:
        return words("run.branch.deleted", epoch=epoch)
    return words("run.branch", run=named(before), epoch=epoch)


def tag(run: Run) -> str:
    """Number of the run, "#7", of a cell "#7.2"; empty for one without, in a folder that is only read."""
    place = "" if run.cell is None else f".{run.cell + 1}"
    return f"#{run.number}{place}" if run.number else ""


def rename(run: Run | None) -> None:
    """Offer to give the learner's own run a name; nothing for other runs and none."""
    if run is None or run.cell is not None or run.owner != owner.current():
        return
    if not readable(run) or jobs().read_only:
        return
    key = f"training.name.{run.id}"
    with st.popover(words("run.rename"), icon=":material/edit:"):
        st.session_state.setdefault(key, run.name)
        st.text_input(
            words("run.name"),
            key=key,
            max_chars=LONGEST_NAME,
            placeholder=_settings(run),
            on_change=_rename,
            args=(run, key),
        )


def _rename(run: Run, key: str) -> None:
    try:
        jobs().rename(run.id, owner.current(), st.session_state[key])
    except InputError as error:
        st.session_state["training.error"] = error


def _settings(run: Run) -> str:
    config = config_of(run)
    return words(
        "run.settings.sweep" if isinstance(config, Sweep) else "run.settings",
        time=_moment(run.created),
        recipe=TRAININGS[run.entry].name(config),
        data=words(f"data.{run.params['data_set']}"),
        **({"repeat": _repeat(config)} if isinstance(config, Sweep) else {"seed": config.seed}),
    )


def _experiment(config: TrainConfig | TransferConfig | Sweep) -> str:
    """What was done to the training images, of a sweep in all its cells."""
    if isinstance(config, TransferConfig):
        return ""
    varied = [axis.name for axis in config.axes] if isinstance(config, Sweep) else []
    base = config.base if isinstance(config, Sweep) else config
    return listed(
        words(f"run.{field}", value=100 * value if field == "wrong_labels" else value)
        for field in EXPERIMENTS
        if field not in varied and (value := getattr(base, field)) != getattr(RECIPES["fast"], field)
    )


def _repeat(sweep: Sweep) -> str:
    """What varies in a sweep, with the words of code: 3 seeds, or lr × conv1."""
    if not sweep.axes:
        return words("run.seeds", n=len(sweep.seeds))
    axes = " × ".join(axis.layer or axis.name for axis in sweep.axes)
    return words("run.sweep", axes=axes, n=len(sweep.cells))


def _moment(seconds: float) -> str:
    """Time of day where the browser is, after the date unless that is today."""
    offset = st.context.timezone_offset or 0  # in minutes, as JavaScript counts: UTC minus local time
    zone = timezone(timedelta(minutes=-offset)) if abs(offset) < MINUTES_A_DAY else UTC
    moment = datetime.fromtimestamp(seconds, zone)
    today = moment.date() == datetime.now(zone).date()
    return f"{moment:%H:%M}" if today else f"{moment:%m-%d %H:%M}"


def _training_name(config: TrainConfig) -> str:
    recipe = recipe_of(config)
    named = words("run.recipe.own" if recipe == "own" else f"recipe.{recipe}")
    if not config.network:
        return named
    return words("run.network", layers=len(from_short(config.network)), recipe=named)


def _resnet_name(config: TransferConfig) -> str:
    return words("run.resnet", mode=words(f"mode.{config.mode}"), size=config.size)


TRAININGS: Mapping[str, Kind] = {
    "train": Kind(TrainConfig, _training_name),
    CLINIC: Kind(TrainConfig, _training_name),
    "transfer": Kind(TransferConfig, _resnet_name),
    SWEEP: Kind(Sweep, lambda sweep: _training_name(sweep.base)),
}


def pick(label: str, runs: Sequence[Run], key: str) -> Run | None:
    """Draw the choice of a run, the newest at first: the learner's own, or the link's, whoever owns it."""
    by_id: dict[str, Run | None] = {run.id: run for run in runs}
    wanted = asked(key)
    if wanted == NEW:
        by_id = {NEW: None, **by_id}
    elif (linked := find(wanted)) is not None:
        by_id.setdefault(linked.id, linked)
    if not any(by_id.values()):
        offered(key, [NEW, ""])
        keep(key, NEW if wanted == NEW else "", "")  # or the link would still be news once there is a run
        return None
    ids = list(by_id)
    style = {"format_func": lambda run_id: name(by_id[run_id]), "label_visibility": "collapsed"}
    return by_id[choice(st.selectbox, label, ids, ids[0], key=key, always=True, **style)]
