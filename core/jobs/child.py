"""A worker process as its server sees it: lines in, a word out now and then, and its end."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

from core.jobs.spec import STAYS, Command

ROOT = Path(__file__).parent.parent.parent


class Child:
    """One process of `python -m core.jobs.worker`, which ends itself when its input closes.

    `memory` is what it may take, in MB. Raises OSError when none can be started.
    """

    def __init__(self, *arguments: str, memory: int | None = None) -> None:
        limit = ["--memory", str(memory)] if memory else []
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.worker", *arguments, *limit],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": path},
            start_new_session=True,
        )
        self._word = ""  # the last that it said of the attempt it was given
        # A thread, because Windows has no way to ask a pipe whether there is something to read.
        threading.Thread(target=self._listen, name="worker", daemon=True).start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def began(self) -> bool:
        """Whether it has received the attempt that it was given."""
        return self._word != ""

    @property
    def stays(self) -> bool:
        """Whether it is done with the attempt and waits for another one at the same run."""
        return self._word == STAYS

    def assign(self, command: Command) -> bool:
        """Give it an attempt to work on; whether it was still there."""
        self._word = ""
        return self.send(command.line())

    def send(self, line: bytes) -> bool:
        """Write a line to its standard input; whether it was still there."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def poll(self) -> int | None:
        """Exit code as subprocess reports it, negative for a signal; None while it lives."""
        return self._process.poll()

    def hang_up(self) -> None:
        """Close its standard input, at which it ends, after a last checkpoint if it works."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()

    def reap(self, patience: float) -> None:
        """Wait for its end; kill it after so many seconds."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def dismiss(self) -> None:
        """End it at once; for one that has nothing to do."""
        self.hang_up()
        self.reap(0.0)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._word = line.decode().strip()
