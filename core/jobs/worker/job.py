"""What the body of a task sees of the world: its parameters, where to report, and whether to stop."""

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Job:
    """One attempt. A task looks at `wanted` at least every second and returns `stopped_as` when it stops for that, else State.DONE.

    It raises InputError for what the learner can mend; anything else is a fault of the program.
    """

    folder: Path
    params: Mapping[str, Any]
    attempt: int
    steps: int | None
    events: EventWriter
    orders: Orders

    @classmethod
    def of(cls, command: Command, events: EventWriter, orders: Orders) -> "Job":
        return cls(Path(command.folder), command.params, command.attempt, command.steps, events, orders)

    @property
    def wanted(self) -> Wanted | None:
        return self.orders.wanted

    @property
    def stopped_as(self) -> State:
        """What this attempt has come to if it stops now."""
        return _OUTCOMES[self.wanted or "pause"]

    def begin(self, step: int = 0, epoch: int = 0, **fields: Any) -> tuple[Event, ...]:
        """Report that the attempt goes on after this step and (judged) epoch; what was reported up to here."""
        self.events.write("attempt", step=step, epoch=epoch, **fields)
        return EventLog(self.folder / "events.jsonl").read()
