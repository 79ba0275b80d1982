"""The picture that a page works on: one of the data set, or one that the learner uploads."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from core import photos
from core.dataset import CLASSES, ImageSet
from core.errors import InputError
from core.text import Text
from pages.shared import data_set, judging
from pages.shared.choice import choice
from pages.shared.class_names import class_names
from pages.shared.components import image_grid
from pages.shared.numbers import number
from pages.shared.opening import show_error

MOST = 500  # images of a class that the control offers; a data set with fewer begins again from its first


@dataclass(frozen=True, eq=False)
class Picture:
    """uint8 [1, 3, 32, 32] and what to call it."""

    image: Tensor
    caption: str


def pick(page: str, words: Text) -> Picture | None:
    """The controls, with the picture beside them; None while there is none. `page` begins their keys."""
    left, right = st.columns([1, 9], vertical_alignment="center")
    with right:
        picture = _uploaded_or_chosen(page, words)
    if picture is not None:
        with left:
            image_grid(picture.image, [picture.caption], key=f"{page}.picture", size=64)
    return picture


def _uploaded_or_chosen(page: str, words: Text) -> Picture | None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        source = choice(
            st.segmented_control,
            words("picture"),
            ["data", "upload"],
            "data",
            key=f"{page}.source",
            format_func=lambda option: words(f"picture.{option}"),
            required=True,
            width="content",
        )
        if source == "data":
            return _from_data_set(page, words)
    try:
        return _uploaded(page, words)
    except InputError as error:
        show_error(error)
        return None


def _from_data_set(page: str, words: Text) -> Picture | None:
    with st.container(width="content"):
        name, root = data_set.choose(f"{page}.data_set")
    names = class_names()
    label = choice(
        st.selectbox,
        words("picture.class"),
        list(CLASSES),
        CLASSES[3],
        key=f"{page}.class",
        format_func=lambda one: names[CLASSES.index(one)],
        width=130,
    )
    nth = number(st.number_input, words("picture.number"), 1, MOST, 1, key=f"{page}.number", width=110)
    if root is None:
        with st.container(width="stretch"):
            data_set.about(name, root)
        return None
    try:
        images = judging.image_set(root, "validation")
    except InputError as error:
        show_error(error)
        return None
    return _nth(images, CLASSES.index(label), nth, names, words)


def _nth(images: ImageSet, label: int, nth: int, names: list[str], words: Text) -> Picture:
    rows = (images.labels == label).nonzero().flatten()
    if not len(rows):  # somebody's own files, without this class
        rows = torch.arange(len(images))
    place = (nth - 1) % len(rows)
    row = rows[place]
    caption = words("picture.caption", name=names[int(images.labels[row])], n=place + 1, total=len(rows))
    return Picture(images.images[row : row + 1], caption)


def _uploaded(page: str, words: Text) -> Picture | None:
    """Decoded once for each file. Raises InputError for what is no picture."""
    file = st.file_uploader(words("picture.file"), type=["png", "jpg", "jpeg", "webp", "bmp", "gif"], key=f"{page}.file")
    if file is None:
        st.info(words("picture.none"), icon=":material/upload:")
        return None
    kept = f"{page}.decoded"
    if st.session_state.get(kept, ("",))[0] != file.file_id:
        picture = photos.read_image(file.getvalue())
        st.session_state[kept] = file.file_id, photos.to_input(picture), picture.size
    _, image, (width, height) = st.session_state[kept]
    return Picture(image, words("picture.uploaded", width=width, height=height))
