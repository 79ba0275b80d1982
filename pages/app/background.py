"""What a server does before its first page, and once that is painted: heavy imports, the warm worker, the built-in data set."""

import contextlib
import gc
import threading
from functools import cache
from importlib import import_module

import streamlit as st

from core.errors import InputError
from core.files import locations
from core.process import return_large_blocks, use_one_thread
from pages.app.services import install, jobs


@cache
def prepare() -> None:
    """Take little of the machine; before anything imports torch."""
    use_one_thread()
    return_large_blocks()


@st.cache_resource(show_spinner=False)
def start() -> None:
    """Once per server; later calls do nothing."""
    service = jobs()
    service.warm_up()
    if locations.locate("sketches") is None:
        with contextlib.suppress(InputError):  # the training page asks again and shows the sentence
            install("sketches")
    threading.Thread(target=_import_heavy, name="imports", daemon=True).start()


def _import_heavy() -> None:
    """Import what later pages use, then keep the collector from walking all of it again and again."""
    import_module("core.training.checkpoints")
    import_module("core.evaluation")
    import_module("torch._dynamo")  # by the first optimizer that is made, and it takes more than a second
    import_module("core.transforms.pipeline")
    gc.collect()
    gc.freeze()
