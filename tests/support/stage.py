"""A backend that starts nothing, and short ways to use a job service on it."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from core.jobs import Command, Exit, JobService, JobSpec, Order, Run
from core.jobs.events import EventWriter


class Stage:
    """A backend that notes its orders; a test decides how a worker ends."""

    def __init__(self, train: int = 10) -> None:
        self.train = train
        self.memory: int | None = None
        self.started: dict[str, Command] = {}
        self.told: list[tuple[str, Order]] = []
        self.killed: list[str] = []
        self.gone: list[Exit] = []

    def capacity(self, lane: str) -> int:
        return self.train if lane == "train" else 1

    def start(self, run_id: str, command: Command) -> None:
        self.started[run_id] = command

    def poll(self) -> list[Exit]:
        gone, self.gone = self.gone, []
        return gone

    def soft_stop(self, run_id: str, order: Order) -> None:
        self.told.append((run_id, order))

    def hard_stop(self, run_id: str) -> None:
        self.killed.append(run_id)

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        pass

    def end(self, run_id: str, outcome: str | None = None, code: int = 0) -> None:
        command = self.started[run_id]
        if outcome:
            with EventWriter(Path(command.folder) / "events.jsonl", command.attempt) as events:
                events.write("end", outcome=outcome, reason=None)
        self.gone.append(Exit(run_id, code))


def submit(service: JobService, owner: str = "ann", entry: str = "count", **params: Any) -> Run:
    return service.submit(JobSpec(entry, {"to": 5, **params}, owner))


def refusal(call: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **keywords)
    # Both languages know the key and its values.
    assert caught.value.sentence("en") != caught.value.sentence("zh")
    return caught.value.key
