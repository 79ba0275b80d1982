"""The task of a sweep: its cells are runs like any other, in pieces, in parallel, killed and resumed."""

import errno
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from core.dataset import sketches
from core.errors import InputError
from core.jobs import EventLog, JobService, JobSpec, Limits, LocalBackend, Run, State
from core.jobs.cells import cell_folder, cell_id, results
from core.jobs.events import EventWriter
from core.jobs.history import history
from core.jobs.tasks.sweep import RESULT, sweep
from core.jobs.tasks.train import train
from core.jobs.worker.job import Job
from core.sweeps.config import Axis, Sweep, repeated
from core.training.config import TrainConfig
from tests.support.processes import alive, wait

pytestmark = pytest.mark.clock

BASE = TrainConfig(epochs=2, batch_size=16, optimizer="nesterov", lr=0.02, schedule="one-cycle", flip=True)
SWEEP = Sweep(BASE, (Axis("lr", (0.02, 0.05)),), (3, 4))


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for _ in sketches.write(folder, train_size=500, test_size=100):
        pass
    return folder / "cifar-10-batches-py"


class Script:
    """An order that comes once a cell has reached a step; stands in for core.jobs.worker.orders.Orders."""

    def __init__(self, folder: Path, order: str | None, cell: int, after: int) -> None:
        self._log, self._order, self._after = (
            EventLog(cell_folder(folder, cell) / "events.jsonl"),
            order,
            after,
        )

    @property
    def wanted(self) -> str | None:
        reached = max((event.get("step", 0) for event in self._log.read()), default=0)
        return self._order if reached >= self._after else None


def params(config: Any, data: Path) -> dict[str, Any]:
    return {"config": config.to_json(), "data_set": "sketches", "root_dir": str(data)}


def attempt(
    folder: Path,
    data: Path,
    number: int = 1,
    *,
    config: Sweep = SWEEP,
    order: str | None = None,
    cell: int = 0,
    after: int = 0,
    steps: int | None = None,
) -> State:
    """One attempt in this process, on one core."""
    folder.mkdir(exist_ok=True)
    script: Any = Script(folder, order, cell, after)
    with EventWriter(folder / "events.jsonl", number) as events:
        return sweep(Job(folder, params(config, data), number, steps, events, script))


def bits(folder: Path) -> dict[str, bytes]:
    """The weights that each cell has kept of each epoch."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.glob("cell-*/weights/*.safetensors")
    }


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A sweep that nothing has interrupted."""
    folder = tmp_path_factory.mktemp("sweep")
    assert attempt(folder, data) == State.DONE
    return folder


def test_a_cell_is_the_single_run_with_its_settings(tmp_path: Path, data: Path, whole: Path) -> None:
    assert len(bits(whole)) == 4 * 3
    for cell in SWEEP.cells[1:3]:
        folder, script = tmp_path / str(cell.index), Script(whole, None, 0, 0)
        folder.mkdir()
        with EventWriter(folder / "events.jsonl", 1) as events:
            train(Job(folder, params(cell.config, data), 1, None, events, script))  # type: ignore[arg-type]
        there = cell_folder(whole, cell.index)
        for epoch in range(3):
            name = f"weights/epoch-{epoch:04}.safetensors"
            assert (folder / name).read_bytes() == (there / name).read_bytes()
        rows = [history(EventLog(path / "events.jsonl").read()).epochs for path in (folder, there)]
        assert [row.validation_loss for row in rows[0]] == [row.validation_loss for row in rows[1]]


def test_a_sweep_says_a_line_for_each_cell(whole: Path) -> None:
    events = EventLog(whole / "events.jsonl").read()
    found = results(events)
    assert list(found) == [0, 1, 2, 3] and len(events) < 20
    for index, result in found.items():
        course = history(EventLog(cell_folder(whole, index) / "events.jsonl").read())
        assert result.state == State.DONE and course.best is not None
        assert (result.best, result.last) == (
            course.best.validation_accuracy,
            course.epochs[-1].validation_accuracy,
        )
    progress = [(event["done"], event["total"]) for event in events if event["type"] == "progress"]
    assert progress == [(done, 4) for done in range(5)]


