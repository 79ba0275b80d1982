"""A resumable HTTP download into a file; every failure of the network is an InputError."""

import http.client
import json
import queue
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import FileIO
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.errors import InputError

CONNECT_SECONDS = 8.0  # name look-up, connection and first answer; being offline must be reported within 10 s
STALL_SECONDS = 8.0  # a server that sends less than MIN_BYTES in this time counts as stalled
MIN_BYTES = 1024
MAX_BYTES = 400 * 2**20  # the official archive has 163 MB
MAX_FAILURES = 5  # connections without progress before a call gives up
REPORT_SECONDS = 0.1


@dataclass(frozen=True)
class Part:
    """An unfinished download: the bytes so far in `path`, the size and version of the whole beside it."""

    path: Path

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def size(self) -> int:
        """Bytes so far; 0 without a file."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def version(self) -> dict[str, Any]:
        """The noted version, {"total": bytes, "tag": ETag or Last-Modified}; empty when unknown."""
        try:
            version = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return version if isinstance(version, dict) and isinstance(version.get("total"), int) else {}

    def total(self) -> int:
        """Bytes of the whole; 0 when unknown."""
        return int(self.version().get("total", 0))

    def start(self, version: dict[str, Any]) -> None:
        """Empty the file for a new version."""
        self.remove()
        self._note.write_text(json.dumps(version), encoding="utf-8")
        self.path.touch()

    def remove(self) -> None:
        """Delete the file and its note."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


@dataclass(frozen=True)
class Source:
    """A download's address, and its name for readers. Raises InputError for an invalid address."""

    url: str
    what: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("download_address", what=self.what, url=self.url)

    @property
    def host(self) -> str:
        """Host name of the address."""
        return urlsplit(self.url).hostname or ""


def fetch(source: Source, part: Part) -> Iterator[tuple[int, int]]:
    """Fill `part` from where it ends, yielding (bytes so far, bytes in all); the latter is 0 while unknown.

    Raises InputError where the network or the server fails; OSError where the disk does.
    """
    failures = 0
    while failures < MAX_FAILURES:
        before = part.size()
        if before and before == part.total():
            return
        response = _request(source, part)
        if response is None:  # our bytes aren't the start of the server's file
            part.remove()
            failures += 1
            continue
        with response:
            finished = yield from _receive(response, source, part)
        if finished:
            return
        failures += part.size() < before + MIN_BYTES
    raise InputError("download_cut", host=source.host, what=source.what)


def _request(source: Source, part: Part) -> http.client.HTTPResponse | None:
    """Request the missing bytes; None if the server's file isn't the one that `part` began with."""
    size = part.size()
    resuming = size > 0 and part.total() > 0
    headers = {"User-Agent": "lenet-lab", **({"Range": f"bytes={size}-"} if resuming else {})}
    try:
        response = _open(urllib.request.Request(source.url, headers=headers), source)
    except urllib.error.HTTPError as error:
        error.close()
        if resuming and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise InputError("download_status", host=source.host, what=source.what, status=error.code) from error
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        part.start({"total": _length(response, source), "tag": _tag(response)})
        return response
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
    if found and (int(found[1]), int(found[2]), _tag(response)) == (
        size,
        part.total(),
        part.version().get("tag"),
    ):
        return response
    response.close()
    return None


def _open(request: urllib.request.Request, source: Source) -> http.client.HTTPResponse:
    """Get the answer within CONNECT_SECONDS, in a thread because a name look-up has no time limit."""
    answer: queue.SimpleQueue[http.client.HTTPResponse | BaseException] = queue.SimpleQueue()
    opener = urllib.request.build_opener(
        *([urllib.request.ProxyHandler({})] if _is_loopback(source.host) else [])
    )

    def ask() -> None:
        try:
            answer.put(opener.open(request, timeout=STALL_SECONDS))
        except BaseException as error:
            answer.put(error)

    threading.Thread(target=ask, daemon=True, name="download").start()
    try:
        result = answer.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        raise InputError("download_offline", host=source.host, what=source.what) from None
    if isinstance(result, urllib.error.HTTPError):
        raise result
    if isinstance(result, BaseException):
        raise InputError("download_offline", host=source.host, what=source.what) from result
    return result


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _length(response: http.client.HTTPResponse, source: Source) -> int:
    value = response.headers.get("Content-Length", "0")
    total = int(value) if value.isdecimal() else 0
    if total > MAX_BYTES:
        response.close()
        raise InputError("download_too_large", host=source.host, what=source.what, limit=MAX_BYTES >> 20)
    return total


def _tag(response: http.client.HTTPResponse) -> str:
    return response.headers.get("ETag") or response.headers.get("Last-Modified") or ""


def _receive(
    response: http.client.HTTPResponse, source: Source, part: Part
) -> Generator[tuple[int, int], None, bool]:
    """Append what arrives to `part`; returns whether that was all."""
    done, total = part.size(), part.total()
    yield done, total
    reported = time.monotonic()
    with part.path.open("ab", buffering=0) as file:
        for chunk in _chunks(response, source):
            done += _write_all(file, chunk)
            if done > (total or MAX_BYTES):
                raise InputError(
                    "download_too_large", host=source.host, what=source.what, limit=(total or MAX_BYTES) >> 20
                )
            if time.monotonic() - reported >= REPORT_SECONDS:
                yield done, total
                reported = time.monotonic()
    yield done, total
    return done == total or (total == 0 and done > 0)


def _write_all(file: FileIO, chunk: bytes) -> int:
    rest = memoryview(chunk)
    while rest:  # an unbuffered write may be partial on a nearly full disk
        rest = rest[file.write(rest) :]
    return len(chunk)


def _chunks(response: http.client.HTTPResponse, source: Source) -> Iterator[bytes]:
    """Chunks from the server until the response ends or is cut. Raises InputError for a stall."""
    mark, since_mark = time.monotonic(), 0
    while True:
        try:
            chunk = response.read1(2**18)
        except TimeoutError as error:
            raise InputError("download_stalled", host=source.host, what=source.what) from error
        except (OSError, http.client.HTTPException):
            return  # cut: the caller sees that bytes are missing and asks for the rest
        if not chunk:
            return
        yield chunk
        since_mark += len(chunk)
        if time.monotonic() - mark >= STALL_SECONDS:
            if since_mark < MIN_BYTES:
                raise InputError("download_stalled", host=source.host, what=source.what)
            mark, since_mark = time.monotonic(), 0
