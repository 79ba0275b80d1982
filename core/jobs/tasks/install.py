"""The tasks that put a data set on disk."""

import os
from pathlib import Path

from core.files import locations
from core.jobs.spec import State
from core.jobs.worker.follow import follow
from core.jobs.worker.job import Job

_NICENESS = 10  # the first page and its browser, on the same cores, come first
_PROCESSES = min(os.cpu_count() or 1, 4)  # more would be done with the drawings before they have started


def sketches(job: Job) -> State:
    """Write the sketches. Params: dest."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    from core.dataset import sketches

    job.begin()
    follow(job, sketches.write(Path(job.params["dest"]), processes=_PROCESSES))
    return State.DONE


def download(job: Job) -> State:
    """Download CIFAR-10. Params: dest."""
    from core.files.download import download

    job.begin()
    follow(job, download(Path(job.params["dest"])))
    return State.DONE


def unpack(job: Job) -> State:
    """Unpack or convert a learner's CIFAR-10 and use it from now on. Params: source, dest."""
    from core.dataset.unpacking import unpacking

    job.begin()
    follow(job, unpacking(job.params["source"], job.params["dest"]))
    locations.point_at(job.params["dest"])
    return State.DONE
