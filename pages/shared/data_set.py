"""The choice of a data set, and the ways to get one that isn't on this machine yet."""

from pathlib import Path

import streamlit as st

from core.errors import InputError
from core.files import locations
from core.files.locations import DATA_SETS, DataSet
from pages.app import owner
from pages.app.choice import choice
from pages.app.language import shared as words
from pages.app.page import plain, show_error
from pages.app.punctuation import listed, sentences
from pages.app.services import install, installing, unpack, unpacking
from pages.shared.progress import turned_away, under_way

# By a refusal's key: the value that says where the data lie, and the label of the button that fetches them.
_OFFERS = {"data_packed": ("archive", "data.unpack"), "data_folder_binary": ("folder", "data.convert")}


def choose(key: str, first: DataSet | None = None) -> tuple[DataSet, Path | None]:
    """Draw the control and return name and folder chosen; no folder, None, while the data set isn't there.

    The control starts at `first`; without it at CIFAR-10 where that is on this machine, else at the sketches.
    """
    if first is None:
        first = "sketches" if locations.locate("cifar-10") is None else "cifar-10"
    chosen: DataSet = choice(
        st.segmented_control,
        words("data.label"),
        DATA_SETS,
        first,
        key=key,
        format_func=lambda name: words(f"data.{name}"),
        required=True,
        always=True,
    )
    return chosen, locations.locate(chosen)


def promised(data_set: DataSet) -> Path | None:
    """Return the folder for a training, which waits for sketches unless drawing them has failed."""
    run = installing(data_set)
    failed = run is not None and run.error and not run.active
    return locations.locate(data_set) if failed else locations.promised(data_set)


def about(data_set: DataSet, root: Path | None, more: str = "") -> None:
    """Describe the data set in one sentence, then `more`; where it is missing, show how to get it."""
    pointed = locations.configured()
    if data_set == "cifar-10" and pointed is not None and pointed != root:
        st.warning(words("data.pointed_wrong", folder=plain(pointed)))
    if root is None:
        missing(data_set)
        return
    differing = _differing(str(root), locations.stamps(root)) if data_set == "cifar-10" else []
    if len(differing) == len(locations.BATCH_FILES):
        st.caption(sentences(words("data.cifar-10.copy", folder=plain(root)), more))
        return
    if differing:
        st.warning(words("data.cifar-10.damaged", folder=plain(root), files=listed(differing)))
    st.caption(sentences(words(f"data.{data_set}.about"), more))


@st.cache_data(show_spinner=False, max_entries=8)
def _differing(root: str, stamps: object) -> list[str]:
    return locations.differing(root)


def missing(data_set: DataSet) -> None:
    """Show the ways to get a data set that isn't on this machine, or the progress of getting it."""
    run = installing(data_set)
    if run is None and data_set == "sketches":  # sketches come with the app: nobody has to ask for them
        _install(data_set)
        run = installing(data_set)
    if run is not None and run.active:
        _under_way(data_set)
        return
    if run is not None and run.error:
        show_error(run.error)
        if data_set == "cifar-10" and owner.is_local():
            st.caption(words("data.by_hand", folder=plain(locations.parent(data_set))))
    if data_set == "sketches":
        st.button(words("data.draw"), on_click=_install, args=(data_set,), key="data.draw")
    else:
        _ways_to_cifar()
    if "data.error" in st.session_state:
        show_error(st.session_state.pop("data.error"))


def _ways_to_cifar() -> None:
    st.info(words("data.missing"))
    st.button(
        words("data.download"),
        on_click=_install,
        args=("cifar-10",),
        key="data.download",
        icon=":material/download:",
    )
    point_elsewhere(words("data.folder"))


def point_elsewhere(label: str) -> None:
    """Ask for another folder with CIFAR-10; visitors of a hosted server have no business in its folders."""
    if not owner.is_local():
        return
    run = unpacking()
    if run is not None and run.active and not turned_away(run):
        _unpacking_under_way()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(label, key="data.folder", max_chars=1000, width=420)
        st.button(words("data.folder.use"), on_click=_point, key="data.use")
    error = st.session_state.get("data.refusal")
    if run is not None and run.error and run.id == st.session_state.get("data.unpacked"):
        error = run.error
    if error is not None:
        show_error(error)
        _offer(error)


def _offer(error: InputError) -> None:
    """The way out in one click, where the learner's CIFAR-10 has only to be unpacked or converted."""
    if error.key in _OFFERS:
        value, label = _OFFERS[error.key]
        st.button(
            words(label),
            on_click=_unpack,
            args=(error.values[value],),
            key="data.unpack",
            type="primary",
            icon=":material/folder_zip:",
        )


def _unpack(source: str) -> None:
    st.session_state.pop("data.refusal", None)
    try:
        st.session_state["data.unpacked"] = unpack(source).id
    except InputError as error:
        st.session_state["data.refusal"] = error


def _unpacking_under_way() -> None:
    under_way(
        unpacking,
        lambda percent: sentences(words("data.unpacking"), words("data.progress", percent=percent)),
        key="data.unpack.stop",
        stop=words("data.unpack.stop"),
    )


def _under_way(data_set: DataSet) -> None:
    sentence = words("data.sketches.writing" if data_set == "sketches" else "data.downloading")
    under_way(
        lambda: installing(data_set) if locations.locate(data_set) is None else None,
        lambda percent: sentences(sentence, words("data.progress", percent=percent)),
        key="data.stop",
        stop=words("data.stop") if data_set == "cifar-10" and owner.is_local() else "",
    )


def _install(data_set: DataSet) -> None:
    try:
        install(data_set)
    except InputError as error:
        st.session_state["data.error"] = error


def _point() -> None:
    for key in ("data.refusal", "data.unpacked"):
        st.session_state.pop(key, None)
    try:
        locations.point_at(st.session_state["data.folder"])
    except InputError as error:
        st.session_state["data.refusal"] = error
