"""The boundary between the service, which decides, and the backend that starts and stops processes for it."""

from dataclasses import dataclass
from typing import Protocol

from core.jobs.spec import Command, Order


@dataclass(frozen=True)
class Exit:
    """A worker whose attempt has ended; `code` as subprocess reports it, negative for a signal.

    The backend may keep the worker of a paused run for the next attempt: that is code 0, too.
    """

    run_id: str
    code: int


class Backend(Protocol):
    """Starter and stopper of workers, unaware of queues, owners and states; a cluster engine could serve too.

    The service calls it from one thread at a time.
    """

    @property
    def memory(self) -> int | None:
        """Memory that a worker may take, in MB; None without a limit."""

    def capacity(self, lane: str) -> int:
        """Number of workers of a lane that may run at once."""

    def start(self, run_id: str, command: Command) -> None:
        """Hand a command to the worker that stayed for this run, or start one.

        Raises OSError when none can be started.
        """

    def poll(self) -> list[Exit]:
        """Workers whose attempt has ended since the last call, each reported once."""

    def soft_stop(self, run_id: str, order: Order) -> None:
        """Pass an order to the worker, which ends by itself once it has obeyed."""

    def hard_stop(self, run_id: str) -> None:
        """Kill the worker, also one that only stays."""

    def warm_up(self) -> None:
        """Get ready for the first job; safe to call repeatedly."""

    def close(self) -> None:
        """Stop all workers, gently first."""
