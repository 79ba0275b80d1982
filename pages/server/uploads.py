"""Bounds on the files that learners keep in the server's memory; Streamlit bounds only each file."""

import re
import time
from collections import Counter
from collections.abc import Callable

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from pages.server import counts

_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")
_FORM = 2**20  # bytes around a file that Streamlit allows
_PER_LEARNER = 4  # of the largest files: the app has four places for one, each of which holds one at a time
_TOGETHER = 1024 * 2**20  # bytes
_PER_ADDRESS = 2048 * 2**20  # bytes an hour: a class behind one address sends less, a script more
_HOUR = 3600.0  # seconds
_MOST_ADDRESSES = 1000  # remembered before those that have been silent for an hour are dropped


class Allowance:
    """Bytes that may come from each address; what was taken is there again within an hour."""

    def __init__(self, most: int = _PER_ADDRESS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._taken: dict[str, tuple[float, float]] = {}  # bytes, and the time at which it was so many

    def take(self, address: str, size: int) -> bool:
        """Take so many bytes, less than none to give them back; False where they aren't left."""
        now = self._clock()
        taken = self._at(address, now) + size
        if taken > self._most:
            return False
        self._taken[address] = max(0.0, taken), now
        if len(self._taken) > _MOST_ADDRESSES:
            self._taken = {key: (level, at) for key, (level, at) in self._taken.items() if now - at < _HOUR}
        return True

    def _at(self, address: str, now: float) -> float:
        taken, at = self._taken.get(address, (0.0, now))
        return max(0.0, taken - (now - at) / _HOUR * self._most)


class BoundedUploads:
    """Middleware that refuses an upload when its learner, or all of them together, keep too much already.

    `held` tells the bytes by session, `learner` whose session it is. Uploads under way count in full: none
    slips through beside others. Where there is an `allowance`, an address may send no more than that.
    """

    def __init__(
        self,
        app: ASGIApp,
        held: Callable[[], Counter[str]] | None = None,
        learner: Callable[[str], str] | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._app = app
        self._held, self._learner = held or _held, learner or _learner
        self._allowance = allowance
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        session, size = found[1], _size(Headers(scope=scope))
        address = scope["client"][0] if scope.get("client") else ""
        if not (self._has_room(session, size) and self._take(address, size)):
            counts.refusal("upload")
            await PlainTextResponse("Too many files", status_code=413)(scope, receive, send)
            return
        accepted = False

        async def send_and_look(message: Message) -> None:
            nonlocal accepted
            accepted = accepted or 200 <= message.get("status", 0) < 300
            await send(message)

        self._coming[session] += size
        try:
            await self._app(scope, receive, send_and_look)
        finally:
            self._coming[session] -= size
            self._coming += Counter()  # drops sessions with nothing under way
            if not accepted:
                self._take(address, -size)

    def _has_room(self, session: str, size: int) -> bool:
        learner = self._learner(session)
        bytes_by_session = self._held() + self._coming
        own = sum(kept for other, kept in bytes_by_session.items() if self._learner(other) == learner)
        return (
            own + size <= _PER_LEARNER * (_largest() + _FORM) and bytes_by_session.total() + size <= _TOGETHER
        )

    def _take(self, address: str, size: int) -> bool:
        return self._allowance is None or self._allowance.take(address, size)


def _size(headers: Headers) -> int:
    """Bytes of a body; the most that Streamlit takes where the header is missing or no number."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else _largest() + _FORM


def _largest() -> int:
    return int(st.get_option("server.maxUploadSize")) * 2**20


def _held() -> Counter[str]:
    files = runtime.get_instance().uploaded_file_mgr
    assert isinstance(files, MemoryUploadedFileManager)
    sessions = list(files.file_storage.items())  # copies, since a script may drop a file meanwhile
    return Counter(
        {session: sum(len(file.data) for file in list(kept.values())) for session, kept in sessions}
    )


def _learner(session: str) -> str:
    """Whose session it is, also for a while after its tab was closed; itself where nobody knows."""
    found = runtime.get_instance()._session_mgr.get_session_info(session)
    if found is None or "owner" not in found.session.session_state:
        return session
    return str(found.session.session_state["owner"])
