"""core.jobs.worker.follow: the result of a generator, its progress as events, and how it is left."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.jobs import EventLog
from core.jobs.events import EventWriter
from core.jobs.worker.follow import StoppedError, follow, watched
from core.jobs.worker.job import Job
from core.progress import Progress


class Orders:
    """Stands in for core.jobs.worker.orders.Orders."""

    wanted: str | None = None


@pytest.fixture
def orders() -> Orders:
    return Orders()


@pytest.fixture
def job(tmp_path: Path, orders: Any) -> Iterator[Job]:
    with EventWriter(tmp_path / "events.jsonl", 1) as events:
        yield Job(tmp_path, {}, 1, None, events, orders)


class Work:
    """Three steps and a result; it notes that it was closed."""

    closed = False

    def __iter__(self) -> Generator[Progress, None, str]:
        try:
            for done in range(4):
                yield Progress(done, 3, "draw")
            return "result"
        finally:
            self.closed = True


def reported(job: Job) -> list[dict[str, Any]]:
    return [
        dict(event) for event in EventLog(job.folder / "events.jsonl").read() if event["type"] == "progress"
    ]


def test_the_result_comes_back_and_the_last_progress_is_told(job: Job) -> None:
    assert follow(job, iter(Work())) == "result"
    first, *_, last = reported(job)
    assert (first["done"], first["total"], first["stage"], first["seconds_left"]) == (0, 3, "draw", None)
    assert (last["done"], last["total"], last["seconds_left"]) == (3, 3, 0.0)


def test_work_without_a_step_has_a_result_too(job: Job) -> None:
    def nothing() -> Generator[Progress, None, int]:
        return 7
        yield

    assert follow(job, nothing()) == 7 and reported(job) == []


@pytest.mark.parametrize("order", ["pause", "cancel", "orphan"])
def test_an_order_to_stop_closes_the_work(job: Job, orders: Orders, order: str) -> None:
    work = Work()
    orders.wanted = order
    with pytest.raises(StoppedError):
        follow(job, iter(work))
    assert work.closed and reported(job) == []


def test_the_order_to_take_one_step_is_for_what_comes_after(job: Job, orders: Orders) -> None:
    orders.wanted = "step"
    assert follow(job, iter(Work())) == "result"


def test_an_error_of_the_work_goes_through(job: Job) -> None:
    def failing() -> Generator[Progress, None, None]:
        yield Progress(1, 2)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        follow(job, failing())


def test_whoever_leaves_early_closes_the_work(job: Job) -> None:
    work = Work()
    steps = watched(job, iter(work))
    next(steps)
    steps.close()
    assert work.closed
