"""A job from the learner's request to its outcome: JobSpec, Command, Run and the states between them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from core.errors import InputError

LANES = ("train", "compute", "install")

CLINIC = "clinic"
"""The entry of a training that belongs to a lesson: not in the learner's list, and numbered apart."""

LONGEST_NAME = 40
"""The most characters of the name that an owner gives a run."""

Order = Literal["pause", "cancel", "step"]
"""An order that a learner may give a running worker."""

BEGINS, STAYS = "begins", "stays"
"""What a worker says: that an attempt has reached it, and that it waits for another at the same run."""

Reason = dict[str, Any]
"""The reason why a run ended as it did: {"key": ..., "values": {...}}, the two halves of an InputError."""


class State(StrEnum):
    """State of a run; a page may compare it with the plain word."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"


ACTIVE = frozenset({State.QUEUED, State.RUNNING})
RESUMABLE = frozenset({State.PAUSED, State.INTERRUPTED})
FINAL = frozenset({State.DONE, State.FAILED, State.CANCELLED})


@dataclass(frozen=True)
class JobSpec:
    """A requested job: an entry of the allow-list, its parameters (plain JSON) and its owner.

    `lane` may be left out: it is the entry's own. `learner` is who asked for a job that belongs to everybody,
    and whose limits and turn it takes; without one, the owner's.
    """

    entry: str
    params: Mapping[str, Any]
    owner: str
    lane: str | None = None
    learner: str = ""


@dataclass(frozen=True)
class Run:
    """A job and its state at the moment of the query; times are seconds since 1970.

    `asked` is what a running worker has been told to do and has not yet done. `number` counts an owner's runs
    of a lane from 1, those of lessons apart (0: unknown), `name` is what the owner calls the run, or empty;
    `learner` is whose limits and turn it takes. `cell` is the place of one in the sweep that it belongs to.
    """

    id: str
    entry: str
    lane: str
    owner: str
    params: Mapping[str, Any]
    state: State
    reason: Reason | None
    attempt: int
    created: float
    started: float | None
    ended: float | None
    folder: Path
    asked: Order | None = None
    number: int = 0
    name: str = ""
    learner: str = ""
    cell: int | None = None

    @property
    def active(self) -> bool:
        """Queued or running."""
        return self.state in ACTIVE

    @property
    def resumable(self) -> bool:
        """Paused or interrupted."""
        return self.state in RESUMABLE

    @property
    def error(self) -> InputError | None:
        """The reason as an error, ready to be shown in the learner's language."""
        if self.reason:
            values = self.reason["values"].items()
            named = {name: tuple(value) if isinstance(value, list) else value for name, value in values}
            return InputError(self.reason["key"], **named)
        # An earlier version gave no reason when a server had been stopped.
        return InputError("server_gone") if self.state == State.INTERRUPTED else None


@dataclass(frozen=True)
class Command:
    """One attempt at a run, sent to its worker as one line of JSON.

    `task` is "module:function", `steps` ends the attempt early (None: when the job is done), `warm` says
    that the task gains from a worker that has already imported torch, `cells` how many cells of a sweep may
    be trained at once.
    """

    folder: str
    task: str
    params: Mapping[str, Any]
    attempt: int
    steps: int | None = None
    warm: bool = False
    cells: int = 1

    def line(self) -> bytes:
        """The command as a line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"
