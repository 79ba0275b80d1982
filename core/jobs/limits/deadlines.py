"""The time limits: how long a run may take, and how soon its worker has to obey."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

# Seconds until a worker that doesn't obey is killed.
GRACE: Mapping[str, float] = {"cancel": 3.0, "pause": 15.0, "step": 60.0}


@dataclass(frozen=True)
class Stopped:
    """Whether the service itself stopped a run: by force, or because its time was over."""

    forced: bool
    overtime: bool


class Deadlines:
    """Deadlines of the runs under way; `minutes` is the longest that one may take, None without end."""

    def __init__(self, minutes: float | None) -> None:
        self._minutes = minutes
        self._ends_at: dict[str, float] = {}
        self._obeys_by: dict[str, float] = {}
        self._forced: set[str] = set()
        self._overtime: set[str] = set()

    def start(self, run_id: str) -> None:
        """Give a run its minutes."""
        if self._minutes is not None:
            self._ends_at[run_id] = time.monotonic() + 60 * self._minutes

    def order(self, run_id: str, order: str) -> None:
        """Give a worker the time that it has to obey."""
        self._obeys_by[run_id] = time.monotonic() + GRACE[order]

    def over(self) -> list[str]:
        """Runs whose minutes are over, each once."""
        return _take_passed(self._ends_at)

    def note_overtime(self, run_id: str) -> None:
        """Note that a run is being stopped because its minutes are over."""
        self._overtime.add(run_id)

    def deaf(self) -> list[str]:
        """Runs whose worker hasn't obeyed in time, each once, to be stopped by force."""
        deaf = _take_passed(self._obeys_by)
        self._forced |= set(deaf)
        return deaf

    def end(self, run_id: str) -> Stopped:
        """Forget a run whose worker is gone."""
        stopped = Stopped(run_id in self._forced, run_id in self._overtime)
        for times in (self._ends_at, self._obeys_by):
            times.pop(run_id, None)
        for marks in (self._forced, self._overtime):
            marks.discard(run_id)
        return stopped


def _take_passed(times: dict[str, float]) -> list[str]:
    now = time.monotonic()
    passed = [run_id for run_id, at in times.items() if at <= now]
    for run_id in passed:
        del times[run_id]
    return passed
