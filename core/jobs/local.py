"""The backend on this machine: child processes, one of them warm and waiting."""

import time
from collections.abc import Mapping
from contextlib import suppress

from core.jobs.backend import Exit
from core.jobs.child import Child
from core.jobs.limits.settings import default_lanes, spare_workers, worker_memory
from core.jobs.spec import Command, Order

_RESPAWN_AFTER = 2.0  # seconds that a job has the machine to itself before the next spare imports torch
_FAREWELL = 4.0  # seconds; a worker whose input has closed is gone after 3
_STAY = 60.0  # seconds that the worker of a paused run stays, for a learner who reads a step before the next
# Such workers at once: each holds 0.4 GB for LeNet, 0.8 for ResNet-18, and a laptop has 8.
_MOST_STAYING = 4


class LocalBackend:
    """Backend that runs each job in a process of its own.

    The worker of a paused run stays for a while and takes the run's next attempt from memory. It has no place
    in a lane; it goes, the oldest first, when others fill the lanes or there are too many of its kind.
    `memory` is what each worker may take, in MB.
    """

    def __init__(
        self, lanes: Mapping[str, int] | None = None, spares: int | None = None, memory: int | None = None
    ) -> None:
        self._lanes = dict(lanes or default_lanes())
        self.memory = worker_memory(hosted=False) if memory is None else memory
        self._spares = spare_workers() if spares is None else spares
        self._workers: dict[str, Child] = {}
        self._staying: dict[str, tuple[Child, float]] = {}  # by run, with the time to go; oldest first
        self._handed: dict[str, Command] = {}  # by run, what a waiting worker was given to do
        self._spare: Child | None = None
        self._respawn_at: float | None = None

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by run, of those that stay too; that of the waiting spare under ""."""
        children = {run_id: child for run_id, (child, _) in self._staying.items()} | self._workers
        if self._spare:
            children[""] = self._spare
        return {run_id: child.pid for run_id, child in children.items()}

    def capacity(self, lane: str) -> int:
        """Number of workers of a lane that may run at once; 0 for an unknown lane."""
        return self._lanes.get(lane, 0)

    def start(self, run_id: str, command: Command) -> None:
        """Put a worker on a command: the one that stayed for this run, a warm one if wanted, or a new one.

        Raises OSError when none can be started.
        """
        waiting = self._use_staying(run_id, command) or (self._use_spare(command) if command.warm else None)
        if waiting:
            self._handed[run_id] = command
        self._workers[run_id] = waiting or self._start_fresh(command)
        self._thin_out()

    def poll(self) -> list[Exit]:
        """Workers whose attempt has ended since the last call; a new spare is started when it is due."""
        if self._respawn_at is not None and time.monotonic() >= self._respawn_at:
            self.warm_up()
        exits = []
        for run_id, child in list(self._workers.items()):
            if (code := child.poll()) is not None:
                child.hang_up()
                if self._start_again(run_id, child, code):
                    continue
            elif child.stays:
                self._staying[run_id] = child, time.monotonic() + _STAY
                self._handed.pop(run_id, None)
            else:
                continue
            del self._workers[run_id]
            exits.append(Exit(run_id, code or 0))
        self._thin_out()
        return exits

    def soft_stop(self, run_id: str, order: Order) -> None:
        """Pass an order to the worker, if it is still there."""
        if child := self._workers.get(run_id):
            child.send(f'{{"stop": "{order}"}}\n'.encode())

    def hard_stop(self, run_id: str) -> None:
        """Kill the worker, if it is still there, also one that only stays."""
        self._handed.pop(run_id, None)
        if child := self._workers.get(run_id):
            child.kill()
        if run_id in self._staying:
            self._staying.pop(run_id)[0].dismiss()

    def warm_up(self) -> None:
        """Start the spare unless it is there already or none is wanted."""
        self._respawn_at = None
        if self._spares and self._spare is None:
            self._spare = Child("--warm", memory=self.memory)

    def close(self) -> None:
        """Close the input of every worker, and kill those still there after a while."""
        self._handed.clear()
        children = [*self._workers.values(), *(child for child, _ in self._staying.values())]
        children += [self._spare] if self._spare else []
        for child in children:
            child.hang_up()
        deadline = time.monotonic() + _FAREWELL
        for child in children:
            child.reap(max(0.0, deadline - time.monotonic()))
        self._spares, self._spare, self._respawn_at, self._staying = 0, None, None, {}

    def _use_staying(self, run_id: str, command: Command) -> Child | None:
        """Put the worker that stayed for this run to work again; None if there is none alive."""
        child, _ = self._staying.pop(run_id, (None, 0.0))
        return _put_to_work(child, command)

    def _use_spare(self, command: Command) -> Child | None:
        """Put the spare to work on this command; None if no spare is alive."""
        spare, self._spare = self._spare, None
        if spare is not None:  # before warm_up none is wanted: the sketches may be being drawn
            self._respawn_at = time.monotonic() + _RESPAWN_AFTER
        return _put_to_work(spare, command)

    def _start_again(self, run_id: str, child: Child, code: int) -> bool:
        """Replace a waiting worker that was killed just before it got its command; whether that was so."""
        command = self._handed.pop(run_id, None)
        if command is None or child.began or code >= 0:
            return False
        with suppress(OSError):
            self._workers[run_id] = self._start_fresh(command)
            return True
        return False

    def _start_fresh(self, command: Command) -> Child:
        child = Child(memory=self.memory)
        child.assign(command)  # the next poll finds a worker that is dead already
        return child

    def _thin_out(self) -> None:
        """End those that stay in a place that is wanted, too many, for too long, or dead."""
        room = min(_MOST_STAYING, sum(self._lanes.values()) - len(self._workers))
        now = time.monotonic()
        for age, (run_id, (child, until)) in enumerate(reversed(list(self._staying.items()))):
            if age >= room or until <= now or child.poll() is not None:
                del self._staying[run_id]
                child.dismiss()


def _put_to_work(child: Child | None, command: Command) -> Child | None:
    """Send a waiting worker this command; None if there is none alive."""
    if child is None:
        return None
    if child.poll() is None and child.assign(command):
        return child
    child.dismiss()
    return None