@pytest.mark.parametrize("order", ["pause", "orphan"])
def test_a_sweep_in_pieces_has_the_same_bits(tmp_path: Path, data: Path, whole: Path, order: str) -> None:
    folder = tmp_path / "pieces"
    state = {"pause": State.PAUSED, "orphan": State.INTERRUPTED}[order]
    assert attempt(folder, data, 1, order=order, cell=1, after=20) == state
    kept = (cell_folder(folder, 0) / RESULT).stat().st_mtime_ns
    assert not cell_folder(folder, 2).exists()
    assert attempt(folder, data, 2, steps=1) == State.PAUSED
    assert attempt(folder, data, 3) == State.DONE
    assert bits(folder) == bits(whole)
    assert begun_at(cell_folder(folder, 1))[:3] == [0, 20, 21]
    assert (cell_folder(folder, 0) / RESULT).stat().st_mtime_ns == kept  # never trained again
    assert list(results(EventLog(folder / "events.jsonl").read())) == [0, 1, 2, 3]


def test_a_cell_that_diverges_or_is_refused_is_a_result(tmp_path: Path, data: Path) -> None:
    config = Sweep(
        replace(BASE, optimizer="sgd", flip=False, epochs=1),
        (Axis("lr", (0.01, 100.0)), Axis("batch_size", (64, 4096))),
    )
    assert attempt(tmp_path / "wild", data, config=config) == State.DONE
    found = results(EventLog(tmp_path / "wild" / "events.jsonl").read())
    keys = [result.reason and result.reason["key"] for result in found.values()]
    assert keys == [None, "batch_too_large", "diverged", "batch_too_large"]
    assert [result.state == State.DONE for result in found.values()] == [True, False, False, False]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[JobService]:
    with JobService(tmp_path / "runs", LocalBackend(spares=0), Limits(cells=2)) as service:
        yield service


def submitted(service: JobService, data: Path, config: Sweep = SWEEP) -> Run:
    return service.submit(JobSpec("sweep", params(config, data), "ann"))


def ended(service: JobService, run: Run) -> State:
    wait(lambda: not service.get(run.id).active, 60)
    return service.get(run.id).state


def test_two_at_once_paused_killed_and_resumed_are_the_serial_ones(
    service: JobService, data: Path, tmp_path: Path
) -> None:
    endless = Sweep(replace(BASE, epochs=1000, batch_size=32), (Axis("train_size", (450, 449, 40)),))
    run = submitted(service, data, endless)
    logs = [EventLog(cell_folder(run.folder, cell) / "events.jsonl") for cell in (0, 1)]
    for order in ("pause", "kill"):
        wait(lambda: all(attempt_of(log) == service.get(run.id).attempt for log in logs))
        states = [service.get(cell_id(run.id, cell)).state for cell in range(3)]
        assert states == [State.RUNNING, State.RUNNING, State.QUEUED]
        (helper,) = helpers(run)
        if order == "pause":
            service.pause(run.id, "ann")
            assert ended(service, run) == State.PAUSED and not alive(helper)
            service.resume(run.id, "ann")
    for pid in (helper, worker_of(service, run)):
        os.kill(pid, signal.SIGKILL)
    assert ended(service, run) == State.INTERRUPTED
    with FileLock(cell_folder(run.folder, 0) / "worker.lock"):  # so that the second cell is taken
        reached = max(event.get("step", 0) for event in logs[1].read())
        state = attempt(run.folder, data, 3, config=endless, order="pause", cell=1, after=reached + 30)
    assert state == State.PAUSED
    assert begun_at(cell_folder(run.folder, 1))[-1] > 0
    alone = tmp_path / "alone"
    attempt(alone, data, config=Sweep(endless.cells[1].config), order="pause", after=reached + 45)
    here, there = (folder / "weights" for folder in (cell_folder(run.folder, 1), alone / "cell-00"))
    both = {path.name for path in here.iterdir()} & {path.name for path in there.iterdir()}
    assert len(both) > 3 and int(max(both)[6:10]) * 15 > reached
    assert all((here / name).read_bytes() == (there / name).read_bytes() for name in both)


