"""Watching other processes from a test."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 30.0  # seconds; generous, since the machine may be busy


def wait(condition: Callable[[], Any], patience: float = PATIENCE) -> float:
    """Wait until the condition holds; the seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience, "waited in vain"
        time.sleep(0.01)
    return time.monotonic() - began


def alive(pid: int) -> bool:
    """Whether the process is there and not a zombie that nobody has collected yet."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
    except FileNotFoundError:
        return False
