"""Services that a server shares among its visitors: the job service, and jobs that put data sets on disk."""

import atexit
import sys
import threading

import streamlit as st

from core.errors import InputError
from core.files import locations
from core.files.locations import DataSet
from core.jobs import JobService, JobSpec, LocalBackend, Run
from core.jobs.limits.settings import default_limits, require_environment, worker_memory
from pages.server.hosting import is_hosted

_starting = threading.Lock()
ENTRIES: dict[DataSet, str] = {"sketches": "sketches", "cifar-10": "download"}
UNPACKER = "server-unpack"


def require_settings() -> None:
    """Exit with a sentence where the environment has a wrong value: a server shouldn't start with it."""
    try:
        require_environment()
    except InputError as error:
        sys.exit(f"error: {error}")


@st.cache_resource(show_spinner=False)
def jobs() -> JobService:
    """The server's job service, closed when the process exits."""
    hosted = is_hosted()
    service = JobService(
        backend=LocalBackend(memory=worker_memory(hosted=hosted)), limits=default_limits(hosted=hosted)
    )
    atexit.register(service.close)
    return service


def installer(data_set: DataSet) -> str:
    """Owner of the jobs that put this data set on disk for everybody.

    Each data set has its own, so that neither waits for the other.
    """
    return f"server-{data_set}"


def installing(data_set: DataSet) -> Run | None:
    """The latest attempt to put this data set on disk."""
    return latest(installer(data_set))


def install(data_set: DataSet) -> Run:
    """Start putting a data set on disk, or join an attempt that is under way.

    Raises InputError when the job can't be queued.
    """
    return start_or_join(
        JobSpec(ENTRIES[data_set], {"dest": str(locations.parent(data_set))}, installer(data_set))
    )


def unpack(source: str) -> Run:
    """Start unpacking or converting a CIFAR-10 of the learner's. Raises InputError as `install` does."""
    params = {"source": source, "dest": str(locations.unpacked())}
    return start_or_join(JobSpec("unpack", params, UNPACKER))


def unpacking() -> Run | None:
    """The latest attempt to unpack or convert one."""
    return latest(UNPACKER)


def latest(installer: str) -> Run | None:
    """The newest run of one of the server's own jobs, each of which has an owner of its own."""
    return next(iter(jobs().list(installer)), None)


def start_or_join(spec: JobSpec) -> Run:
    """Start one of the server's own jobs; a run under way is joined, an earlier one deleted.

    Raises InputError when the job can't be queued.
    """
    with _starting:  # two visitors may ask at once
        last = latest(spec.owner)
        if last is not None and last.active:
            return last
        if last is not None:
            jobs().delete(last.id, last.owner)
        return jobs().submit(spec)
