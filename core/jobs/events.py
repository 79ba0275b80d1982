"""events.jsonl: the reports of a worker, one write per line, and the reader that follows them."""

import json
import math
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

Event = Mapping[str, Any]

_LARGEST = 8 * 2**20  # bytes of one events.jsonl; 1,000 epochs write 1.4 MB
_REPEATED = ("step", "checkpoint", "kernels")  # a resumed run writes these again
_JUDGED = ("epoch", "confusion")  # these too, by epoch
_PASSING = ("end", "progress")  # these concern one attempt only


class EventWriter:
    """Writer that appends events, each with a sequence number and the time.

    A line is one `os.write`, so a kill tears the last line at most.
    """

    def __init__(self, path: Path, attempt: int) -> None:
        self._attempt = attempt
        self._seq = _last_seq(path)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        size = os.fstat(self._file).st_size
        if size and _byte_at(path, size - 1) != b"\n":
            os.write(self._file, b"\n")  # an earlier worker was killed mid-line

    def write(self, kind: str, **fields: Any) -> None:
        """Append an event. Raises OSError when the disk is full."""
        self._seq += 1
        event = {"seq": self._seq, "time": time.time(), "type": kind, "attempt": self._attempt} | fields
        line = json.dumps(_finite(event), allow_nan=False).encode() + b"\n"
        while line:  # a second round happens only on a full disk, and raises there
            line = line[os.write(self._file, line) :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class EventLog:
    """The events of one run, parsed once for any number of reads and readers.

    Events that a resumed run repeats appear once: an `attempt` from step k takes back those beyond k.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._forget()

    def read(self) -> tuple[Event, ...]:
        """All events reported so far; none while there is no file."""
        with self._lock:
            try:
                if self._path.stat().st_size != self._offset:
                    self._advance()
            except OSError:
                self._forget()
            return self._snapshot

    @property
    def damaged(self) -> int:
        """Number of lines read so far that are no events."""
        return self._damaged

    def _forget(self) -> None:
        self._damaged = 0
        self._offset = 0  # bytes read, `_tail` included
        self._tail = b""  # an unfinished line
        self._events: list[Event] = []
        self._snapshot: tuple[Event, ...] = ()

    def _advance(self) -> None:
        with self._path.open("rb") as file:
            if _size(file) < self._offset:
                self._forget()
            file.seek(self._offset)
            fresh = file.read(max(0, _LARGEST - self._offset))
        if not fresh:
            return
        self._offset += len(fresh)
        *lines, self._tail = (self._tail + fresh).split(b"\n")
        for line in lines:
            self._add(line)
        self._snapshot = tuple(self._events)

    def _add(self, line: bytes) -> None:
        event = _parse(line)
        if event is None:
            self._damaged += bool(line)
            return
        if event["type"] == "attempt":
            self._events = [old for old in self._events if not _taken_back(old, event)]
        self._events.append(event)


class EventLogs:
    """The logs of the runs being viewed; the least recently read is dropped first."""

    def __init__(self, limit: int = 32) -> None:  # about 1 MB each
        self._limit = limit
        self._lock = threading.Lock()
        self._logs: OrderedDict[Path, EventLog] = OrderedDict()

    def __getitem__(self, path: Path) -> EventLog:
        with self._lock:
            log = self._logs.setdefault(path, EventLog(path))
            self._logs.move_to_end(path)
            while len(self._logs) > self._limit:
                self._logs.popitem(last=False)
            return log

    def __len__(self) -> int:
        return len(self._logs)

    def drop_below(self, folder: Path) -> None:
        """Forget the logs in a folder, and in those below it."""
        with self._lock:
            for path in [path for path in self._logs if path.is_relative_to(folder)]:
                del self._logs[path]


def latest_event(events: Sequence[Event], kind: str) -> Event | None:
    """The last event of this type."""
    return next((event for event in reversed(events) if event["type"] == kind), None)


def end_of(events: tuple[Event, ...], attempt: int) -> Event | None:
    """The `end` event of this attempt; None if its worker wrote none."""
    return next(
        (event for event in reversed(events) if event["type"] == "end" and event.get("attempt") == attempt),
        None,
    )


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line, object_pairs_hook=_interned)
    except (ValueError, RecursionError):
        return None
    whole = (
        isinstance(event, dict)
        and isinstance(event.get("type"), str)
        and all(isinstance(event.get(name, 0), int) for name in ("step", "epoch"))
    )
    return event if whole else None


def _interned(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {sys.intern(name): value for name, value in pairs}


def _taken_back(event: Event, attempt: Event) -> bool:
    """Whether a new attempt will report this event again; an epoch may be judged later than its last step."""
    if event["type"] in _JUDGED:
        return bool(event.get("epoch", 0) > attempt.get("epoch", 0))
    return event["type"] in _PASSING or (
        event["type"] in _REPEATED and event.get("step", 0) > attempt.get("step", 0)
    )


def _finite(value: Any) -> Any:
    """Replace NaN and infinities, which JSON lacks, by None, its null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    return value


def _last_seq(path: Path) -> int:
    events = EventLog(path).read()
    return max((event["seq"] for event in events if isinstance(event.get("seq"), int)), default=0)


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _byte_at(path: Path, position: int) -> bytes:
    with path.open("rb") as file:
        file.seek(position)
        return file.read(1)
