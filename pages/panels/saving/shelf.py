"""The networks that a learner brought along: where to use each, and how to delete it."""

import streamlit as st

from core.errors import InputError
from core.jobs import runs_folder
from core.saving import library
from core.saving.library import Uploaded
from pages.app import owner
from pages.app.language import PageWords, shared
from pages.app.page import plain, show_error
from pages.app.page_table import link
from pages.app.services import jobs
from pages.shared.model_picker import upload_option

words = PageWords("saving")


def shelf() -> None:
    """Show what was brought along so far, with where to use it."""
    entries = library.entries(runs_folder(), owner.current())
    kept = st.session_state.pop("saving.kept", None)
    if "saving.shelf.error" in st.session_state:
        show_error(st.session_state.pop("saving.shelf.error"))
    st.markdown(f"**{words('shelf')}**")
    st.caption(words("shelf.count", count=len(entries), most=library.MOST))
    for entry in entries:
        if entry.digest == kept:
            st.success(words("keep.done", name=plain(entry.name)), icon=":material/check:")
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            _entry(entry)


def _entry(entry: Uploaded) -> None:
    option = upload_option(entry)
    st.markdown(
        f"**{plain(entry.name)}**  \n{shared(f'data.{entry.data_set}')} · {option.removeprefix('upload-')}",
        width="stretch",
    )
    with st.container(horizontal=True, vertical_alignment="center", width="content"):  # in one row
        link("evaluation", words("shelf.evaluate"), **{"evaluation.run": option})
        link("inside", words("shelf.inside"), **{"inside.run": option})
        st.button(
            words("shelf.delete"), on_click=_delete, args=(entry,), key=f"saving.delete.{entry.digest[:12]}",
            disabled=jobs().read_only, icon=":material/delete:", type="tertiary",
        )  # fmt: skip


def _delete(entry: Uploaded) -> None:
    try:
        library.delete(runs_folder(), owner.current(), entry.digest)
    except InputError as error:
        st.session_state["saving.shelf.error"] = error
