"""Weights from elsewhere: compared with LeNet name by name, fed as in training, and kept for all pages."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import streamlit as st
from torch import Tensor

from core.dataset import ImageSet
from core.errors import InputError
from core.evaluation import evaluate
from core.files import locations, state_dict
from core.files.candidates import Candidate, TensorInfo
from core.files.locations import DATA_SETS
from core.jobs import runs_folder
from core.normalisations import FOR_LENET, NORMALISATIONS, Channels, Normalisation
from core.saving import library
from core.saving.diff import Mark, Row, differences
from core.shapes.code import call, from_short
from core.training import checkpoints
from core.training.network import build
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
MOST_PREFIX = 120  # characters are shown
MOST_LEFT_OUT = 5  # names are listed
OWN = "own"
ENDING = re.compile(r"(\.(pt|pth|ckpt|bin|tar|safetensors))+$", re.IGNORECASE)
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
        network = checkpoints.network_in(data)
        if network:
            _own_network(data, network, file.name)
            return
        found = state_dict.contents(data)
        which = _which(found, sha256(data).hexdigest())
        rows = differences(state_dict.lenet_shapes(), _unwrapped(found[which]))
        _table(rows)
        if all(row.mark == Mark.SAME for row in rows):
            _form(data, state_dict.load_wrapped(data, which=which), "", file.name)
    except InputError as error:
        show_error(error)


def _own_network(data: bytes, network: str, file_name: str) -> None:
    """Show the layers that the file names; its tensors must be exactly theirs."""
    tensors = checkpoints.own_tensors(data, network)
    st.success(words("bring.own", count=len(tensors)), icon=":material/check:")
    st.code("\n".join(call(layer) for layer in from_short(network)), language="python")
    _form(data, tensors, network, file_name)


def _which(found: Sequence[Candidate], digest: str) -> int:
    """The state_dict to compare, among several the one that the learner chooses."""
    if len(found) == 1:
        if found[0].place:
            st.info(words("bring.place", place=_place(found[0])), icon=":material/inventory_2:")
        return 0
    st.info(words("bring.several", count=len(found)), icon=":material/inventory_2:")
    return int(
        choice(
            st.radio,
            words("bring.which"),
            list(range(len(found))),
            0,
            key=f"saving.which.{digest[:12]}",
            format_func=lambda index: _option(found[index]),
            linked=False,
        )
    )


def _option(candidate: Candidate) -> str:
    place = _place(candidate) if candidate.place else words("bring.top")
    expected = state_dict.lenet_shapes().keys()
    matching = len(expected & {*candidate.names})
    parts = [place, *([plain(candidate.prefix)] if candidate.prefix else [])]
    return words("bring.option", path=" → ".join(parts), matching=matching, count=len(expected))


def _place(candidate: Candidate) -> str:
    return plain(" → ".join(candidate.place))


def _unwrapped(candidate: Candidate) -> tuple[TensorInfo, ...]:
    """The tensors to compare; their names lose the prefix if the learner says so."""
    if not candidate.prefix:
        return candidate.tensors
    prefix = plain(candidate.prefix[:MOST_PREFIX])
    parts = dict.fromkeys(candidate.prefix[:MOST_PREFIX].strip(".").split("."))
    lines = [f"- {_wrapper(part)}" for part in parts]
    st.info("\n".join([words("bring.prefix", prefix=prefix) + "\n", *lines]), icon=":material/label_off:")
    if not st.toggle(words("bring.strip", prefix=prefix), key="saving.strip"):
        return candidate.found
    if candidate.left_out:
        names = [plain(name[:80]) for name in candidate.left_out[:MOST_LEFT_OUT]]
        st.caption(words("bring.left_out", count=len(candidate.left_out), names=_listed(names)))
    return candidate.tensors


def _wrapper(part: str) -> str:
    """Where a part of the prefix comes from, and what to save instead."""
    key = f"bring.wrapper.{part}"
    return words(key) if key in words else words("bring.wrapper", part=plain(part))


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


def _form(data: bytes, tensors: dict[str, Tensor], network: str, file_name: str) -> None:
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
        _hint(data, tensors, network, judged_on, {"own": fed} if option == OWN else {})
        digest = sha256(data).hexdigest()
        name = st.text_input(
            words("keep.name"),
            ENDING.sub("", file_name)[: library.LONGEST_NAME],
            library.LONGEST_NAME,
            key=f"saving.name.{digest[:12]}",
        )
        pressed = st.button(
            words("keep.button"), key="saving.keep", type="primary", disabled=jobs().read_only
        )
    warn_if_read_only()
    if pressed and not jobs().read_only:
        entry = library.keep(
            runs_folder(),
            owner.current(),
            name,
            tensors,
            mean=fed.mean,
            std=fed.std,
            data_set=judged_on,
            network=network,
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


def _hint(
    data: bytes, tensors: dict[str, Tensor], network: str, name: str, more: Mapping[str, Normalisation]
) -> None:
    """Show the network's accuracy under each normalisation; the right one usually stands out."""
    root = locations.locate("cifar-10" if name == "cifar-10" else "sketches")
    if root is None:
        return
    images = loaders.image_set(root, "validation")
    digest = sha256(data).hexdigest()
    ways = {option: NORMALISATIONS[option] for option in FOR_LENET} | more
    scores = {
        option: _score(digest, str(root), fed, tensors, network, images) for option, fed in ways.items()
    }
    lines = [
        f"| {words(f'keep.normalisation.{option}')} | {100 * share:.1f}% |"
        for option, share in scores.items()
    ]
    st.markdown(words("keep.hint", count=min(JUDGED, len(images))))
    st.markdown(
        "\n".join([f"| {words('keep.normalisation')} | {words('keep.accuracy')} |", "|---|---|", *lines])
    )


@st.cache_data(show_spinner=False, max_entries=256)
def _score(
    digest: str, root: str, fed: Normalisation, _tensors: dict[str, Tensor], _network: str, _images: ImageSet
) -> float:
    model = build(_network)
    model.load_state_dict(_tensors)
    return evaluate(
        model.eval(), _images.images[:JUDGED], _images.labels[:JUDGED], mean=fed.mean, std=fed.std
    ).accuracy
