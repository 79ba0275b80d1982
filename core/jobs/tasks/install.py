"""The tasks that put a data set on disk."""

from pathlib import Path

from core.jobs.spec import State
from core.jobs.worker.follow import follow
from core.jobs.worker.job import Job


def sketches(job: Job) -> State:
    from core.dataset import sketches

    job.begin()
    follow(job, sketches.write(Path(job.params["dest"])))
    return State.DONE


def download(job: Job) -> State:
    from core.files.download import download

    job.begin()
    follow(job, download(Path(job.params["dest"])))
    return State.DONE
