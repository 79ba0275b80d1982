"""What is on this machine: data, processor, the learner's runs. Follows the drawing of the sketches."""

import os
import sys
from collections.abc import Sequence
from io import BytesIO

import streamlit as st
from PIL import Image

from core.files import locations
from core.files.locations import DATA_SETS, DataSet
from core.jobs import Run
from pages.app.language import PageWords, shared
from pages.app.page_table import ROOT
from pages.app.punctuation import labelled
from pages.app.services import installing
from pages.shared import runs
from pages.shared.facts import facts_table
from pages.shared.progress import PERIOD, progress_of

words = PageWords("home")

WIDEST = 1440  # pixels


def machine(own: Sequence[Run]) -> None:
    """Show the table, again and again while the sketches are being drawn, and a picture of them."""
    drawing = locations.locate("sketches") is None
    st.fragment(_table, run_every=PERIOD if drawing else None)(own, drawing)
    st.image(
        _picture(),
        caption=words("picture.caption"),
        width="stretch",
        alt=words("picture"),
    )


@st.cache_data(show_spinner=False)
def _picture() -> bytes:
    """The picture no wider than st.image leaves it: a wider one is scaled anew for each visit."""
    file, picture = BytesIO(), Image.open(ROOT / "assets" / "sketches.png")
    picture.thumbnail((WIDEST, WIDEST))
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


def _table(own: Sequence[Run], drawing: bool) -> None:
    if drawing and locations.locate("sketches") is not None:
        st.rerun()
    best = max((epoch.validation_accuracy for run in own if (epoch := runs.best_of(run))), default=None)
    torch = sys.modules.get("torch")  # only if another page has imported it already
    gpu = bool(torch and hasattr(torch, "cuda") and torch.cuda.is_available())
    data = (labelled(shared(f"data.{name}"), _state(name)) for name in DATA_SETS)
    facts_table(
        {
            words("machine.data"): " · ".join(data),
            words("machine.device"): words("device.gpu" if gpu else "device.cpu", cores=os.cpu_count()),
            words("machine.runs"): str(len(own)) if own else words("none"),
            words("machine.best"): words("none")
            if best is None
            else words("score", percent=f"{100 * best:.1f}"),
        }
    )


def _state(name: DataSet) -> str:
    if locations.locate(name) is not None:
        return words("data.ready")
    run = installing(name)
    progress = progress_of(run) if run is not None and run.active else None
    if progress is None or name != "sketches":
        return words("data.not_yet")
    return words("data.drawing", done=f"{progress['done']:,}", total=f"{progress['total']:,}")
