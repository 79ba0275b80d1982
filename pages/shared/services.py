"""What one server holds for all its visitors: the job service, and the jobs that put data sets on disk."""

import atexit
import threading

import streamlit as st

from core import data_home
from core.data_home import DataSet
from core.jobs import JobService, JobSpec, Run

_installing = threading.Lock()
ENTRIES: dict[DataSet, str] = {"sketches": "sketches", "cifar-10": "download"}


@st.cache_resource(show_spinner=False)
def jobs() -> JobService:
    service = JobService()
    atexit.register(service.close)
    return service


def installer(data_set: DataSet) -> str:
    """The owner of the jobs that put this data set on disk for everybody; one each, so that neither waits for the other."""
    return f"server-{data_set}"


def installing(data_set: DataSet) -> Run | None:
    """The latest try at putting this data set on disk."""
    return next(iter(jobs().list(installer(data_set))), None)


def install(data_set: DataSet) -> Run:
    """Start putting a data set on disk, or join a try that is under way. Raises InputError when that can't be queued."""
    with _installing:  # two visitors may ask at once
        last = installing(data_set)
        if last is not None and last.state in ("queued", "running"):
            return last
        if last is not None:
            jobs().delete(last.id, last.owner)
        return jobs().submit(JobSpec(ENTRIES[data_set], {"dest": str(data_home.parent(data_set))}, installer(data_set)))
