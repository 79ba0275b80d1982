"""Driving a generator inside a job: its progress becomes events, and an order to stop ends it early."""

import time
from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

from core.jobs.worker.job import Job
from core.progress import Progress

REPORT_EVERY = 0.2  # seconds between two events
Item = TypeVar("Item")
Result = TypeVar("Result")


class StoppedError(Exception):
    """The job was told to stop; the worker ends the job as the order says."""


def watched(job: Job, work: Generator[Item, None, Result]) -> Generator[Item, None, Result]:
    """Yield the items of `work` and return its result.

    Raises StoppedError, with `work` closed, once the job is told to stop. The order to take one step stops
    nothing: it is for the training that may come after this work.
    """
    with closing(work):  # its `finally` must run, since the process ends by os._exit
        while True:
            try:
                item = next(work)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            if job.wanted not in (None, "step"):
                raise StoppedError
            yield item


def follow(job: Job, work: Generator[Progress, None, Result]) -> Result:
    """Run `work` to its result; report progress and the seconds left now and then, the last progress always.

    Raises StoppedError once the job is told to stop.
    """
    steps, began = watched(job, work), time.monotonic()
    progress, reported_at = None, began - REPORT_EVERY
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            if progress is not None:
                _report(job, progress, began)
            result: Result = stop.value
            return result
        if time.monotonic() - reported_at >= REPORT_EVERY:
            _report(job, progress, began)
            reported_at = time.monotonic()


def _report(job: Job, progress: Progress, began: float) -> None:
    seconds_left = (
        (time.monotonic() - began) / progress.done * (progress.total - progress.done)
        if progress.done
        else None
    )
    job.events.write(
        "progress", done=progress.done, total=progress.total, stage=progress.stage, seconds_left=seconds_left
    )
