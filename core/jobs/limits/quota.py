"""The room that runs may take on disk: how much they take, and which of them may go, in what order."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputError
from core.files import whole
from core.jobs.limits.settings import Limits

if TYPE_CHECKING:
    from core.jobs.spec import Run

_DAY = 24 * 3600.0  # seconds
_UNSEEN = 90 * _DAY  # after which an owner's runs may go
_GIGABYTE = 10**9  # bytes


class Sizes:
    """Bytes of each run's folder; one that has ended is measured once."""

    def __init__(self) -> None:
        self._measured: dict[str, tuple[tuple[str, int], int]] = {}  # by run: state and attempt, bytes

    @property
    def total(self) -> int:
        """Bytes of all runs together."""
        return sum(size for _, size in list(self._measured.values()))

    def measure(self, runs: "Collection[Run]") -> None:
        """Measure the runs that are under way, or have changed since they were measured; these are all."""
        for gone in self._measured.keys() - {run.id for run in runs}:
            self.forget(gone)
        for run in runs:
            as_it_is = run.state, run.attempt
            if run.active or self._measured.get(run.id, (None, 0))[0] != as_it_is:
                self._measured[run.id] = as_it_is, _bytes_in(run.folder)

    def forget(self, run_id: str) -> None:
        """Leave a deleted run out."""
        self._measured.pop(run_id, None)


class Seen:
    """When each owner was last here, on disk to the day."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._times: dict[str, float] | None = None

    def note(self, owner: str) -> None:
        """Note that an owner is here now; a disk that refuses doesn't matter before the owner is back."""
        with self._mutex:
            times = self._read()
            if time.time() - times.get(owner, 0.0) > _DAY:
                times[owner] = time.time()
                with contextlib.suppress(OSError):
                    whole.write(self._path, json.dumps(times).encode())

    def last(self, owner: str) -> float:
        """The time in seconds since 1970; 0 for an owner who was never noted."""
        with self._mutex:
            return self._read().get(owner, 0.0)

    def _read(self) -> dict[str, float]:
        if self._times is None:
            try:
                times = json.loads(self._path.read_bytes())
                self._times = {str(owner): float(at) for owner, at in times.items()}
            except (OSError, ValueError, TypeError, AttributeError):
                self._times = {}
        return self._times


class Quota:
    """The room that all runs of a folder may take together, and what they take of it."""

    def __init__(self, limits: Limits, folder: Path) -> None:
        self._limits = limits
        self.sizes, self.seen = Sizes(), Seen(folder / "seen.json")

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self._limits.gigabytes is not None

    @property
    def exceeded(self) -> bool:
        """Whether the runs take more than they may."""
        limit = self._limits.gigabytes
        return limit is not None and self.sizes.total > limit * _GIGABYTE

    def require_room(self) -> None:
        """Check for room. Raises InputError."""
        if self.exceeded:
            used = self.sizes.total / _GIGABYTE
            raise InputError("runs_full", used=used, limit=self._limits.gigabytes)

    def removable(self, runs: "Iterable[Run]") -> "list[Run]":
        """The runs that may go now, the first first; none while all fit, or where none may."""
        return removable(runs, self.seen) if self._limits.evicts and self.exceeded else []


def removable(runs: "Iterable[Run]", seen: Seen) -> "list[Run]":
    """The runs that may go, the first first: pictures for all, then those of owners long not seen, by age."""
    runs = sorted(runs, key=lambda run: (run.created, run.id))
    here: dict[str, float] = {}
    for run in runs:
        times = run.created, run.started or 0.0, run.ended or 0.0, seen.last(run.owner)
        here[run.owner] = max(here.get(run.owner, 0.0), *times)
    ended = [run for run in runs if not run.active]
    pictures = [run for run in ended if run.lane == "compute"]
    long_ago = time.time() - _UNSEEN
    return pictures + [run for run in ended if run.lane != "compute" and here[run.owner] < long_ago]


def _bytes_in(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # gone at this moment
                total += Path(parent, name).lstat().st_size
    return total
