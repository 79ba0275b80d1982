"""Tasks for the tests of core.jobs; a worker imports them like the real ones. Only one of them uses torch."""

import errno
import os
import time
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.jobs import ENTRIES, JobEntry
from core.jobs.spec import State
from core.jobs.worker.job import Job


def count(job: Job) -> State:
    """Count to params["to"], a step each hundredth of a second; a file holds the resume checkpoint."""
    file, start = job.folder / "count", job.memory.take()
    warm = start is not None
    if start is None:
        start = int(file.read_text()) if file.exists() else 0
    job.begin(start, warm=warm)
    for step in range(start + 1, job.params["to"] + 1):
        time.sleep(0.01)
        job.events.write("step", step=step)
        file.write_text(str(step))
        if job.wanted or (job.steps and step - start >= job.steps):
            state = job.stopped_as
            job.memory.kept = step if state == State.PAUSED else None
            return state
    return State.DONE


def fill(job: Job) -> State:
    """Count, but in the second attempt the disk takes nothing any more."""
    if job.attempt == 2:
        os.dup2(os.open("/dev/full", os.O_WRONLY), job.events._file)
    return count(job)


def hang(job: Job) -> State:
    """Sleep without ever looking at the orders."""
    job.begin()
    time.sleep(600)
    return State.DONE


def fail(job: Job) -> State:
    """Fail in the way that params["how"] names."""
    job.begin()
    print("about to fail")
    if job.params["how"] == "input":
        raise InputError("diverged", step=7)
    if job.params["how"] == "full":  # the disk takes nothing any more, the `end` event neither
        os.close(job.events._file)
        job.events._file = os.open("/dev/full", os.O_WRONLY)
        job.events.write("step", step=1)
    if job.params["how"] == "denied":
        raise PermissionError(errno.EACCES, "no")
    if job.params["how"] == "exit":
        os._exit(3)
    raise RuntimeError("first line\nsecond line")


def hog(job: Job) -> State:
    """Take as many MB as params["mb"] says, in torch, and keep them."""
    import torch

    job.begin()
    taken = torch.ones(job.params["mb"], 2**18)
    job.events.write("step", step=1, bytes=taken.nbytes, score=Path("/proc/self/oom_score_adj").read_text())
    return State.DONE


def threads(job: Job) -> State:
    """Report how many threads torch has for one operation."""
    import torch

    job.begin()
    job.events.write("step", step=1, threads=torch.get_num_threads())
    return State.DONE


def chatter(job: Job) -> State:
    """Print far more than a log may hold."""
    job.begin()
    for _ in range(250):
        print("x" * 16_000)
        time.sleep(0.01)
    return State.DONE


def entry(name: str, *params: str, lane: str = "train", warm: bool = False) -> JobEntry:
    """An entry for a task of this module, which takes any values for its parameters."""
    return JobEntry(lane, f"tests.support.job_tasks:{name}", dict.fromkeys(params, _anything), warm)


def _anything(value: Any) -> Any:
    return value


TEST_ENTRIES = {
    **ENTRIES,
    "count": entry("count", "to"),
    "fill": entry("fill", "to"),
    "count-warm": entry("count", "to", warm=True),
    "compute": entry("count", "to", lane="compute"),
    "hang": entry("hang"),
    "fail": entry("fail", "how"),
    "hog": entry("hog", "mb"),
    "threads": entry("threads"),
    "chatter": entry("chatter"),
}
