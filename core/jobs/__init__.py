"""Long work outside the server: queued jobs with owners and limits, each in its own process and folder."""

from core.jobs.backend import Backend, Exit
from core.jobs.entries import ENTRIES, JobEntry
from core.jobs.events import Event, EventLog, latest_event
from core.jobs.folder import LOCAL
from core.jobs.limits.settings import Limits
from core.jobs.local import LocalBackend
from core.jobs.service import JobService
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
from core.jobs.store import runs_folder

__all__ = [
    "ACTIVE",
    "ENTRIES",
    "FINAL",
    "LANES",
    "LOCAL",
    "LONGEST_NAME",
    "RESUMABLE",
    "Backend",
    "Command",
    "Event",
    "EventLog",
    "Exit",
    "JobEntry",
    "JobService",
    "JobSpec",
    "Limits",
    "LocalBackend",
    "Order",
    "Reason",
    "Run",
    "State",
    "latest_event",
    "runs_folder",
]  # fmt: skip
