"""Waiting for a lock that another process may hold."""

import time
from collections.abc import Iterator

from filelock import FileLock, Timeout

POLL = 0.25  # seconds between two attempts


def acquiring(lock: FileLock) -> Iterator[None]:
    """Acquire `lock`, yielding each time somebody else still holds it so the caller can report or stop."""
    while True:
        try:
            lock.acquire(timeout=0)
            return
        except Timeout:
            yield
            time.sleep(POLL)
