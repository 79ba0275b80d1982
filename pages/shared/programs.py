"""A training as a program to take along: script, notebook, its parts, and the way back from a notebook."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import streamlit as st

from core.code.bundle import bundle
from core.code.notebook import Origin, notebook
from core.code.settings import settings
from core.code.training import Config, Section, script, sections
from core.errors import InputError
from core.files import locations
from core.files.locations import DataSet
from core.jobs import Run
from core.training.config import TrainConfig
from pages.app.language import PageWords, current
from pages.app.page import show_error
from pages.app.page_table import address, link
from pages.shared.runs import history_of

words = PageWords("code")

# Where the page explains a part, and under which tab.
EXPLAINED = {
    "parameters": ("lr", "diagnosis", {"diagnosis.tab.open": "lr_range"}),
    "data": ("pipeline", "transforms", {}),
    "network": ("calculator", "shapes", {"shapes.view": "network"}),
    "loop": ("step", "optimizers", {}),
    "saving": ("files", "saving", {}),
}
UPLOAD, REFUSED, FILLED = "code.upload", "code.refused", "code.filled"
FILES = {"script": ("train.py", "text/x-python"), "notebook": ("train.ipynb", "application/x-ipynb+json")}


def program(config: Config, data_set: DataSet, run: Run | None) -> None:
    """Offer the training as a script and as a notebook, and show it part by part."""
    st.markdown(words("about"))
    for reason in _inexact(config, run):
        st.caption(words(f"inexact.{reason}"))
    makers: dict[str, Callable[[], bytes]] = {
        "script": lambda: script(config, data_set, current()).encode(),
        "notebook": lambda: _notebook(config, data_set, run),
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, make in makers.items():
            _download(name, make, data_set)
    whole = st.expander(words("copy"), icon=":material/content_copy:", on_change="rerun", key="code.whole")
    if whole.open:
        whole.code(script(config, data_set, current()), language="python")
    for section in sections(config, data_set, current()):
        _part(section)


def bring_back(fill: Callable[[Config, DataSet], None]) -> None:
    """Let the learner upload an exported notebook; `fill` puts its settings into the controls."""
    st.file_uploader(words("bring"), type="ipynb", key=UPLOAD, on_change=_bring_back, args=(fill,))
    if REFUSED in st.session_state:
        show_error(st.session_state.pop(REFUSED))
    elif st.session_state.pop(FILLED, False):
        st.success(words("bring.done"))


def _bring_back(fill: Callable[[Config, DataSet], None]) -> None:
    file = st.session_state[UPLOAD]
    if file is None:
        return
    try:
        fill(*settings(file.getvalue()))
        st.session_state[FILLED] = True
    except InputError as error:
        st.session_state[REFUSED] = error


def _inexact(config: Config, run: Run | None) -> list[str]:
    """Why the program's losses may differ from the app's; the sentences, by name."""
    found = []
    if isinstance(config, TrainConfig) and config.device != "cpu":
        found.append("device")
    if run is not None and "branch" in run.params:
        found.append("branch")
    return found


def _download(form: str, make: Callable[[], bytes], data_set: DataSet) -> None:
    """Draw one button; with the sketches, which nobody can download, the images come along in a zip file."""
    file, mime = FILES[form]
    folder = locations.locate(data_set) if data_set == "sketches" else None
    style = {"on_click": "ignore", "icon": ":material/download:", "key": f"code.{form}"}
    label = words(f"download.{form}")
    if folder is None:
        st.download_button(label, data=make, file_name=file, mime=mime, **style)
    else:
        name = f"lenet-{form}.zip"
        st.download_button(
            label, data=lambda: bundle(file, make(), folder), file_name=name, mime="application/zip", **style
        )


def _notebook(config: Config, data_set: DataSet, run: Run | None) -> bytes:
    if run is None:
        return notebook(config, data_set, current(), Origin(_back(dict(st.query_params))))
    query = {"lang": current(), "training.run": run.id}
    return notebook(config, data_set, current(), Origin(_back(query), run.created), history_of(run))


def _back(query: dict[str, str]) -> str:
    """The address of the training page with this query, on the server as the browser knows it."""
    here = urlsplit(st.context.url or "http://localhost:8501")
    return f"{here.scheme}://{here.netloc}{address('training')}?{urlencode(query)}"


def _part(section: Section) -> None:
    """Show one part of the program, and where it is explained."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words(f'part.{section.name}')}**", width="content")
        if section.name in EXPLAINED:
            label, page, query = EXPLAINED[section.name]
            link(page, words(f"explained.{label}"), **query)
    st.code(section.code, language="python")
