"""Browsing a data set: a page of images of one split and class, and the image that is open."""

import math
from pathlib import Path

import streamlit as st
import torch
from torch import Tensor

from core.dataset import CLASSES, ImageSet, Splits
from core.dataset.batch_entries import file_names
from core.dataset.batch_file import MAX_IMAGES
from core.errors import InputError
from core.files.locations import TRAIN_FILES, DataSet
from pages.app.choice import bound, choice
from pages.app.class_names import class_label
from pages.app.language import PageWords
from pages.app.page import plain, show_error
from pages.panels.explore import image
from pages.panels.explore.image import open_image
from pages.shared.facts import facts_table
from pages.shared.images.image_grid import image_grid
from pages.shared.number import number, say_if_outside

words = PageWords("explore")

SPLITS = ("train", "validation", "test")
ALL = "all"
EACH = 40  # images per page: full rows of 8 on a laptop, of 5 on a telephone
MOST = MAX_IMAGES * len(TRAIN_FILES)  # the most images that a split can have


def start_over() -> None:
    """Ask for the first page and first image, after another split or class was chosen."""
    st.session_state["explore.fresh"] = True


@st.fragment
def browse(data: Splits, name: DataSet, root: Path) -> None:
    """Draw the image that is open beside the images to choose from, then its panels."""
    if st.session_state.get("explore.root", root) != root:
        start_over()
    st.session_state["explore.root"] = root
    left, right = st.columns([1, 2], gap="medium")
    with right:
        images, rows = _choose(data)
    if not len(rows):
        right.info(words("none"))
        return
    pages = math.ceil(len(rows) / EACH)
    _settle(pages, rows)
    with left:
        index = _opened(images, rows, root)
    with right:
        _grid(images, rows, pages, index)
    image.look(data, images, index, name, root)


def _choose(data: Splits) -> tuple[ImageSet, Tensor]:
    """The chosen split, and the numbers of its images of the chosen class."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = choice(
            st.segmented_control,
            words("split"),
            SPLITS,
            "train",
            key="explore.split",
            format_func=lambda name: words(f"split.{name}"),
            on_change=start_over,
            required=True,
            width="content",
        )
        wanted = choice(
            st.selectbox,
            words("class"),
            (ALL, *CLASSES),
            ALL,
            key="explore.class",
            format_func=lambda name: words("all") if name == ALL else class_label(name),
            on_change=start_over,
            width="stretch",
        )
    note = st.empty()  # always present, so that what follows keeps its place
    if split == "test":
        note.caption(words("test.note"))
    images: ImageSet = getattr(data, split)
    if wanted == ALL:
        return images, torch.arange(len(images))
    return images, (images.labels == CLASSES.index(wanted)).nonzero().flatten()


def _settle(pages: int, rows: Tensor) -> None:
    """Start over if asked to, before the controls are drawn; report a link to a page past the last."""
    state = st.session_state
    if state.pop("explore.fresh", False):
        state["explore.page"], state["explore.image"] = 1, int(rows[0])
    elif "explore.page" not in state:
        say_if_outside("explore.page", words("page.setting"), 1, pages)


def _opened(images: ImageSet, rows: Tensor, root: Path) -> int:
    """Show the open image enlarged, and its origin; the first of the class until another is chosen."""
    place = st.container()  # the image itself, above its number
    index = int(
        number(
            st.number_input,
            words("image"),
            0,
            MOST - 1,
            int(rows[0]),
            key="explore.image",
            name=words("image.setting"),
            help=words("image.help"),
        )
    )
    if index >= len(images):
        show_error(
            InputError(
                "setting_out_of_range", name=words("image.setting"), value=index, low=0, high=len(images) - 1
            )
        )
        index = int(rows[0])
    label = int(images.labels[index])
    name = class_label(CLASSES[label])
    with place:
        image_grid(images.images[index : index + 1], [name], key="explore.opened", size=288)
    facts = {words("fact.label"): words("fact.label.value", label=label, name=name)}
    origin = images.origin(index)
    if origin is not None:
        try:
            names = names_of(str(root / origin.file))
            facts[words("fact.file")] = plain(names[origin.row] or "–") if origin.row < len(names) else "–"
        except InputError as error:
            show_error(error)
        facts[words("fact.batch")] = words("fact.batch.value", row=f"{origin.row:,}", file=plain(origin.file))
    facts[words("fact.tensor")] = "uint8 \\[3, 32, 32\\]"
    facts_table(facts)
    return index


def _grid(images: ImageSet, rows: Tensor, pages: int, index: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(words("page.about", n=f"{len(rows):,}"), width="content")
        page = bound(st.pagination, pages, initial=1, key="explore.page", max_visible_pages=5)
    page_rows = rows[(page - 1) * EACH : page * EACH]
    numbers = page_rows.tolist()
    names = [class_label(CLASSES[label]) for label in images.labels[page_rows].tolist()]
    image_grid(
        images.images[page_rows],
        names,
        key="explore.grid",
        size=64,
        names=[
            words("grid.name", name=name, index=f"{number:,}")
            for name, number in zip(names, numbers, strict=True)
        ],
        opened=numbers.index(index) if index in numbers else None,
        on_click=lambda tile: open_image(numbers[tile]),
    )


@st.cache_resource(show_spinner=False, max_entries=12)
def names_of(path: str) -> list[str]:
    """The file names in one batch file: 1 MB, read in 0.03 s."""
    return file_names(path)
