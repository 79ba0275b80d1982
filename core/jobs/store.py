"""The runs folder: its owner, and every run in it, kept both in memory and on disk."""

import contextlib
import os
import shutil
import threading
import time
from bisect import insort
from dataclasses import replace
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from core.errors import InputError
from core.jobs import folder as disk
from core.jobs.spec import CLINIC, JobSpec, Run, State

_REREAD_AFTER = 1.0  # seconds after which a read-only server reads somebody else's runs again
_HALF = (".new-", ".gone-")  # prefixes of a run being created or deleted


def runs_folder() -> Path:
    """Default folder of the runs."""
    return Path(os.environ.get("LENET_LAB_RUNS") or Path(platformdirs.user_data_dir("lenet-lab"), "runs"))


class RunStore:
    """All runs of one folder; the server that holds its lock writes, any other rereads it now and then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.owned = False
        self.fault: OSError | None = None
        self._lock = FileLock(self.folder / ".server.lock", thread_local=False)
        self._mutex = threading.RLock()
        self._runs: dict[str, Run] = {}
        self._ages: dict[str, list[tuple[float, str]]] = {}  # by owner: creation and id of each run, in order
        self._unsaved: set[str] = set()
        self._read_at = float("-inf")

    def acquire(self) -> bool:
        """Become the owner if nobody is; True if that has just happened."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            self.fault = None
            return False
        except OSError as error:
            self.fault = error
            return False
        self.owned, self.fault = True, None
        self._clear_halves()
        self._read_all()
        self._number_old()
        return True

    def release(self) -> None:
        """Give the folder up, if this server owns it."""
        if self.owned:
            self.owned = False
            self._lock.release()

    @property
    def refusal(self) -> InputError | None:
        """Why this server may not write here; None if it may."""
        if self.fault is not None:
            return disk.unwritable(self.folder, self.fault)
        return None if self.owned else InputError("runs_read_only", path=str(self.folder))

    def require_owned(self) -> None:
        """Check that this server may write here. Raises InputError where it may not."""
        if (refusal := self.refusal) is not None:
            raise refusal

    def get(self, run_id: str) -> Run:
        """The run with this id. Raises InputError when there is none."""
        with self._mutex:
            self._refresh()
            if not disk.is_id(run_id) or run_id not in self._runs:
                raise InputError("run_unknown", run=str(run_id)[:60])
            return self._runs[run_id]

    def all(self) -> tuple[Run, ...]:
        """Every run, in no order."""
        with self._mutex:
            self._refresh()
            return tuple(self._runs.values())

    def of(self, owner: str) -> tuple[Run, ...]:
        """An owner's runs, newest first; those of all others cost nothing."""
        with self._mutex:
            self._refresh()
            return tuple(self._runs[run_id] for _, run_id in reversed(self._ages.get(owner, ())))

    def create(self, spec: JobSpec) -> Run:
        """Create a queued run, on disk completely or not at all. Raises InputError when the disk refuses."""
        run_id = disk.new_id()
        half, path = self.folder / f".new-{run_id}", self.folder / run_id
        assert spec.lane is not None
        run = Run(
            run_id,
            spec.entry,
            spec.lane,
            spec.owner,
            spec.params,
            State.QUEUED,
            None,
            0,
            time.time(),
            None,
            None,
            half,
            number=self._next_number(spec.owner, spec.lane, spec.entry),
            learner=spec.learner,
        )
        try:
            half.mkdir()
            disk.write_spec(run)
            disk.write_state(run)
            half.rename(path)
        except OSError as error:
            shutil.rmtree(half, ignore_errors=True)
            raise disk.unwritable(self.folder, error) from error
        run = replace(run, folder=path)
        with self._mutex:
            self._add(run)
        return run

    def save(self, run: Run) -> Run:
        """Save a run's new state; if the disk refuses, memory keeps it until a later `retry` writes it."""
        with self._mutex:
            self._runs[run.id] = run
            try:
                disk.write_state(run)
                self._unsaved.discard(run.id)
            except OSError:
                self._unsaved.add(run.id)
        return run

    def retry(self) -> None:
        """Write the states that the disk has refused."""
        with self._mutex:
            for run_id in list(self._unsaved):
                self.save(self._runs[run_id])

    def delete(self, run: Run) -> None:
        """Delete a run, never by half. Raises InputError when the disk refuses."""
        gone = self.folder / f".gone-{run.id}"
        try:
            run.folder.rename(gone)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise disk.unwritable(run.folder, error) from error
        with self._mutex:
            if self._runs.pop(run.id, None):
                self._ages[run.owner].remove((run.created, run.id))
            self._unsaved.discard(run.id)
        shutil.rmtree(gone, ignore_errors=True)

    def _add(self, run: Run) -> None:
        self._runs[run.id] = run
        insort(self._ages.setdefault(run.owner, []), (run.created, run.id))

    def _refresh(self) -> None:
        if not self.owned and time.monotonic() - self._read_at >= _REREAD_AFTER:
            self._read_all()

    def _read_all(self) -> None:
        with self._mutex:
            try:
                names = [entry.name for entry in os.scandir(self.folder) if disk.is_id(entry.name)]
            except OSError:
                names = []
            self._runs, self._ages = {}, {}
            for name in names:
                self._add(disk.read_run(self.folder / name))
            self._read_at = time.monotonic()

    def _next_number(self, owner: str, lane: str, entry: str) -> int:
        series = lane, entry == CLINIC
        counted = (run for run in self.of(owner) if (run.lane, run.entry == CLINIC) == series)
        return 1 + max((run.number for run in counted), default=0)

    def _number_old(self) -> None:
        """Number the runs of an earlier version, oldest first."""
        for run in sorted(self.all(), key=lambda run: (run.created, run.id)):
            if not run.number and run.state != State.DAMAGED:
                run = replace(run, number=self._next_number(run.owner, run.lane, run.entry))
                self._runs[run.id] = run
                with contextlib.suppress(OSError):  # a full disk: the next start tries again
                    disk.write_spec(run)

    def _clear_halves(self) -> None:
        for path in self.folder.iterdir():
            if path.name.startswith(_HALF):
                shutil.rmtree(path, ignore_errors=True)
