"""Server work beside the pages, in the order learners need it: the sketches, heavy imports, a warm worker."""

import contextlib
import gc
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module

import streamlit as st

from core.errors import InputError
from core.files import locations
from core.jobs import JobService
from core.process import open_more_files, return_large_blocks, skip_compiler, use_one_thread
from pages.app.services import install, jobs

_FIRST_LOOK = 2.0  # seconds that a first page may take before the drawing shares the machine with it
_HEAD_START = 3.0  # seconds that a training which has waited for the sketches has the machine to itself
_POLL = 0.2  # seconds between two looks at the drawing
_PATIENCE = 60.0  # seconds; on a machine that needs longer to draw, torch comes meanwhile


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Begin as soon as the server listens: its first visitor's browser still has to load the front end."""
    _begin()
    yield


@cache
def prepare() -> None:
    """Limit what the process takes of the machine; call before anything imports torch."""
    use_one_thread()
    skip_compiler()
    return_large_blocks()
    open_more_files()


def start() -> None:
    """Note that a page is painted: now there is time for a worker that warms up."""
    _begin().set()


@st.cache_resource(show_spinner=False)
def _begin() -> threading.Event:
    """Start the work once; returns the event of the first painted page."""
    prepare()
    painted = threading.Event()
    threading.Thread(target=_work, args=(jobs(), painted), name="background", daemon=True).start()
    return painted


def _work(service: JobService, painted: threading.Event) -> None:
    """Draw missing sketches before anything else, but for a first page: nobody can train without them."""
    if locations.locate("sketches") is None:
        painted.wait(_FIRST_LOOK)
        _draw(service)
    _import_heavy()
    painted.wait()
    service.warm_up()


def _draw(service: JobService) -> None:
    deadline = time.monotonic() + _PATIENCE
    with contextlib.suppress(InputError):  # the training page tries again and shows the error
        run = install("sketches")
        while service.get(run.id).active and time.monotonic() < deadline:
            time.sleep(_POLL)
        time.sleep(_HEAD_START)


def _import_heavy() -> None:
    """Import what later pages use, then freeze it so the collector doesn't rescan it again and again."""
    import_module("core.training.checkpoints")
    import_module("core.evaluation")
    import_module("core.transforms.pipeline")
    gc.collect()
    gc.freeze()
