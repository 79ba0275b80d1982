"""The line between the service, which decides, and whatever starts and stops processes for it."""

from dataclasses import dataclass
from typing import Protocol

from core.jobs.spec import Command, Order


@dataclass(frozen=True)
class Exit:
    """A worker that is gone; `code` as subprocess gives it, negative for a signal."""

    run_id: str
    code: int


class Backend(Protocol):
    """Starts and stops workers, and knows nothing of queues, owners or states; a cluster engine can stand here.

    The service calls it from one thread at a time.
    """

    def capacity(self, lane: str) -> int:
        """How many workers of a lane may run at once."""

    def start(self, run_id: str, command: Command) -> None:
        """Raises OSError when no worker can be started."""

    def poll(self) -> list[Exit]:
        """The workers that ended since the last call, each once."""

    def soft_stop(self, run_id: str, order: Order) -> None:
        """Ask the worker; it ends by itself when it has obeyed."""

    def hard_stop(self, run_id: str) -> None:
        """Kill the worker."""

    def warm_up(self) -> None:
        """Make ready for the first job; may be called often."""

    def close(self) -> None:
        """Stop all workers, gently first."""
