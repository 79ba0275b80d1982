"""The job as its task sees it: the parameters, where to report, and whether to stop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.jobs.events import Event, EventLog, EventWriter
from core.jobs.spec import Command, State
from core.jobs.worker.orders import Orders, Wanted

_OUTCOMES: Mapping[Wanted, State] = {
    "pause": State.PAUSED,
    "step": State.PAUSED,
    "cancel": State.CANCELLED,
    "orphan": State.INTERRUPTED,
}


@dataclass
class Memory:
    """What a paused attempt leaves in the process for the next one; the files of the run hold the same."""

    kept: Any = None

    def take(self) -> Any:
        """Hand out what was kept, once; None if there is nothing."""
        kept, self.kept = self.kept, None
        return kept


@dataclass(frozen=True)
class Job:
    """One attempt at a run.

    A task looks at `wanted` at least every second and returns `stopped_as` when it stops for that, else
    State.DONE. It raises InputError for what the learner can mend; anything else is a fault of the program.
    """

    folder: Path
    params: Mapping[str, Any]
    attempt: int
    steps: int | None
    events: EventWriter
    orders: Orders
    memory: Memory = field(default_factory=Memory)
    cells: int = 1

    @classmethod
    def of(cls, command: Command, events: EventWriter, orders: Orders, memory: Memory) -> "Job":
        """The job that a command describes."""
        folder = Path(command.folder)
        return cls(
            folder, command.params, command.attempt, command.steps, events, orders, memory, command.cells
        )

    @property
    def wanted(self) -> Wanted | None:
        """The last order; "orphan" when there is nobody left to give one."""
        return self.orders.wanted

    @property
    def stopped_as(self) -> State:
        """State of this attempt if it stops now."""
        return _OUTCOMES[self.wanted or "pause"]

    def begin(self, step: int = 0, epoch: int = 0, **fields: Any) -> tuple[Event, ...]:
        """Report that the attempt goes on after this step and (judged) epoch; returns all events so far."""
        self.events.write("attempt", step=step, epoch=epoch, **fields)
        return EventLog(self.folder / "events.jsonl").read()