def begun_at(cell: Path) -> list[int]:
    """The step that each attempt at a cell went on from."""
    events = EventLog(cell / "events.jsonl").read()
    return [event["step"] for event in events if event["type"] == "attempt"]


def attempt_of(log: EventLog) -> int:
    """The attempt in which a cell was last trained for a step."""
    return max((event["attempt"] for event in log.read() if event["type"] == "step"), default=0)


def worker_of(service: JobService, run: Run) -> int:
    backend: Any = service._backend
    return int(backend.pids[run.id])


def helpers(run: Run) -> list[int]:
    """Process ids of those that work in the helpers' folders now."""
    found = []
    for path in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(path.readlink()).startswith(str(run.folder / "helper-")):
                found.append(int(path.parts[2]))
        except OSError:
            continue
    return sorted(set(found))


def test_a_cell_is_looked_at_and_never_steered(service: JobService, data: Path) -> None:
    run = submitted(service, data, repeated(replace(BASE, epochs=1, train_size=32), 2))
    for act in (service.pause, service.cancel, service.resume, service.delete):
        with pytest.raises(InputError, match="run"):
            act(cell_id(run.id, 0), "ann")
    for wrong in (cell_id(run.id, 2), cell_id("20260101-000000-" + "0" * 20, 0), f"{run.id}-cell0"):
        with pytest.raises(InputError, match="run"):
            service.get(wrong)
    assert ended(service, run) == State.DONE
    cell = service.get(cell_id(run.id, 1))
    assert (cell.state, cell.entry, cell.cell) == (State.DONE, "train", 1)
    assert cell.params["config"]["seed"] == BASE.seed + 1
    assert history(service.events(cell.id)).best is not None
    assert len(service.list("ann")) == 1
    service.delete(run.id, "ann")
    assert not run.folder.exists() and not len(service._logs)


def test_a_sweep_takes_as_many_cells_at_once_as_its_memory_reaches(tmp_path: Path, data: Path) -> None:
    counts = []
    for memory in (1000, 2000, 20_000):
        with JobService(
            tmp_path / str(memory), LocalBackend(spares=0, memory=memory), Limits(cells=4), poll=None
        ) as service:
            counts.append(service.cells_at_once("sweep", params(SWEEP, data)))
            assert service.cells_at_once("sketches", {}) == 4
    assert counts == [1, 3, 4]


def test_a_sweep_of_a_thousand_runs_is_refused_before_it_waits(service: JobService, data: Path) -> None:
    wrong = json.loads(json.dumps(params(SWEEP, data)))
    wrong["config"]["seeds"] = list(range(500))  # times two learning rates
    with pytest.raises(InputError, match="1,000 runs, and 40"):
        service.submit(JobSpec("sweep", wrong, "ann"))
    assert service.list("ann") == ()


def test_a_sweep_that_finds_no_room_for_helpers_goes_on_alone(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.ENOMEM, "no memory")

    monkeypatch.setattr("core.jobs.tasks.sweep.Child", refuse)
    short: Any = repeated(replace(BASE, epochs=1, train_size=32), 2)
    script: Any = Script(tmp_path, None, 0, 0)
    with EventWriter(tmp_path / "events.jsonl", 1) as events:
        job = Job(tmp_path, params(short, data), 1, None, events, script, cells=2)
        assert sweep(job) == State.DONE
    assert (tmp_path / "helper-1").exists()


def test_cells_that_stop_early_are_done(data: Path, tmp_path: Path) -> None:
    base = replace(BASE, epochs=30, lr=1e-5, schedule="constant", patience=1)
    assert attempt(tmp_path, data, config=Sweep(base, (), (3, 4))) == State.DONE
    found = results(EventLog(tmp_path / "events.jsonl").read())
    assert [found[index].state for index in (0, 1)] == [State.DONE] * 2
    for index in (0, 1):
        course = history(EventLog(cell_folder(tmp_path, index) / "events.jsonl").read())
        assert course.best and found[index].best == course.best.validation_accuracy
        assert len(course.epochs) == course.best.epoch + 1 < 30
