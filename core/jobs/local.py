"""The backend on this machine: child processes, one of them warm and waiting."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from core.jobs.backend import Exit
from core.jobs.spec import Command, Order

ROOT = Path(__file__).parent.parent.parent
_MOST_TRAININGS = 32
_RESPAWN_AFTER = 2.0  # seconds that a job has the machine to itself before the next spare imports torch
_FAREWELL = 4.0  # seconds; a worker whose input has closed is gone after 3

Worker = subprocess.Popen[bytes]


def default_lanes() -> dict[str, int]:
    """Capacity by lane: a training for each CPU, since a worker uses one thread, and two computations.

    The second computation keeps a download from holding anybody up.
    """
    return {"train": min(os.cpu_count() or 1, _MOST_TRAININGS), "compute": 2}


class LocalBackend:
    """Backend that runs each job as `python -m core.jobs.worker`, which ends itself when its input closes."""

    def __init__(self, lanes: Mapping[str, int] | None = None, spares: int | None = None) -> None:
        self._lanes = dict(lanes or default_lanes())
        self._spares = int(os.environ.get("LENET_LAB_SPARES", "1")) if spares is None else spares
        self._workers: dict[str, Worker] = {}
        self._spare: Worker | None = None
        self._respawn_at: float | None = None

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by run; that of the waiting spare under ""."""
        spare = {"": self._spare.pid} if self._spare else {}
        return spare | {run_id: worker.pid for run_id, worker in self._workers.items()}

    def capacity(self, lane: str) -> int:
        """Number of workers of a lane that may run at once; 0 for an unknown lane."""
        return self._lanes.get(lane, 0)

    def start(self, run_id: str, command: Command) -> None:
        """Start a worker on a command, a warm one if wanted. Raises OSError when none can be started."""
        self._workers[run_id] = (self._use_spare(command) if command.warm else None) or _start_fresh(command)

    def poll(self) -> list[Exit]:
        """Workers that have ended since the last call; a new spare is started when it is due."""
        if self._respawn_at is not None and time.monotonic() >= self._respawn_at:
            self.warm_up()
        exits = [
            Exit(run_id, code)
            for run_id, worker in self._workers.items()
            if (code := worker.poll()) is not None
        ]
        for ended in exits:
            _hang_up(self._workers.pop(ended.run_id))
        return exits

    def soft_stop(self, run_id: str, order: Order) -> None:
        """Pass an order to the worker, if it is still there."""
        if worker := self._workers.get(run_id):
            _send(worker, f'{{"stop": "{order}"}}\n'.encode())

    def hard_stop(self, run_id: str) -> None:
        """Kill the worker, if it is still there."""
        if worker := self._workers.get(run_id):
            worker.kill()

    def warm_up(self) -> None:
        """Start the spare unless it is there already or none is wanted."""
        self._respawn_at = None
        if self._spares and self._spare is None:
            self._spare = _spawn("--warm")

    def close(self) -> None:
        """Close the input of every worker, and kill those still there after a while."""
        workers = [*self._workers.values(), *([self._spare] if self._spare else [])]
        for worker in workers:
            _hang_up(worker)
        deadline = time.monotonic() + _FAREWELL
        for worker in workers:
            _reap(worker, max(0.0, deadline - time.monotonic()))
        self._spares, self._spare, self._respawn_at = 0, None, None

    def _use_spare(self, command: Command) -> Worker | None:
        """Put the spare to work on this command; None if no spare is alive."""
        spare, self._spare = self._spare, None
        if self._spares:
            self._respawn_at = time.monotonic() + _RESPAWN_AFTER
        if spare is None:
            return None
        if spare.poll() is None and _send(spare, command.line()):
            return spare
        _hang_up(spare)
        _reap(spare, 0.0)
        return None


def _start_fresh(command: Command) -> Worker:
    worker = _spawn()
    _send(worker, command.line())  # the next poll finds a worker that is dead already
    return worker


def _spawn(*arguments: str) -> Worker:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": path}
    return subprocess.Popen(
        [sys.executable, "-m", "core.jobs.worker", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )


def _send(worker: Worker, line: bytes) -> bool:
    """Write a line to the worker's standard input; whether the worker was still there."""
    assert worker.stdin is not None
    try:
        worker.stdin.write(line)
        worker.stdin.flush()
    except (OSError, ValueError):
        return False
    return True


def _hang_up(worker: Worker) -> None:
    assert worker.stdin is not None
    with contextlib.suppress(OSError):
        worker.stdin.close()


def _reap(worker: Worker, patience: float) -> None:
    try:
        worker.wait(patience)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
