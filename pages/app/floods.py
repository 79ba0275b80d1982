"""Floods from one address: more new learners or trainings within an hour than a class behind it makes."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

import streamlit as st

from core.errors import InputError
from pages.app import owner
from pages.app.page import show_error
from pages.app.services import jobs

_HOUR = 3600.0  # seconds
_MOST_ADDRESSES = 1000  # remembered before those of an hour ago are dropped


class Hourly:
    """Count of what comes from each address within an hour; thread-safe."""

    def __init__(self, refusal: str, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._refusal, self._most, self._clock = refusal, most, clock
        self._lock = threading.Lock()
        self._times: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=most))

    def require_room(self, address: str) -> None:
        """Check that the address may have one more. Raises InputError."""
        with self._lock:
            times = self._times.get(address, ())
            if len(times) == self._most and self._clock() - times[0] < _HOUR:
                raise InputError(self._refusal, limit=self._most)

    def count(self, address: str) -> None:
        """Count one more."""
        now = self._clock()
        with self._lock:
            self._times[address].append(now)
            if len(self._times) > _MOST_ADDRESSES:
                for stale in [key for key, times in self._times.items() if now - times[-1] >= _HOUR]:
                    del self._times[stale]


# A whole school may share one address: these stop a script, and nobody else.
newcomers, trainings = Hourly("flood_learners", 400), Hourly("flood_trainings", 400)


def address() -> str:
    """Network address that the visitor comes from.

    Behind a proxy on this machine uvicorn has put the last entry of X-Forwarded-For in the proxy's place;
    earlier entries anybody can write.
    """
    return st.context.ip_address or "local"


def arrive() -> None:
    """Note that the visitor is here; turn away one never seen whose address has brought too many."""
    name = owner.current()
    if not owner.is_local() and not jobs().knows(name):
        try:
            newcomers.require_room(address())
        except InputError as error:
            show_error(error)
            st.stop()
        newcomers.count(address())
    jobs().seen(name)
