"""Weights from elsewhere: compared with LeNet name by name, fed as in training, and kept for all pages."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePath
from typing import Any

import streamlit as st

from core.dataset import ImageSet
from core.errors import InputError
from core.evaluation import evaluate
from core.files import locations, state_dict
from core.files.locations import DATA_SETS
from core.files.state_dict import Contents
from core.jobs import runs_folder
from core.lenet import LeNet
from core.normalisations import FOR_LENET, NORMALISATIONS, Channels, Normalisation
from core.saving import library
from core.saving.diff import Mark, Row, differences
from pages.app import owner
from pages.app.choice import choice
from pages.app.language import PageWords, shared
from pages.app.page import plain, show_error, warn_if_read_only
from pages.app.services import jobs
from pages.panels.saving.shelf import shelf
from pages.shared import loaders

words = PageWords("saving")

MOST_ROWS = 100
JUDGED = 500  # validation images that tell the normalisations apart; 25 ms per normalisation
OWN = "own"
MARKS = {Mark.SAME: "✓", Mark.MISSING: "–", Mark.UNEXPECTED: "+", Mark.SHAPE: "≠", Mark.DTYPE: "≠"}


def panel() -> None:
    """Let the learner upload weights, and show the networks kept so far."""
    st.markdown(words("bring.about"))
    _upload()
    shelf()


@st.fragment
def _upload() -> None:
    # Of any type: the browser's own refusal is in English and leaves the file before on the screen.
    file = st.file_uploader(words("bring.file"), key="saving.file")
    if file is None:
        st.info(words("bring.none"), icon=":material/upload:")
        return
    data = file.getvalue()
    try:
        found = state_dict.contents(data)
        found = _unwrapped(found)
        rows = differences(state_dict.lenet_shapes(), found.tensors)
        _table(rows)
        if all(row.mark == Mark.SAME for row in rows):
            _form(data, file.name)
    except InputError as error:
        show_error(error)


def _unwrapped(found: Contents) -> Contents:
    """The tensors to compare: a checkpoint's own state_dict.

    Its names lose the prefix of DataParallel if the learner says so.
    """
    if found.place:
        st.info(words("bring.place", place=plain(" → ".join(found.place))), icon=":material/inventory_2:")
    if not found.prefixed:
        return found
    st.info(words("bring.prefix"), icon=":material/label_off:")
    return found.without_prefix() if st.toggle(words("bring.strip"), key="saving.strip") else found


def _table(rows: tuple[Row, ...]) -> None:
    counts = Counter(row.mark for row in rows)
    if counts[Mark.SAME] == len(rows):
        st.success(words("diff.same", count=len(rows)), icon=":material/check:")
    else:
        parts = [
            words("diff.count", count=counts[mark], mark=words(f"diff.{mark}.mark"))
            for mark in Mark
            if counts[mark]
        ]
        st.warning(words("diff.differs", counts=_listed(parts)), icon=":material/difference:")
        for mark in (mark for mark in Mark if counts[mark] and mark != Mark.SAME):
            st.markdown(words(f"diff.{mark}.cure"))
    first_rows = rows[:MOST_ROWS]
    columns = {
        "": [MARKS[row.mark] for row in first_rows],
        words("diff.name"): [row.name[:80] for row in first_rows],
        words("diff.expected"): [_shape(row.expected) for row in first_rows],
        words("diff.found"): [_shape(row.found) for row in first_rows],
        words("diff.dtype"): [row.dtype for row in first_rows],
        words("diff.mark"): [words(f"diff.{row.mark}.mark") for row in first_rows],
    }
    st.dataframe(columns, hide_index=True, height="content", key="saving.diff", alt=words("diff.alt"))
    if len(rows) > MOST_ROWS:
        st.caption(words("diff.more", count=len(rows) - MOST_ROWS))


def _listed(parts: list[str]) -> str:
    first, *rest = parts
    for part in rest:
        first = words("diff.and", first=first, then=part)
    return first


def _shape(shape: tuple[int, ...] | None) -> str:
    return "–" if shape is None else str(list(shape[:8]))


def _form(data: bytes, file_name: str) -> None:
    tensors = state_dict.load_wrapped(data)
    st.markdown(f"**{words('keep')}**\n\n{words('keep.about')}")
    left, right = st.columns(2, gap="large")
    with left:
        judged_on = choice(
            st.selectbox,
            words("keep.data_set"),
            list(DATA_SETS),
            "sketches" if locations.locate("cifar-10") is None else "cifar-10",
            key="saving.data_set",
            format_func=lambda option: shared(f"data.{option}"),
            linked=False,
        )
        option = choice(
            st.radio,
            words("keep.normalisation"),
            ["cifar", "half", "none", OWN],
            "cifar",
            key="saving.normalisation",
            format_func=lambda name: words(f"keep.normalisation.{name}"),
            linked=False,
        )
        fed = _own() if option == OWN else NORMALISATIONS[option]
    with right:
        _hint(data, tensors, judged_on, {"own": fed} if option == OWN else {})
        digest = sha256(data).hexdigest()
        name = st.text_input(
            words("keep.name"),
            PurePath(file_name).stem[: library.LONGEST_NAME],
            library.LONGEST_NAME,
            key=f"saving.name.{digest[:12]}",
        )
        pressed = st.button(
            words("keep.button"), key="saving.keep", type="primary", disabled=jobs().read_only
        )
    warn_if_read_only()
    if pressed and not jobs().read_only:
        entry = library.keep(
            runs_folder(), owner.current(), name, tensors, mean=fed.mean, std=fed.std, data_set=judged_on
        )
        st.session_state["saving.kept"] = entry.digest
        st.rerun()


def _own() -> Normalisation:
    st.caption(words("keep.own"))
    return Normalisation(_channels("mean", 0.5), _channels("std", 0.25))


def _channels(row: str, first: float) -> Channels:
    low = 0.0 if row == "mean" else 0.001
    cells = zip(st.columns(3), ("R", "G", "B"), strict=True)
    values: list[Any] = [
        cell.number_input(
            f"{row} {channel}", low, 1.0, first, step=None, format="%g", key=f"saving.{row}.{channel}"
        )
        for cell, channel in cells
    ]
    return (values[0], values[1], values[2])


def _hint(data: bytes, tensors: dict[str, Any], name: str, more: Mapping[str, Normalisation]) -> None:
    """Show the network's accuracy under each normalisation; the right one usually stands out."""
    root = locations.locate("cifar-10" if name == "cifar-10" else "sketches")
    if root is None:
        return
    images = loaders.image_set(root, "validation")
    digest = sha256(data).hexdigest()
    ways = {option: NORMALISATIONS[option] for option in FOR_LENET} | more
    scores = {option: _score(digest, str(root), fed, tensors, images) for option, fed in ways.items()}
    lines = [
        f"| {words(f'keep.normalisation.{option}')} | {100 * share:.1f}% |"
        for option, share in scores.items()
    ]
    st.markdown(words("keep.hint", count=min(JUDGED, len(images))))
    st.markdown(
        "\n".join([f"| {words('keep.normalisation')} | {words('keep.accuracy')} |", "|---|---|", *lines])
    )


@st.cache_data(show_spinner=False, max_entries=256)
def _score(digest: str, root: str, fed: Normalisation, _tensors: dict[str, Any], _images: ImageSet) -> float:
    model = LeNet()
    model.load_state_dict(_tensors)
    return evaluate(
        model.eval(), _images.images[:JUDGED], _images.labels[:JUDGED], mean=fed.mean, std=fed.std
    ).accuracy
