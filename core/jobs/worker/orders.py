"""The standard input of a worker: first its job, then orders, at last its end when the server is gone."""

import json
import os
import queue
import threading
from typing import BinaryIO, Literal

from core.jobs.ending import EXIT_ORPHAN
from core.jobs.spec import Command, Order

_LAST_WORDS = 2.0  # seconds a task has for a last checkpoint once the server is gone

Wanted = Order | Literal["orphan"]


class Orders:
    """Listener for orders, from construction on.

    It has its own thread, so that neither imports nor a long step make the worker deaf.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._wanted: Wanted | None = None
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    @property
    def wanted(self) -> Wanted | None:
        """The last order; "orphan" when there is nobody left to give one."""
        return self._wanted

    def command(self) -> Command:
        """Wait for the job and return it."""
        return self._commands.get()

    def _listen(self) -> None:
        first = self._source.readline()
        if not first.endswith(b"\n"):
            os._exit(EXIT_ORPHAN)  # nothing has been begun
        self._commands.put(Command.parse(first))
        for line in self._source:
            self._wanted = json.loads(line)["stop"]
        self._wanted = "orphan"
        end = threading.Timer(_LAST_WORDS, os._exit, [EXIT_ORPHAN])
        end.daemon = True
        end.start()
