"""The files of a data set: sizes, checksums, contents; and the installation of CIFAR-10."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core import dataset
from core.dataset import batch_entries
from core.dataset.batch_entries import EntryField
from core.errors import InputError
from core.files import locations
from core.files.locations import FILES, MD5, TRAIN_FILES, DataSet
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.page import plain, show_error
from pages.app.tabs import code_box
from pages.shared import data_set as sets

words = PageWords("explore")


def files(name: DataSet, root: Path) -> None:
    """Show files and installation; no fragment as a whole, since a download's progress is itself one."""
    st.markdown(words("files.about", folder=plain(root)))
    _table(name, root)
    _dictionary(root)
    st.header(words("install.title"), anchor=False)
    place = locations.locate("cifar-10")
    if place is None:
        sets.missing("cifar-10")
    else:
        st.markdown(words("install.there", folder=plain(place)))
        if not locations.is_fixed():
            sets.point_elsewhere(words("install.other"))


@st.fragment
def _table(name: DataSet, root: Path) -> None:
    flag = f"explore.md5.{root}"
    sums = {}
    if st.session_state.get(flag):
        sums = {file: _md5(str(root / file), _stamp(root / file)) for file in FILES}
    columns = {words("file"): FILES, words("bytes"): [f"{_stamp(root / file)[0]:,}" for file in FILES]}
    if sums:
        columns[words("md5")] = [sums[file] for file in FILES]
        if name == "cifar-10":
            columns[words("official")] = [words("yes" if sums[file] == MD5[file] else "no") for file in FILES]
    st.dataframe(pd.DataFrame(columns), hide_index=True, height="content")
    if not sums:
        st.button(
            words("md5.button"), on_click=_ask, args=(flag,), key="explore.md5", help=words("md5.about")
        )


def _ask(key: str) -> None:
    st.session_state[key] = True


def _stamp(path: Path) -> tuple[int, int]:
    """Size in bytes and modification time; a file with both unchanged is taken for the same."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


@st.cache_data(show_spinner=False, max_entries=32)
def _md5(path: str, stamp: tuple[int, int]) -> str:
    return locations.md5(Path(path)) or "–"


@st.fragment
def _dictionary(root: Path) -> None:
    st.markdown(words("dict.about"))
    file = choice(
        st.selectbox, words("dict.file"), FILES, TRAIN_FILES[0], key="explore.file", format_func=str
    )
    try:
        found = _fields(str(root / file), _stamp(root / file))
    except InputError as error:
        show_error(error)
        return
    heads = ("key", "type", "size", "first")
    table = {words(f"dict.{head}"): [getattr(field, head) for field in found] for head in heads}
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content")
    code_box(words("dict.code"), dataset.read_batch, key="explore.read_code")


@st.cache_data(show_spinner=False, max_entries=32)
def _fields(path: str, stamp: tuple[int, int]) -> list[EntryField]:
    """Fields of a batch file; read once, 0.03 s."""
    return batch_entries.fields(path)
