"""Who is looking at what: how many share a processor, and whether somebody else still waits for a result."""

import threading
import time
from collections import defaultdict
from uuid import uuid4

import streamlit as st


class Viewers:
    """The sessions that look at each subject, a run or a page; thread-safe.

    A viewer not seen again for `fresh` seconds counts as gone.
    """

    def __init__(self, fresh: float = 30.0) -> None:
        self._fresh = fresh
        self._lock = threading.Lock()
        self._seen: dict[str, dict[str, float]] = defaultdict(dict)

    def count(self, subject: str, viewer: str) -> int:
        """Note that `viewer` is looking now; return how many are."""
        now = time.monotonic()
        with self._lock:
            self._seen[subject][viewer] = now
            return self._present(subject, now)

    def leave(self, subject: str, viewer: str) -> int:
        """Note that `viewer` has turned away; return how many still look."""
        with self._lock:
            self._seen[subject].pop(viewer, None)
            return self._present(subject, time.monotonic())

    def _present(self, subject: str, now: float) -> int:
        for name, viewers in list(self._seen.items()):
            self._seen[name] = {key: seen for key, seen in viewers.items() if now - seen < self._fresh}
            if not self._seen[name]:
                del self._seen[name]
        return len(self._seen.get(subject, ()))


viewers = st.cache_resource(Viewers, show_spinner=False)
"""The viewers of this server."""


def me() -> str:
    """This session, as a viewer."""
    return str(st.session_state.setdefault("viewer", uuid4().hex))
