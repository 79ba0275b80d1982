"""The end of a worker: the exit codes it leaves with, and the outcome the service derives from them."""

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.jobs.events import Event, latest_event
from core.jobs.spec import Order, Reason, State

EXIT_ERROR = 1
EXIT_BUSY = 75  # EX_TEMPFAIL: an earlier attempt still holds the run
EXIT_ORPHAN = 76  # the server is gone and the task did not stop in time
EXIT_CODES = {"disk_full": errno.ENOSPC, "cannot_write": errno.EACCES, "out_of_memory": errno.ENOMEM}
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
_OUTCOMES = (State.DONE, State.PAUSED, State.CANCELLED, State.FAILED, State.INTERRUPTED)
_LONGEST = 300  # characters of one value in a reason
# What torch and its libraries say, in a RuntimeError, when an allocation fails: the CPU's allocator, oneDNN,
# CUDA and MPS; a fork or a thread that finds no memory is an OSError.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "could not create a primitive", "out of memory")


def reason_of(error: BaseException, folder: Path) -> Reason:
    """Reason why a task on the run in `folder` failed, as a key of errors.md and plain values."""
    if isinstance(error, InputError):
        return {"key": error.key, "values": {name: _plain(value) for name, value in error.values.items()}}
    if _is_out_of_memory(error):
        return {"key": "out_of_memory", "values": {}}
    if isinstance(error, OSError) and error.errno in _FULL:
        return _disk_reason("disk_full", folder, error.errno)
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return _disk_reason("cannot_write", folder, error.errno)
    lines = str(error).splitlines()
    first = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return {"key": "worker_error", "values": {"error": first[:_LONGEST]}}


def server_gone(events: Sequence[Event]) -> Reason:
    """Reason of a run that its server left: the step from which it can go on, if it has saved one."""
    saved = latest_event(events, "checkpoint")
    if saved is None or not saved.get("step"):
        return {"key": "server_gone", "values": {}}
    return {"key": "server_stopped", "values": {"step": saved["step"]}}


def ending(reason: Reason) -> State:
    """State of a task that failed for this reason.

    A run that the disk or the memory stopped can resume once there is room; every other failure is final.
    """
    return State.INTERRUPTED if reason["key"] in EXIT_CODES else State.FAILED


def exit_code(reason: Reason) -> int:
    """Exit code for a reason, which then survives an `end` event that could not be written."""
    return EXIT_CODES.get(reason["key"], EXIT_ERROR)


def ending_of(
    end: Mapping[str, Any] | None, code: int, asked: Order | None, folder: Path, *, forced: bool = False
) -> tuple[State, Reason | None]:
    """State and reason of the run in `folder` after its worker is gone.

    They follow from the worker's `end` event (if it wrote one), exit code and last order; a run interrupted
    because its server stopped has no reason here. A worker told to cancel that got no further counts as
    cancelled, however it ended; `forced` is one that the service killed because it didn't obey.
    """
    if end is not None:
        state, reason = _from_event(end, folder)
    elif forced:
        state, reason = State.INTERRUPTED, {"key": "worker_forced", "values": {}}
    else:
        state, reason = _from_code(code, folder)
    if asked == "cancel" and state in (State.PAUSED, State.INTERRUPTED):
        return State.CANCELLED, None
    return state, reason


def _from_event(end: Mapping[str, Any], folder: Path) -> tuple[State, Reason | None]:
    outcome = end.get("outcome")
    if outcome not in _OUTCOMES:
        return _from_code(EXIT_ERROR, folder)
    return State(outcome), end.get("reason")


def _from_code(code: int, folder: Path) -> tuple[State, Reason | None]:
    if code == EXIT_BUSY:
        return State.INTERRUPTED, {"key": "run_busy", "values": {}}
    if code == EXIT_ORPHAN:
        return State.INTERRUPTED, None
    if code == EXIT_CODES["out_of_memory"]:
        return State.INTERRUPTED, {"key": "out_of_memory", "values": {}}
    for key, number in EXIT_CODES.items():
        if code == number:
            return State.INTERRUPTED, _disk_reason(key, folder, number)
    return State.INTERRUPTED, {"key": "worker_died", "values": {"code": code}}


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, RuntimeError):
        return any(words in str(error) for words in _NO_MEMORY)
    return isinstance(error, MemoryError)


def _disk_reason(key: str, folder: Path, number: int | None) -> Reason:
    return {"key": key, "values": {"folder": str(folder), "reason": os.strerror(number or 0)}}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):  # of names; `Run.error` makes it one again
        return [str(item)[:_LONGEST] for item in value]
    return value if isinstance(value, bool | int | float) else str(value)[:_LONGEST]
