"""The tasks that put a data set on disk."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol, cast

from core.jobs.job import Job
from core.jobs.spec import State

_REPORT_EVERY = 0.2  # seconds


class Progress(Protocol):
    """How far a long piece of work has come, in whatever unit it counts."""

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


def sketches(job: Job) -> State:
    from core import sketches

    return follow(job, sketches.write(Path(job.params["dest"])))


def download(job: Job) -> State:
    from core.download import download

    return follow(job, download(Path(job.params["dest"])))


def follow(job: Job, work: Iterator[Progress]) -> State:
    """Report the progress of a generator now and then, the last one always, and leave it when told to stop."""
    job.begin()
    progress, reported_at = None, 0.0
    with closing(cast(Generator[Progress, None, None], work)):  # its `finally` must run: the process ends without ceremony
        for progress in work:
            if job.wanted:
                return job.outcome
            if time.monotonic() - reported_at >= _REPORT_EVERY:
                _report(job, progress)
                reported_at = time.monotonic()
    if progress is not None:
        _report(job, progress)
    return State.DONE


def _report(job: Job, progress: Progress) -> None:
    job.events.write("progress", done=progress.done, total=progress.total, stage=getattr(progress, "stage", None))
