"""The tasks of a sweep: its cells are trained one after another, with helpers on a laptop's free cores.

Every process takes the first unfinished cell that no other has locked, and trains it as a run of its own, in
a folder of its own. What it ends with is a file there, so a finished cell is never trained again.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.dataset import Splits
from core.errors import InputError
from core.files import whole
from core.jobs.cells import Result, cell_folder, read_result, results
from core.jobs.child import Child
from core.jobs.ending import reason_of
from core.jobs.events import Event, EventLog, EventWriter
from core.jobs.history import history
from core.jobs.spec import Command, State
from core.jobs.tasks.train import TrainingAttempt, images, loaded
from core.jobs.worker.job import Job, Memory
from core.process import memory_share
from core.sweeps.config import Cell, Sweep

_LOOK_EVERY = 0.5  # seconds between two looks at what the others have finished
_WAIT = 0.1  # seconds between two looks for a cell that is free
_FAREWELL = 2.0  # seconds that a helper has for its last checkpoint; a cancelled run has three
RESULT = "result.json"
ASSIST = "core.jobs.tasks.sweep:assist"


def sweep(job: Job) -> State:
    """Train every cell that is unfinished, and report each that is done, whoever trained it."""
    config = Sweep.from_json(job.params["config"])
    data = images(job)
    report = _Report(job, config)
    left = len(report.missing)
    with _crew(job, 0 if job.steps or config.base.device != "cpu" else min(job.cells, left) - 1) as crew:

        def look() -> None:
            report.look()
            crew.pass_on(job)

        state = _train_cells(job, config, job.folder, data, look)
    report.look(at_once=True)
    return state


def assist(job: Job) -> State:
    """Train cells beside the worker of the sweep, whose folder is the one above, until none is free."""
    config = Sweep.from_json(job.params["config"])
    return _train_cells(job, config, job.folder.parent, images(job), None)


def _train_cells(
    job: Job, config: Sweep, folder: Path, data: Splits, look: Callable[[], None] | None
) -> State:
    """Train cells until all are finished; a helper, who has no `look`, until none is free."""
    while left := [cell for cell in config.cells if _result_in(cell_folder(folder, cell.index)) is None]:
        for cell in left:
            with _claimed(cell_folder(folder, cell.index)) as ours:
                state = _train(job, cell, cell_folder(folder, cell.index), data, look) if ours else None
            if state not in (None, State.DONE):
                return state
            if state is not None:
                break
        else:  # others are at all that is left
            if look is None:
                return State.DONE
            look()
            time.sleep(_WAIT)
        if job.wanted:
            return job.stopped_as
    return State.DONE


@contextmanager
def _claimed(folder: Path) -> Iterator[bool]:
    """Lock an unfinished cell; False where another process has it, or has just finished it."""
    folder.mkdir(exist_ok=True)
    try:
        with FileLock(folder / "worker.lock", timeout=0):
            yield _result_in(folder) is None
    except Timeout:
        yield False


def _train(job: Job, cell: Cell, folder: Path, data: Splits, look: Callable[[], None] | None) -> State:
    """Train a cell on from its newest checkpoint; one that diverges or is refused has failed, no more."""
    reason = None
    with EventWriter(folder / "events.jsonl", job.attempt) as events:
        params = {**job.params, "config": cell.config.to_json()}
        own = _CellJob(
            folder, params, job.attempt, job.steps, events, job.orders, Memory(), look=look or _nothing
        )
        try:
            state = TrainingAttempt(own, *loaded(own, cell.config, data)).run()
        except InputError as error:
            state, reason = State.FAILED, reason_of(error, folder)
    if state in (State.DONE, State.FAILED):
        _write_result(folder, state, reason)
        return State.DONE
    return state


@dataclass(frozen=True)
class _CellJob(Job):
    """An attempt at a cell, whose sweep looks round whenever the cell looks at its orders."""

    look: Callable[[], None] = field(kw_only=True)

    @property
    def wanted(self) -> Any:
        self.look()
        return super().wanted


def _nothing() -> None:
    """Look at nothing."""


def _write_result(folder: Path, state: State, reason: Mapping[str, Any] | None) -> None:
    course = history(EventLog(folder / "events.jsonl").read())
    best, last = course.best, course.epochs[-1] if course.epochs else None
    result = Result(
        state,
        best.validation_accuracy if best else None,
        last.validation_accuracy if last else None,
        course.elapsed,
        dict(reason) if reason else None,
    )
    whole.write(folder / RESULT, json.dumps(_fields(result)).encode())


def _result_in(folder: Path) -> Result | None:
    try:
        values = json.loads((folder / RESULT).read_bytes())
    except (OSError, ValueError):
        return None
    return read_result(values) if isinstance(values, dict) else None


class _Report:
    """The sweep's own events: a line for each cell that has finished, and how far all are."""

    def __init__(self, job: Job, config: Sweep) -> None:
        self._job = job
        self._total = len(config.cells)
        known = results(job.begin(cells=self._total))
        self.missing = [cell.index for cell in config.cells if cell.index not in known]
        self._began, self._looked_at = time.monotonic(), 0.0
        self._found = 0
        self._report_progress()

    def look(self, *, at_once: bool = False) -> None:
        """Report the cells that have finished since; now and then only, unless `at_once`."""
        if not at_once and time.monotonic() - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = time.monotonic()
        for index in list(self.missing):
            result = _result_in(cell_folder(self._job.folder, index))
            if result is not None:
                self.missing.remove(index)
                self._found += 1
                self._job.events.write("cell", cell=index, **_fields(result))
                self._report_progress()

    def _report_progress(self) -> None:
        done = self._total - len(self.missing)
        each = (time.monotonic() - self._began) / self._found if self._found else None
        left = each * len(self.missing) if each is not None else None
        self._job.events.write("progress", done=done, total=self._total, stage="cells", seconds_left=left)


def _fields(result: Result) -> Event:
    values = asdict(result)
    return {"outcome": values.pop("state"), **values}


class _Crew:
    """The helpers, which end with this worker however it ends."""

    def __init__(self, children: list[Child]) -> None:
        self._children = children
        self._told = False

    def pass_on(self, job: Job) -> None:
        """Tell the helpers once what this worker was told."""
        wanted = job.wanted
        if not wanted or self._told:
            return
        self._told = True
        order = "cancel" if wanted == "cancel" else "pause"
        for child in self._children:
            child.send(f'{{"stop": "{order}"}}\n'.encode())

    def dismiss(self, job: Job) -> None:
        """Wait for the helpers' last checkpoints."""
        self.pass_on(job)
        deadline = time.monotonic() + _FAREWELL
        for child in self._children:
            child.reap(max(0.0, deadline - time.monotonic()))
            child.hang_up()


@contextmanager
def _crew(job: Job, count: int) -> Iterator[_Crew]:
    """So many helpers, each with its share of this worker's memory."""
    share, children = memory_share(count + 1), []
    try:
        for number in range(1, count + 1):
            folder = job.folder / f"helper-{number}"
            with suppress(OSError):  # no room for another process: fewer do the same
                folder.mkdir(exist_ok=True)
                children.append(Child(memory=share))
                children[-1].assign(Command(str(folder), ASSIST, job.params, job.attempt))
        crew = _Crew(children)
        yield crew
        crew.dismiss(job)
    finally:
        for child in children:
            child.dismiss()
