"""One HTTP download into a file that can be continued later; every failure of the network is an InputError."""

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

CONNECT_SECONDS = 8.0  # name look-up, connection and first answer together; offline must be said within 10 s
STALL_SECONDS = 8.0  # without MIN_BYTES in this time the server counts as stalled
MIN_BYTES = 1024
MAX_BYTES = 400 * 2**20  # the official archive has 163 MB
MAX_FAILURES = 5  # connections in one call that brought us no further
REPORT_SECONDS = 0.1


@dataclass(frozen=True)
class Part:
    """An unfinished download: the bytes so far in `path`, and beside it what the server said the whole would be."""

    path: Path

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def version(self) -> dict[str, Any]:
        """{"total": bytes, "tag": ETag or Last-Modified}, empty when unknown."""
        try:
            version = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return version if isinstance(version, dict) and isinstance(version.get("total"), int) else {}

    def total(self) -> int:
        return int(self.version().get("total", 0))

    def start(self, version: dict[str, Any]) -> None:
        """Empties the file for a new version."""
        self.remove()
        self._note.write_text(json.dumps(version), encoding="utf-8")
        self.path.touch()

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


@dataclass(frozen=True)
class Source:
    """Where something comes from, and what it is for a reader. Raises InputError for what is no address."""

    url: str
    what: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("download_address", what=self.what, url=self.url)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def fetch(source: Source, part: Part) -> Iterator[tuple[int, int]]:
    """Fill `part` from its source, from where it ends; yields (bytes there, bytes in all), the latter 0 if the server doesn't say.

    Raises InputError where the network or the server fails; OSError where the disk does.
    """
    failures = 0
    while failures < MAX_FAILURES:
        before = part.size()
        if before and before == part.total():
            return
        response = _request(source, part)
        if response is None:  # what we have is no beginning of what the server has
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
    """The answer to a request for what is missing; None if the server's file isn't the one that `part` began with."""
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
    """The answer within CONNECT_SECONDS. In a thread, because a name look-up knows no time limit."""
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
    """Appends what comes to `part`; whether that was all."""
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
    while rest:  # an unbuffered write may take a part only, on a disk that is nearly full
        rest = rest[file.write(rest) :]
    return len(chunk)


def _chunks(response: http.client.HTTPResponse, source: Source) -> Iterator[bytes]:
    """What the server sends until it ends or is cut. Raises InputError when it stalls."""
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
