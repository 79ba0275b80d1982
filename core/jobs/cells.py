"""The cells of a sweep, each a run of its own to look at, in its folder; steered is only the whole."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InputError
from core.jobs.events import Event
from core.jobs.spec import Reason, Run, State
from core.sweeps.config import Sweep

ENTRY = "sweep"
_ID = re.compile(r"(.+)-cell([0-9]{2})")
_OUTCOMES = (State.DONE, State.FAILED)


@dataclass(frozen=True)
class Result:
    """How a cell ended: best and last validation accuracy, None where no epoch was judged, and the time.

    `reason` says why a failed one failed; the loss of most of them diverged.
    """

    state: State
    best: float | None
    last: float | None
    seconds: float
    reason: Reason | None = None


def cell_id(run_id: str, index: int) -> str:
    """The id of a cell, in links too."""
    return f"{run_id}-cell{index:02}"


def split_id(run_id: object) -> tuple[str, int] | None:
    """The sweep's id and the cell's place in it; None for any other id."""
    match = _ID.fullmatch(run_id) if isinstance(run_id, str) else None
    return (match[1], int(match[2])) if match else None


def cell_folder(folder: Path, index: int) -> Path:
    """The folder of a cell, in its sweep's."""
    return folder / f"cell-{index:02}"


def results(events: Iterable[Event]) -> dict[int, Result]:
    """The results of the cells that have finished, by their place; damaged reports are passed over."""
    found = {}
    for event in events:
        if event["type"] == "cell" and isinstance(event.get("cell"), int):
            result = read_result(event)
            if result is not None:
                found[event["cell"]] = result
    return found


def read_result(values: Mapping[str, object]) -> Result | None:
    """The result in a report; None for a damaged one."""
    outcome, numbers = values.get("outcome"), [values.get(name) for name in ("best", "last", "seconds")]
    reason = values.get("reason")
    whole = outcome in _OUTCOMES and all(type(number) in (int, float, type(None)) for number in numbers)
    if not whole or not (reason is None or (isinstance(reason, dict) and {"key", "values"} <= reason.keys())):
        return None
    best, last, seconds = numbers
    return Result(State(str(outcome)), best, last, seconds or 0.0, reason)  # type: ignore[arg-type]


def cell_run(run: Run, index: int, events: Iterable[Event]) -> Run:
    """A cell of a sweep as a run, from what the sweep has reported. Raises InputError when there is none."""
    sweep = Sweep.from_json(run.params["config"]) if run.entry == ENTRY else None
    if sweep is None or index >= len(sweep.cells):
        raise InputError("run_unknown", run=cell_id(run.id, index)[:60])
    folder, result = cell_folder(run.folder, index), results(events).get(index)
    state, reason = (result.state, result.reason) if result else (_unfinished(run, folder), None)
    return replace(
        run,
        id=cell_id(run.id, index),
        entry="train",
        params={**run.params, "config": sweep.cells[index].config.to_json()},
        folder=folder,
        state=state,
        reason=reason,
        asked=None,
        name=", ".join(sweep.named(sweep.cells[index].point)),
        cell=index,
    )


def _unfinished(run: Run, folder: Path) -> State:
    """A cell that hasn't begun waits, whatever its sweep does; any other does as the sweep does."""
    if run.state in (State.FAILED, State.DONE):
        return State.INTERRUPTED
    return run.state if run.state == State.CANCELLED or folder.is_dir() else State.QUEUED
