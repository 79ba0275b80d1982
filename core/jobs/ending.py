"""How a worker ends: the exit codes it leaves with, and what the service makes of them."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.jobs.spec import Order, Reason, State

EXIT_ERROR = 1
EXIT_BUSY = 75  # EX_TEMPFAIL: an earlier attempt still holds the run
EXIT_ORPHAN = 76  # the server is gone and the task did not stop in time
EXIT_CODES = {"disk_full": errno.ENOSPC, "cannot_write": errno.EACCES}
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
_OUTCOMES = (State.DONE, State.PAUSED, State.CANCELLED, State.FAILED, State.INTERRUPTED)
_LONGEST = 300  # characters of one value in a reason


def reason_of(error: BaseException, folder: Path) -> Reason:
    """Why a task on the run in `folder` failed, as a key of errors.md and plain values."""
    if isinstance(error, InputError):
        return {"key": error.key, "values": {name: _plain(value) for name, value in error.values.items()}}
    if isinstance(error, OSError) and error.errno in _FULL:
        return _refused("disk_full", folder, error.errno)
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return _refused("cannot_write", folder, error.errno)
    lines = str(error).splitlines()
    first = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return {"key": "worker_error", "values": {"error": first[:_LONGEST]}}


def ending(reason: Reason) -> State:
    """How a task ends for this reason: what the disk refused can be taken up again once there is room, the rest is final."""
    return State.INTERRUPTED if reason["key"] in EXIT_CODES else State.FAILED


def exit_code(reason: Reason) -> int:
    """The code to leave with, so that the reason survives an `end` event that could not be written."""
    return EXIT_CODES.get(reason["key"], EXIT_ERROR)


def ending_of(
    end: Mapping[str, Any] | None, code: int, asked: Order | None, folder: Path
) -> tuple[State, Reason | None]:
    """The state of the run in `folder` whose worker is gone, from its `end` event (if it wrote one), exit code and last order.

    A worker that was told to cancel and got no further has been cancelled, however it went.
    """
    state, reason = _said(end, folder) if end is not None else _left(code, folder)
    if asked == "cancel" and state in (State.PAUSED, State.INTERRUPTED):
        return State.CANCELLED, None
    return state, reason


def _said(end: Mapping[str, Any], folder: Path) -> tuple[State, Reason | None]:
    outcome = end.get("outcome")
    if outcome not in _OUTCOMES:
        return _left(EXIT_ERROR, folder)
    return State(outcome), end.get("reason")


def _left(code: int, folder: Path) -> tuple[State, Reason | None]:
    if code == EXIT_BUSY:
        return State.INTERRUPTED, {"key": "run_busy", "values": {}}
    for key, number in EXIT_CODES.items():
        if code == number:
            return State.INTERRUPTED, _refused(key, folder, number)
    return State.INTERRUPTED, {"key": "worker_died", "values": {"code": code}}


def _refused(key: str, folder: Path, number: int | None) -> Reason:
    return {"key": key, "values": {"folder": str(folder), "reason": os.strerror(number or 0)}}


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else str(value)[:_LONGEST]
