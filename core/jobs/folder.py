"""A run on disk: spec.json and state.json, written whole or not at all, and never trusted when read."""

import json
import re
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.files import whole
from core.jobs.spec import LANES, Reason, Run, State

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{20}")
_LARGEST = 256 * 1024  # bytes of a spec.json or state.json; ours are below 20 KB
LOCAL = "local"
"""The owner on loopback, and of runs so damaged that their owner cannot be read."""


def new_id() -> str:
    """Make an id that sorts by time and can't be guessed (80 random bits): whoever knows it may look."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(10)}"


def is_id(text: str) -> bool:
    """Whether `text` can be a run's id; checked before a name from outside comes near the file system."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def write_spec(run: Run) -> None:
    """Write the run's spec.json. Raises OSError."""
    names = ("entry", "lane", "owner", "learner", "created", "number")
    _write(
        run.folder / "spec.json", {name: getattr(run, name) for name in names} | {"params": dict(run.params)}
    )


def write_state(run: Run) -> None:
    """Write the run's state.json. Raises OSError."""
    names = ("state", "reason", "attempt", "started", "ended", "owner", "name")
    _write(run.folder / "state.json", {name: getattr(run, name) for name in names})


def _write(path: Path, content: dict[str, Any]) -> None:
    whole.write(path, json.dumps(content, allow_nan=False).encode())


def read_run(path: Path) -> Run:
    """Read the run in this folder; an unreadable run comes back as damaged, so that it hides no other."""
    spec, state = _read(path / "spec.json"), _read(path / "state.json")
    try:
        return _parse(path, spec, state)
    except (KeyError, TypeError, ValueError):
        return _damaged(path, spec, state)


def _read(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _parse(path: Path, spec: dict[str, Any], state: dict[str, Any]) -> Run:
    """Build a run from its files. Raises KeyError, TypeError or ValueError for a missing or wrong field."""
    if spec["lane"] not in LANES or state["state"] == State.DAMAGED:
        raise ValueError(path.name)
    return Run(
        id=path.name,
        entry=_typed(spec["entry"], str),
        lane=spec["lane"],
        owner=_typed(spec["owner"], str),
        params=_typed(spec["params"], dict),
        state=State(state["state"]),
        reason=_reason(state["reason"]),
        attempt=_typed(state["attempt"], int),
        created=float(spec["created"]),
        started=_time(state["started"]),
        ended=_time(state["ended"]),
        folder=path,
        number=_typed(spec.get("number", 0), int),  # an earlier version gave none
        name=_typed(state.get("name", ""), str),
        learner=_typed(spec.get("learner", spec["owner"]), str),  # an earlier version gave none
    )


def _damaged(path: Path, spec: dict[str, Any], state: dict[str, Any]) -> Run:
    owner = next(
        (content["owner"] for content in (spec, state) if isinstance(content.get("owner"), str)), LOCAL
    )
    try:
        created = path.stat().st_mtime
    except OSError:
        created = 0.0
    run = Run(path.name, "", "", owner, {}, State.DAMAGED, None, 0, created, None, None, path)
    return replace(run, reason={"key": "run_damaged", "values": {"run": path.name}})


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(value)
    return value


def _time(value: Any) -> float | None:
    return None if value is None else float(value)


def _reason(value: Any) -> Reason | None:
    if value is None:
        return None
    return {"key": _typed(value["key"], str), "values": _typed(value["values"], dict)}


def unwritable(path: Path, error: OSError) -> InputError:
    """The error for a folder that cannot be written."""
    return InputError("runs_unwritable", path=str(path), reason=error.strerror or str(error))
