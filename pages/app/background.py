"""Server work before the first page and after it is painted: heavy imports, warm worker, built-in data."""

import contextlib
import gc
import threading
from functools import cache
from importlib import import_module

import streamlit as st

from core.errors import InputError
from core.files import locations
from core.process import return_large_blocks, skip_compiler, use_one_thread
from pages.app.services import install, jobs


@cache
def prepare() -> None:
    """Limit what the process takes of the machine; call before anything imports torch."""
    use_one_thread()
    skip_compiler()
    return_large_blocks()


@st.cache_resource(show_spinner=False)
def start() -> None:
    """Warm up the worker, install missing sketches, import heavy modules; once, later calls do nothing."""
    service = jobs()
    service.warm_up()
    if locations.locate("sketches") is None:
        with contextlib.suppress(InputError):  # the training page tries again and shows the error
            install("sketches")
    threading.Thread(target=_import_heavy, name="imports", daemon=True).start()


def _import_heavy() -> None:
    """Import what later pages use, then freeze it so the collector doesn't rescan it again and again."""
    import_module("core.training.checkpoints")
    import_module("core.evaluation")
    import_module("core.transforms.pipeline")
    gc.collect()
    gc.freeze()
