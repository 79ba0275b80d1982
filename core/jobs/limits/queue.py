"""The queue: which waiting job is next, and the limits on waiting."""

import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from core.errors import InputError
from core.jobs.limits.settings import Limits

_RECENT = 20  # finished attempts of a lane whose mean duration tells how long one waits
_FULL = {"train": "queue_owner_full"}  # by lane; what else a learner asks for is a computation


@dataclass(frozen=True)
class Waiting:
    """A run in the queue; `turn` grows from run to run, `steps` ends its next attempt early."""

    run_id: str
    owner: str
    lane: str
    turn: int
    steps: int | None = None


@dataclass(frozen=True)
class Place:
    """Place of a waiting run among those of its lane, from 1, and about how many seconds it has to wait.

    None: no run of the lane has ended yet that could tell.
    """

    number: int
    waiting: int
    seconds: float | None


@dataclass(frozen=True)
class Load:
    """Runs of a lane that a worker works on, that wait, and how many may run at once."""

    running: int
    waiting: int
    places: int


class Queue:
    """The waiting runs of all lanes, and when each owner was last served."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[str, Waiting] = {}
        self._served: dict[tuple[str, str], int] = {}  # (lane, owner) -> turn
        self._turn = 0
        self._durations: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_RECENT))

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._waiting

    def require_room(self, owner: str, lane: str) -> None:
        """Check for room. Raises InputError when this owner, or everybody together, has enough waiting."""
        owners = [run.owner for run in self._waiting.values() if run.lane == lane]
        if owners.count(owner) >= self._limits.queued_per_owner:
            raise InputError(_FULL.get(lane, "computations_owner_full"), limit=self._limits.queued_per_owner)
        if len(owners) >= self._limits.queued:
            raise InputError("queue_full", limit=self._limits.queued)

    def add(self, run_id: str, owner: str, lane: str, steps: int | None = None) -> None:
        """Put a run into the queue."""
        self._turn += 1
        self._waiting[run_id] = Waiting(run_id, owner, lane, self._turn, steps)

    def shorten(self, run_id: str, steps: int) -> None:
        """Let the next attempt of a waiting run end after so many steps."""
        self._waiting[run_id] = replace(self._waiting[run_id], steps=steps)

    def discard(self, run_id: str) -> None:
        """Remove a run from the queue, if it is there."""
        self._waiting.pop(run_id, None)

    def count(self, lane: str) -> int:
        """Number of waiting runs of a lane."""
        return sum(run.lane == lane for run in self._waiting.values())

    def line(self, lane: str) -> list[str]:
        """The ids of the waiting runs in the order in which they would start, were a place free for each."""
        waiting = {run.run_id: run for run in self._waiting.values() if run.lane == lane}
        served, turn, ids = self._served_in(lane), self._turn, []
        while first := next_in_line(waiting.values(), {}, served, self._limits.running_per_owner[lane]):
            ids.append(first.run_id)
            turn += 1
            served[first.owner] = turn
            del waiting[first.run_id]
        return ids

    def place(self, run_id: str, lane: str, started: Collection[float], places: int) -> Place | None:
        """Where a run stands; None if it doesn't wait.

        The time is reckoned with the mean duration of the lane's last finished attempts; `started` has the
        times at which those now running began, `places` is how many may run at once.
        """
        line = self.line(lane)
        if run_id not in line:
            return None
        number = line.index(run_id) + 1
        return Place(number, len(line), self._seconds_to_wait(lane, number, started, places))

    def note_duration(self, lane: str, seconds: float) -> None:
        """Note how long a finished attempt has taken."""
        self._durations[lane].append(seconds)

    def take(self, lane: str, running: Mapping[str, int]) -> Waiting | None:
        """Take the next run of a lane out of the queue; `running` counts by owner."""
        waiting = [run for run in self._waiting.values() if run.lane == lane]
        served = self._served_in(lane)
        chosen = next_in_line(waiting, running, served, self._limits.running_per_owner[lane])
        if chosen is not None:
            self._turn += 1
            self._served[lane, chosen.owner] = self._turn
            self.discard(chosen.run_id)
        return chosen

    def _seconds_to_wait(
        self, lane: str, number: int, started: Collection[float], places: int
    ) -> float | None:
        durations = self._durations[lane]
        if not durations:
            return None
        mean = sum(durations) / len(durations)
        first = min((max(0.0, mean - (time.time() - began)) for began in started), default=0.0)
        return first + (number - 1) * mean / places

    def _served_in(self, lane: str) -> dict[str, int]:
        return {owner: turn for (served_in, owner), turn in self._served.items() if served_in == lane}


def next_in_line(
    waiting: Iterable[Waiting], running: Mapping[str, int], served: Mapping[str, int], per_owner: int
) -> Waiting | None:
    """The run to start next: its owner has the fewest running, then was served longest ago, then came first.

    `running` counts by owner, `served` holds a growing number by owner; owners with `per_owner` running wait.
    """
    allowed = (run for run in waiting if running.get(run.owner, 0) < per_owner)
    return min(
        allowed, key=lambda run: (running.get(run.owner, 0), served.get(run.owner, 0), run.turn), default=None
    )
