"""Programs to take along: script, notebook, their parts; and a training's way back from a notebook."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import streamlit as st

from core.code.bundle import bundle
from core.code.notebook import Origin, notebook, of_program
from core.code.program import Program, Section
from core.code.settings import settings
from core.code.training import Config
from core.code.training import program as training_program
from core.errors import InputError
from core.files import locations
from core.files.locations import DataSet
from core.jobs import Run
from core.training.config import TrainConfig
from pages.app.language import PageWords, current
from pages.app.page import show_error
from pages.app.page_table import address, link
from pages.shared.runs import history_of

if TYPE_CHECKING:
    from pages.shared.model_picker import ModelChoice

words = PageWords("code")

# Where the page explains a part, and under which tab; the part by its program and its name.
EXPLAINED: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "train.parameters": ("lr", "diagnosis", {"diagnosis.tab.open": "lr_range"}),
    "train.data": ("pipeline", "transforms", {}),
    "train.network": ("calculator", "shapes", {"shapes.view": "network"}),
    "train.loop": ("step", "optimizers", {}),
    "train.saving": ("files", "saving", {}),
    "race.race": ("step", "optimizers", {"optimizers.tab.open": "step"}),
    "evaluation.network": ("calculator", "shapes", {"shapes.view": "network"}),
    "evaluation.weights": ("breaks", "saving", {"saving.tab.open": "breaks"}),
    "evaluation.data": ("pipeline", "transforms", {}),
    "evaluation.scores": ("confusion", "evaluation", {"evaluation.tab.open": "confusion"}),
    "network.network": ("layers", "layers", {}),
    "pipeline.transform": ("splits", "transforms", {"transforms.tab.open": "splits"}),
    "pipeline.dataset": ("dataset", "transforms", {"transforms.tab.open": "dataset"}),
    "pipeline.loader": ("loader", "transforms", {"transforms.tab.open": "loader"}),
}
UPLOAD, REFUSED, FILLED = "code.upload", "code.refused", "code.filled"
ENDINGS = {"script": (".py", "text/x-python"), "notebook": (".ipynb", "application/x-ipynb+json")}
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Luggage:
    """What comes along in a zip file: the images of the sketches, and more files by their names."""

    data_set: DataSet | None = None
    more: Callable[[], Mapping[str, bytes]] | None = None

    @property
    def folder(self) -> Path | None:
        """Where the images are; None for those that a learner can download."""
        return locations.locate("sketches") if self.data_set == "sketches" else None


def program(config: Config, data_set: DataSet, run: Run | None) -> None:
    """Offer the training as a script and as a notebook, and show it part by part."""
    st.markdown(words("about"))
    for reason in _inexact(config, run):
        st.caption(words(f"inexact.{reason}"))
    made = training_program(config, data_set, current())
    _show(made, lambda: _notebook(config, data_set, run), Luggage(data_set))


def offer(
    made: Program,
    page: str,
    luggage: Luggage | None = None,
    printed: Callable[[], Mapping[str, str]] = lambda: _NOTHING,
    notes: Iterable[str] = (),
) -> None:
    """Offer the program of a page as a script and as a notebook with a link back, and show it part by part.

    printed: what parts have printed here, by name. notes: names of sentences on this very program.
    """
    st.markdown(words(f"about.{made.name}"))
    for note in notes:
        st.caption(words(f"{made.name}.{note}"))
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    back = _back(page, query | {"lang": [current()]})
    _show(made, lambda: of_program(made, current(), back, printed()), luggage or Luggage())


def offer_evaluation(
    model: "ModelChoice",
    file: str,
    page: str,
    printed: Callable[[], Mapping[str, str]] = lambda: _NOTHING,
) -> None:
    """Offer, from a page, the program that judges a network; `file` names its .pt or .safetensors."""
    from core.code.evaluation import evaluation_program  # both import torch
    from core.saving import export

    weights = model.weights
    make = export.as_pt if file.endswith(".pt") else export.as_safetensors
    made = evaluation_program(
        file, weights.architecture, weights.mean, weights.std, model.data_set, current()
    )
    offer(made, page, Luggage(model.data_set, lambda: {file: make(weights)}), printed)


def _show(made: Program, book: Callable[[], bytes], luggage: Luggage) -> None:
    makers: dict[str, Callable[[], bytes]] = {"script": made.script.encode, "notebook": book}
    with st.container(horizontal=True, vertical_alignment="center"):
        for form, make in makers.items():
            _download(made.name, form, make, luggage)
    whole = st.expander(words("copy"), icon=":material/content_copy:", on_change="rerun", key="code.whole")
    if whole.open:
        whole.code(made.script, language="python")
    for section in made.sections:
        _part(made.name, section)


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


def _download(name: str, form: str, make: Callable[[], bytes], luggage: Luggage) -> None:
    """Draw one button; what nobody can download elsewhere comes along in a zip file."""
    ending, mime = ENDINGS[form]
    folder, more = luggage.folder, luggage.more
    style = {"on_click": "ignore", "icon": ":material/download:", "key": f"code.{form}"}
    label, file = words(f"download.{form}"), name + ending
    if folder is None and more is None:
        st.download_button(label, data=make, file_name=file, mime=mime, **style)
    else:
        st.download_button(
            label,
            data=lambda: bundle(file, make(), folder, more() if more else {}),
            file_name=f"{name}-{form}.zip",
            mime="application/zip",
            **style,
        )


def _notebook(config: Config, data_set: DataSet, run: Run | None) -> bytes:
    if run is None:
        return notebook(config, data_set, current(), Origin(_back("training", dict(st.query_params))))
    query = {"lang": current(), "training.run": run.id}
    return notebook(
        config, data_set, current(), Origin(_back("training", query), run.created), history_of(run)
    )


def _back(page: str, query: Mapping[str, str | list[str]]) -> str:
    """The address of a page with this query, on the server as the browser knows it."""
    here = urlsplit(st.context.url or "http://localhost:8501")
    return f"{here.scheme}://{here.netloc}{address(page)}?{urlencode(query, doseq=True)}"


def _part(name: str, section: Section) -> None:
    """Show one part of a program, and where it is explained."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{section.title}**", width="content")
        if f"{name}.{section.name}" in EXPLAINED:
            _explained(*EXPLAINED[f"{name}.{section.name}"])
    st.code(section.code, language="python")


def _explained(label: str, page: str, query: Mapping[str, str]) -> None:
    """Lead to where a part is explained; a tab of the page itself opens in place."""
    tab = query.get(f"{page}.tab.open")
    if tab is None or page != st.session_state.get("page"):
        link(page, words(f"explained.{label}"), **query)
        return
    st.button(
        words(f"explained.{label}"),
        key=f"code.explained.{label}",
        type="tertiary",
        icon=":material/arrow_upward:",
        on_click=_open_tab,
        args=(page, tab),
    )


def _open_tab(page: str, tab: str) -> None:
    st.session_state[f"{page}.tab"] = PageWords(page)(f"tab.{tab}")
