"""A bound on the files that sessions keep in the server's memory; Streamlit bounds only each file."""

import re
from collections import Counter
from collections.abc import Callable

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from pages.server import counts

_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")
_FORM = 2**20  # bytes around a file that Streamlit allows
_PER_SESSION = 4  # of the largest files: the app has four places for one, each of which holds one at a time
_TOGETHER = 1024 * 2**20  # bytes


class BoundedUploads:
    """Middleware that refuses an upload when its session, or all of them together, keep too much already.

    `held` tells the bytes by session. Uploads under way count in full: none slips through beside others.
    """

    def __init__(self, app: ASGIApp, held: Callable[[], Counter[str]] | None = None) -> None:
        self._app = app
        self._held = held or _held
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        session, size = found[1], _size(Headers(scope=scope))
        bytes_by_session = self._held() + self._coming
        if (
            bytes_by_session[session] + size > _PER_SESSION * (_largest() + _FORM)
            or bytes_by_session.total() + size > _TOGETHER
        ):
            counts.refusal("upload")
            await PlainTextResponse("Too many files", status_code=413)(scope, receive, send)
            return
        self._coming[session] += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._coming[session] -= size
            self._coming += Counter()  # drops sessions with nothing under way


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
