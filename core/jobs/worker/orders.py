"""The pipes of a worker: an attempt, orders and further attempts come in until the server is gone."""

import json
import os
import queue
import threading
from contextlib import suppress
from typing import Any, BinaryIO, Literal

from core.jobs.ending import EXIT_ORPHAN
from core.jobs.spec import BEGINS, STAYS, Command, Order

_LAST_WORDS = 2.0  # seconds a task has for a last checkpoint once the server is gone

Wanted = Order | Literal["orphan"]


class Orders:
    """Listener for attempts and orders, from construction on; `answers` leads back to the server.

    It has its own thread, so that neither imports nor a long step make the worker deaf.
    """

    def __init__(self, source: BinaryIO, answers: BinaryIO) -> None:
        self._source, self._answers = source, answers
        self._commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._wanted: Wanted | None = None
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    @property
    def wanted(self) -> Wanted | None:
        """The last order to this attempt; "orphan" when there is nobody left to give one."""
        return self._wanted

    def first(self) -> Command:
        """Wait for the first attempt."""
        command = self._commands.get()
        assert command is not None  # without one the process has ended
        return command

    def another(self) -> Command | None:
        """Offer to stay, and wait for another attempt at the same run; None when the server is gone."""
        self._say(STAYS)
        return self._commands.get()

    def _listen(self) -> None:
        first = self._source.readline()
        if not first.endswith(b"\n"):
            os._exit(EXIT_ORPHAN)  # nothing has been begun
        self._begin(json.loads(first))
        for line in self._source:
            message = json.loads(line)
            if "stop" in message:
                self._wanted = message["stop"]
            else:
                self._begin(message)
        self._wanted = "orphan"
        self._commands.put(None)
        end = threading.Timer(_LAST_WORDS, os._exit, [EXIT_ORPHAN])
        end.daemon = True
        end.start()

    def _begin(self, message: dict[str, Any]) -> None:
        self._wanted = None  # what was ordered before concerned the attempt before
        self._say(BEGINS)
        self._commands.put(Command(**message))

    def _say(self, word: str) -> None:
        with suppress(OSError):  # the server is gone, which the other pipe says too
            self._answers.write(f"{word}\n".encode())
            self._answers.flush()
