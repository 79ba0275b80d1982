"""The picture a page works on: from the data set, uploaded, photographed, or one that a network misjudges."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from core.dataset import CLASSES, ImageSet, photos
from core.errors import InputError
from core.evaluation import Evaluation
from core.files import locations
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import shared as words
from pages.app.page import show_error
from pages.shared import data_set, loaders
from pages.shared.images.image_grid import image_grid
from pages.shared.model_picker import ModelChoice
from pages.shared.number import number

SHOWN = 24  # images of one cell of the confusion matrix, or mistakes
PREVIEW = 256  # pixels
TILE = 48  # pixels, beside controls
MOST = 500  # images of a class that the control offers; a smaller data set begins again from its first


@dataclass(frozen=True, eq=False)
class Picture:
    """An image uint8 [1, 3, 32, 32] with its caption, and its class and place among its like where known."""

    image: Tensor
    caption: str
    label: int | None = None
    place: str = ""


@dataclass(frozen=True, eq=False)
class Photo(Picture):
    """A picture from outside; `preview` uint8 [1, 3, 256, 256] shows the square the network sees, larger."""

    preview: Tensor = field(kw_only=True)


def pick(
    page: str, row: DeltaGenerator, sources: Sequence[str], model: ModelChoice | None = None
) -> Picture | None:
    """Draw the controls into a row, the source behind a button; None while there is no picture.

    `page` begins their keys. sources: of "data", "upload", "camera" and, with a `model`, "mistakes": those of
    it on the validation images.
    """
    with row:
        more = st.popover(words("picture"), icon=":material/image:")
        which = st.container(horizontal=True, vertical_alignment="bottom", width="content")
        tile = which.container(width=TILE)
    with more:
        source = _source(page, sources)
        if source == "data":
            name, root = data_set.choose(f"{page}.data_set", model.data_set if model else None)
    with which:
        if source == "data":
            picture = _of_class(page, root)
        elif source == "mistakes" and model is not None:
            picture = _from_mistakes(page, model)
    if source in ("upload", "camera"):
        picture = _from_outside(page, source)
    elif source == "data" and root is None:
        data_set.about(name, root)
    if picture is not None:
        with tile:
            image_grid(
                picture.image, [picture.place], names=[picture.caption], key=f"{page}.picture", size=TILE
            )
    return picture


def _source(page: str, sources: Sequence[str]) -> str:
    source: str = choice(
        st.segmented_control,
        words("picture"),
        list(sources),
        sources[0],
        key=f"{page}.source",
        format_func=lambda option: words(f"picture.{option}"),
        required=True,
        width="content",
    )
    return source


def _from_outside(page: str, source: str) -> Picture | None:
    try:
        return photographed(page) if source == "camera" else uploaded(page)
    except InputError as error:
        show_error(error)
        return None


def _of_class(page: str, root: Path | None) -> Picture | None:
    names = class_names()
    label = choice(
        st.selectbox,
        words("picture.class"),
        list(CLASSES),
        CLASSES[3],
        key=f"{page}.class",
        format_func=lambda option: names[CLASSES.index(option)],
        width=130,
    )
    nth = number(st.number_input, words("picture.number"), 1, MOST, 1, key=f"{page}.number", width=110)
    if root is None:
        return None
    try:
        images = loaders.image_set(root, "validation")
    except InputError as error:
        show_error(error)
        return None
    return _nth(images, CLASSES.index(label), nth, names)


def _nth(images: ImageSet, label: int, nth: int, names: list[str]) -> Picture:
    rows = (images.labels == label).nonzero().flatten()
    if not len(rows):  # a learner's own files may lack this class
        rows = torch.arange(len(images))
    place = (nth - 1) % len(rows)
    row = rows[place]
    true = int(images.labels[row])
    caption = words("picture.caption", name=names[true], n=place + 1, total=len(rows))
    return Picture(images.images[row : row + 1], caption, true, f"{place + 1}/{len(rows)}")


def _from_mistakes(page: str, model: ModelChoice) -> Picture | None:
    """A picture from the page Evaluate's list of worst mistakes of this network."""
    root = locations.locate(model.data_set)
    if root is None:
        data_set.about(model.data_set, None)
        return None
    try:
        return _mistake(page, model, root)
    except InputError as error:
        show_error(error)
        return None


def _mistake(page: str, model: ModelChoice, root: Path) -> Picture | None:
    images = loaders.image_set(root, "validation")
    result = loaders.judged(model.digest, "validation", str(root), model.weights)
    wrong = result.worst_mistakes(SHOWN)
    if not len(wrong):
        st.info(words("picture.mistakes.none"))
        return None
    names = class_names()
    mistakes = list(
        zip(
            result.labels[wrong].tolist(),
            result.predictions[wrong].tolist(),
            confidences(result, wrong),
            strict=True,
        )
    )

    def label(option: str) -> str:
        true, predicted, confidence = mistakes[int(option) - 1]
        return words(
            "picture.mistake.option",
            n=option,
            true=names[true],
            predicted=names[predicted],
            confidence=confidence,
        )

    numbers = [str(n + 1) for n in range(len(mistakes))]
    which = choice(
        st.selectbox,
        words("picture.mistake"),
        numbers,
        "1",
        key=f"{page}.mistake",
        format_func=label,
        width=420,
    )
    row = wrong[int(which) - 1]
    return Picture(images.images[row : row + 1], label(which), int(images.labels[row]))


def uploaded(page: str) -> Photo | None:
    """Ask for a file with a picture. Raises InputError for a file that is none."""
    key = f"{page}.file"
    # Of any type: the browser's own refusal is in English and leaves the picture before on the screen.
    file = st.file_uploader(words("picture.file"), key=key, on_change=_forget, args=(key, "photo.uploaded"))
    photo = _decoded(file, "photo.uploaded")
    if photo is None:
        st.info(words("picture.none"), icon=":material/upload:")
    return photo


def photographed(page: str) -> Photo | None:
    """Ask for a photo, where the browser has a camera. Raises InputError for what is no picture."""
    key = f"{page}.camera"
    file = st.camera_input(
        words("picture.camera.take"), key=key, width=420, on_change=_forget, args=(key, "photo.taken")
    )
    photo = _decoded(file, "photo.taken")
    if photo is None:
        st.info(words("picture.camera.none"), icon=":material/photo_camera:")
    return photo


def _forget(control: str, kept: str) -> None:
    """Forget a picture the learner took away; leaving a page, which empties its controls too, keeps it."""
    if st.session_state[control] is None:
        st.session_state.pop(kept, None)


def _decoded(file: Any, kept: str) -> Photo | None:
    """Decode each file once; the picture is kept for the other pages until it is replaced or taken away."""
    state = st.session_state
    if file is not None and state.get(kept, ("",))[0] != file.file_id:
        state.pop(kept, None)
        picture = photos.read_image(file.getvalue())
        state[kept] = file.file_id, photos.to_input(picture), photos.square(picture, PREVIEW), picture.size
    if kept not in state:
        return None
    _, image, preview, (width, height) = state[kept]
    return Photo(image, words("picture.uploaded", width=width, height=height), preview=preview)


def confidences(result: Evaluation, rows: Tensor) -> list[int]:
    """The network's confidence in each of these answers, in per cent."""
    return [round(100 * confidence) for confidence in result.confidence[rows].tolist()]
