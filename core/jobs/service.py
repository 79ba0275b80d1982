"""The job service: what may run, when it runs, and what became of it."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from core.errors import InputError
from core.jobs.backend import Backend, Exit
from core.jobs.cells import cell_run, split_id
from core.jobs.ending import ending_of, reason_of, server_gone
from core.jobs.entries import ENTRIES, JobEntry, checked, entry_of
from core.jobs.events import Event, EventLog, EventLogs, end_of
from core.jobs.limits.deadlines import Deadlines
from core.jobs.limits.queue import Load, Place, Queue, Waiting
from core.jobs.limits.quota import Quota
from core.jobs.limits.settings import Limits
from core.jobs.local import LocalBackend
from core.jobs.spec import (
    ACTIVE,
    FINAL,
    LANES,
    LONGEST_NAME,
    RESUMABLE,
    Command,
    JobSpec,
    Order,
    Reason,
    Run,
    State,
)
from core.jobs.store import RunStore, runs_folder

_LOG = logging.getLogger(__name__)
_TIDY_EVERY = 60.0  # seconds between two looks at what the runs take on disk
_SLOW = 1.0  # seconds between two tries that rarely succeed: taking over a folder, writing to a full disk


class JobService:
    """Job service for many learners, with queue, limits, owners and states.

    Thread-safe; one server owns a runs folder. `poll` is the period of the background thread in seconds; None
    leaves calling `tick` to the caller.
    """

    def __init__(
        self,
        folder: Path | None = None,
        backend: Backend | None = None,
        limits: Limits | None = None,
        *,
        entries: Mapping[str, JobEntry] = ENTRIES,
        poll: float | None = 0.1,
    ) -> None:
        self._limits = limits or Limits()
        self._entries = entries
        self._store = RunStore(folder or runs_folder())
        self._backend: Backend = backend or LocalBackend()
        self._queue = Queue(self._limits)
        self._logs = EventLogs()
        self._lock = threading.RLock()
        self._working: set[str] = set()
        self._ended: list[Exit] = []  # whose events are still to be read
        self._deadlines = Deadlines(self._limits.minutes)
        self._quota = Quota(self._limits, self._store.folder)
        self._slow_at = self._tidy_at = 0.0
        self._closed = threading.Event()
        self._retry_slowly()
        self._thread = (
            threading.Thread(target=self._watch, args=(poll,), name="jobs", daemon=True) if poll else None
        )
        if self._thread:
            self._thread.start()

    @property
    def refusal(self) -> InputError | None:
        """Why nothing can be saved: another server owns the runs folder, or nobody can write there."""
        return self._store.refusal

    @property
    def read_only(self) -> bool:
        """Whether there is a `refusal`."""
        return self.refusal is not None

    def submit(self, spec: JobSpec) -> Run:
        """Queue a job and start it if it may start at once.

        Raises InputError for a wrong spec, one that takes too much memory, a full queue, too many kept runs,
        a full quota or an unwritable folder.
        """
        spec = checked(spec, self._entries)
        self.require_memory(spec.entry, spec.params)
        with self._lock:
            self._store.require_owned()
            self._queue.require_room(spec.learner, str(spec.lane))
            if len(self.list(spec.owner)) >= self._limits.kept:
                raise InputError("runs_kept", limit=self._limits.kept)
            if spec.lane != "install":
                self._quota.require_room()
            return self._enqueue(self._store.create(spec), None)

    def require_memory(self, entry: str, params: Mapping[str, Any]) -> None:
        """Check that a worker may take the memory that a job is estimated to need. Raises InputError."""
        estimate, limit = entry_of(entry, self._entries).memory, self._backend.memory
        if estimate and limit and (needed := estimate(params)) > limit:
            raise InputError("too_much_memory", needed=needed, limit=limit)

    def cells_at_once(self, entry: str, params: Mapping[str, Any]) -> int:
        """Number of cells of a sweep that are trained at once: each takes its memory out of one worker's."""
        estimate, limit = entry_of(entry, self._entries).memory, self._backend.memory
        fitting = limit // estimate(params) if estimate and limit else self._limits.cells
        return max(1, min(self._limits.cells, fitting))

    def cancel(self, run_id: str, owner: str) -> Run:
        """End a run for good after a last checkpoint; a run that has ended stays as it is."""
        with self._lock:
            run = self._steerable(run_id, owner)
            if run.state == State.RUNNING:
                return self._order(run, "cancel")
            return run if run.state in FINAL else self._end(run, State.CANCELLED)

    def pause(self, run_id: str, owner: str) -> Run:
        """Write a checkpoint and free the slot; a run that isn't active stays as it is."""
        with self._lock:
            run = self._steerable(run_id, owner)
            if run.state == State.RUNNING:
                return self._order(run, "pause")
            return self._end(run, State.PAUSED) if run.state == State.QUEUED else run

    def resume(self, run_id: str, owner: str, steps: int | None = None) -> Run:
        """Queue another attempt, for a number of steps or to the end; an active run stays as it is.

        Raises InputError for a number of steps below 1, a run that has ended for good, and as `submit` for
        its memory and a full queue.
        """
        if steps is not None and (type(steps) is not int or steps < 1):
            raise InputError("job_steps", steps=str(steps)[:60])
        with self._lock:
            run = self._steerable(run_id, owner)
            if run.state in FINAL:
                raise InputError("run_ended")
            if run.state not in RESUMABLE:
                return run
            checked(JobSpec(run.entry, run.params, run.owner, run.lane, run.learner), self._entries)
            self.require_memory(run.entry, run.params)
            self._queue.require_room(run.learner, run.lane)
            return self._enqueue(run, steps)

    def step(self, run_id: str, owner: str) -> Run:
        """Take one more step, inspected closely, and pause there."""
        with self._lock:
            run = self._steerable(run_id, owner)
            if run.state == State.RUNNING:
                return self._order(run, "step")
            if run.state == State.QUEUED:
                self._queue.shorten(run_id, 1)
            return self.resume(run_id, owner, steps=1)

    def rename(self, run_id: str, owner: str, name: str) -> Run:
        """Give a run a name of the owner's own, on one line; an empty one takes it away.

        Raises InputError for a name above LONGEST_NAME characters.
        """
        name = " ".join("".join(mark if mark.isprintable() else " " for mark in name).split())
        if len(name) > LONGEST_NAME:
            raise InputError("run_name", limit=LONGEST_NAME)
        with self._lock:
            return self._store.save(replace(self._steerable(run_id, owner), name=name))

    def get(self, run_id: str) -> Run:
        """The run, or cell of a sweep, as it is now; whoever knows its id may look.

        Raises InputError when there is none.
        """
        if (place := split_id(run_id)) is None:
            return self._store.get(run_id)
        run = self._store.get(place[0])
        return cell_run(run, place[1], self.events(run.id))

    def list(self, owner: str) -> tuple[Run, ...]:
        """An owner's runs, newest first, damaged ones included."""
        return self._store.of(owner)

    def place(self, run_id: str) -> Place | None:
        """Where a queued run stands in the queue; None once it waits no longer."""
        with self._lock:
            lane = self.get(run_id).lane
            started = [run.started or 0.0 for run in self._running(lane)]
            return self._queue.place(run_id, lane, started, self._backend.capacity(lane))

    def load(self) -> dict[str, Load]:
        """How much each lane has to do, for whoever watches the server."""
        with self._lock:
            running = Counter(run.lane for run in map(self._store.get, self._working))
            return {
                lane: Load(running[lane], self._queue.count(lane), self._backend.capacity(lane))
                for lane in LANES
            }

    def events(self, run_id: str) -> tuple[Event, ...]:
        """Events that the run has reported so far; parsed once and shared, so treat them as read-only."""
        return self._log(run_id).read()

    def damaged_events(self, run_id: str) -> int:
        """Number of lines in the run's events that can't be read; they are passed over."""
        log = self._log(run_id)
        log.read()
        return log.damaged

    def delete(self, run_id: str, owner: str) -> None:
        """Remove a run and its files. Raises InputError for a queued or running run."""
        with self._lock:
            run = self._owned(run_id, owner)
            if run.state in ACTIVE:
                raise InputError("run_active")
            self._backend.hard_stop(run.id)
            self._store.delete(run)
            self._quota.sizes.forget(run.id)
            self._logs.drop_below(run.folder)

    def knows(self, owner: str) -> bool:
        """Whether an owner was here before, or has runs."""
        return self._quota.seen.last(owner) > 0 or bool(self.list(owner))

    def seen(self, owner: str) -> None:
        """Note that an owner is here, so that a full folder doesn't cost them their runs."""
        if self._store.owned:
            self._quota.seen.note(owner)

    def tidy(self) -> None:
        """Measure the runs and, where this server may, delete those that nobody misses until they fit."""
        if not self._quota.limited or not self._store.owned:
            return
        self._quota.sizes.measure(self._store.all())
        for run in self._quota.removable(self._store.all()):
            if not self._quota.exceeded:
                return
            with suppress(InputError):  # resumed or deleted at this moment
                self.delete(run.id, run.owner)

    def reconcile(self) -> None:
        """Settle the runs an earlier server left queued or running; its workers are gone or about to be."""
        with self._lock:
            for run in self._store.all():
                if run.state in ACTIVE and run.id not in self._working and run.id not in self._queue:
                    events = self.events(run.id)
                    end = end_of(events, run.attempt) if run.state == State.RUNNING else None
                    ending = ending_of(end, 0, None, run.folder) if end else (State.INTERRUPTED, None)
                    self._end(run, *ending, events)

    def warm_up(self) -> None:
        """Start the spare worker; call it once the first page is painted."""
        with self._lock:
            if self._store.owned and not self._closed.is_set():
                self._backend.warm_up()

    def tick(self) -> None:
        """Do one round of the background thread: collect ended workers, kill deaf ones, start the next.

        What ended workers have reported is read while others are served: it may be megabytes.
        """
        with self._lock:
            if self._closed.is_set():
                return
            self._retry_slowly()
            if not self._store.owned:
                return
            self._ended += self._backend.poll()
            reported = [(ended, self._log(ended.run_id)) for ended in self._ended]
        events = [(ended, log.read()) for ended, log in reported]
        with self._lock:
            if self._closed.is_set():
                return
            for ended, found in events:
                self._settle(ended, found)
            self._enforce()
            self._dispatch()

    def close(self) -> None:
        """Stop all workers, which write a last checkpoint first, and release the folder."""
        with self._lock:
            if self._closed.is_set():
                return
            self._closed.set()
            self._backend.close()
            self._ended += self._backend.poll()
            for ended in tuple(self._ended):
                self._settle(ended, self.events(ended.run_id))
            self._store.release()
        if self._thread:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _watch(self, period: float) -> None:
        while not self._closed.wait(period):
            try:
                self.tick()
                if time.monotonic() >= self._tidy_at:
                    self.tidy()
                    self._tidy_at = time.monotonic() + _TIDY_EVERY
            except Exception:  # a fault in one round must not end the service for everybody
                _LOG.exception("job service")

    def _retry_slowly(self) -> None:
        if time.monotonic() < self._slow_at:
            return
        self._slow_at = time.monotonic() + _SLOW
        if self._store.owned:
            self._store.retry()
        elif self._store.acquire():
            self.reconcile()

    def _running(self, lane: str) -> Iterator[Run]:
        """The runs of a lane that a worker works on."""
        return (run for run in map(self._store.get, self._working) if run.lane == lane)

    def _log(self, run_id: str) -> EventLog:
        return self._logs[self.get(run_id).folder / "events.jsonl"]

    def _owned(self, run_id: str, owner: str) -> Run:
        """The owner's run.

        Raises InputError when it is unknown, somebody else's, or in a folder that this server may not write.
        """
        self._store.require_owned()
        run = self._store.get(run_id)
        if run.owner != owner:
            raise InputError("run_foreign")
        return run

    def _steerable(self, run_id: str, owner: str) -> Run:
        run = self._owned(run_id, owner)
        if run.state == State.DAMAGED:
            raise InputError("run_damaged", run=run.id)
        return run

    def _enqueue(self, run: Run, steps: int | None) -> Run:
        self._queue.add(run.id, run.learner, run.lane, steps)
        if run.state != State.QUEUED:
            self._store.save(replace(run, state=State.QUEUED, reason=None, ended=None))
        self._dispatch()
        return self._store.get(run.id)

    def _order(self, run: Run, order: Order) -> Run:
        """Pass an order to the worker; a second order replaces the first, but nothing replaces cancel."""
        if run.asked in (order, "cancel"):
            return run
        self._deadlines.order(run.id, order)
        self._backend.soft_stop(run.id, order)
        return self._store.save(replace(run, asked=order))

    def _end(self, run: Run, state: State, reason: Reason | None = None, events: Sequence[Event] = ()) -> Run:
        self._queue.discard(run.id)
        if state == State.INTERRUPTED and reason is None:
            reason = server_gone(events)
        if state != State.PAUSED:  # its worker may stay for the next attempt
            self._backend.hard_stop(run.id)
        return self._store.save(replace(run, state=state, reason=reason, ended=time.time(), asked=None))

    def _settle(self, ended: Exit, events: tuple[Event, ...]) -> None:
        if ended not in self._ended:  # another thread's round was faster
            return
        self._ended.remove(ended)
        run = self._store.get(ended.run_id)
        self._working.discard(run.id)
        stopped = self._deadlines.end(run.id)
        end = end_of(events, run.attempt)
        state, reason = ending_of(end, ended.code, run.asked, run.folder, forced=stopped.forced)
        if stopped.overtime and state == State.PAUSED:
            state, reason = (
                State.INTERRUPTED,
                {"key": "run_minutes", "values": {"minutes": self._limits.minutes}},
            )
        run = self._end(run, state, reason, events)
        if run.state == State.DONE:
            self._queue.note_duration(run.lane, (run.ended or 0.0) - (run.started or 0.0))

    def _enforce(self) -> None:
        """Pause the runs whose time is over, and kill the workers that haven't obeyed in time."""
        for run_id in self._deadlines.over():
            run = self._store.get(run_id)
            if run.asked not in ("pause", "cancel"):
                self._deadlines.note_overtime(run_id)
                self._order(run, "pause")
        for run_id in self._deadlines.deaf():
            self._backend.hard_stop(run_id)

    def _dispatch(self) -> None:
        for lane in LANES:
            running = Counter(run.learner for run in self._running(lane))
            while running.total() < self._backend.capacity(lane) and (
                chosen := self._queue.take(lane, running)
            ):
                running[chosen.owner] += 1
                self._start(chosen)

    def _start(self, chosen: Waiting) -> None:
        run = self._store.get(chosen.run_id)
        entry = entry_of(run.entry, self._entries)
        run = replace(
            run,
            state=State.RUNNING,
            attempt=run.attempt + 1,
            started=time.time(),
            ended=None,
            reason=None,
            asked="step" if chosen.steps else None,
        )
        cells = self.cells_at_once(run.entry, run.params)
        command = Command(
            str(run.folder), entry.task, run.params, run.attempt, chosen.steps, entry.warm, cells
        )
        try:
            self._backend.start(run.id, command)
        except OSError as error:
            self._end(run, State.INTERRUPTED, reason_of(error, run.folder))
            return
        self._working.add(run.id)
        if run.lane != "install":
            self._deadlines.start(run.id)
        self._store.save(run)
