"""The printed output of a worker, in its run's folder and of bounded size."""

import os
import sys
import threading
from pathlib import Path

_LARGEST = 1024 * 1024  # bytes; a task that prints at every step must not fill the disk
_LOOK_EVERY = 2.0  # seconds


def redirect(path: Path) -> None:
    """Send standard output and error, C++'s too, to a file.

    The file is emptied when it has grown too large. Raises OSError.
    """
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(file, stream.fileno())
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    threading.Thread(target=_keep_small, args=(file, threading.Event()), name="log", daemon=True).start()


def _keep_small(file: int, never: threading.Event) -> None:
    while not never.wait(_LOOK_EVERY):
        if os.fstat(file).st_size > _LARGEST:
            os.ftruncate(file, 0)
