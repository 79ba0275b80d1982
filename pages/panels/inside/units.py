"""The images that excite each unit most, and the units that nothing excites."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
import torch
import torch.nn.functional as F
from torch import Tensor

from core.dataset import ImageSet
from core.errors import InputError
from core.files import locations
from core.inside.stages import Field, Stage, Stages, stages
from core.inside.units import Survey, survey
from core.training.checkpoints import Weights
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.punctuation import listed, noted
from pages.panels.inside.titles import title
from pages.shared import data_set, loaders
from pages.shared.images.image_grid import image_grid
from pages.shared.model_picker import ModelChoice
from pages.shared.number import number

words = PageWords("inside")

FEWEST = 500  # images
MOST_MACS = 30_000_000_000  # of a survey; 46,000 images of LeNet, 3,000 of a VGG with 10 million
MOST_BUTTONS = 6  # stages beside each other; more are a list
MOST_NAMED = 20  # dead units of a layer
GREY = 128  # outside the image


@st.cache_resource(show_spinner=False, max_entries=32)
def surveyed(digest: str, root: str, _weights: Weights) -> Mapping[str, Survey]:
    """One pass over the validation images, 0.3 s for LeNet and 5,000; `digest` stands for the weights."""
    found, images = stages(_weights.architecture), loaders.image_set(Path(root), "validation").images
    sample = images[: _affordable(found)]
    return survey(_weights.network(), found, sample, _weights.mean, _weights.std)


def _affordable(found: Stages) -> int:
    """Images to survey: all for a network like LeNet, of a larger one what takes about two seconds."""
    return max(FEWEST, MOST_MACS // max(1, found.macs))


@st.fragment
def units(model: ModelChoice) -> None:
    """Show the dead units, and the images that excite the chosen unit most."""
    root = locations.locate(model.data_set)
    if root is None:
        data_set.about(model.data_set, None)
        return
    try:
        images = loaders.image_set(root, "validation")
        with st.spinner(words("computing")):
            found = surveyed(model.digest, str(root), model.weights)
    except InputError as error:
        show_error(error)
        return
    by_name = stages(model.weights.architecture)
    _dead(by_name, found, min(len(images), _affordable(by_name)))
    learned = list(found)
    maps = [name for name in learned if by_name[name].is_map]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        stage = choice(
            st.segmented_control if len(learned) <= MOST_BUTTONS else st.selectbox,
            words("units.stage"),
            learned,
            (maps or learned)[-1],
            key="inside.stage",
            format_func=lambda name: title(by_name, by_name[name]),
            **({"required": True} if len(learned) <= MOST_BUTTONS else {"width": 320}),
        )
        last = len(found[stage].values) - 1
        which = number(
            st.number_input, words("units.unit"), 0, last, 0, key=f"inside.number.{stage}", width=140
        )
    _favourites(found[stage], by_name, by_name[stage], which, images)


def _dead(by_name: Stages, found: Mapping[str, Survey], count: int) -> None:
    """Count the dead units of each ReLU; other activations let something through below 0."""
    lines = [
        _dead_sentence(title(by_name, by_name[name]), stage_survey)
        for name, stage_survey in found.items()
        if by_name.is_rectified(by_name[name])
    ]
    if not lines:
        st.markdown(words("units.dead.no_relu"))
        return
    st.markdown("\n".join([words("units.dead", count=f"{count:,}"), "", *(f"- {line}" for line in lines)]))


def _dead_sentence(stage: str, found: Survey) -> str:
    key = "units.dead.some" if found.dead else "units.dead.none"
    sentence = words(key, stage=stage, n=len(found.dead), total=len(found.values))
    some = [str(unit) for unit in found.dead[:MOST_NAMED]] + ["…"] * (len(found.dead) > MOST_NAMED)
    return noted(sentence, listed(some)) if found.dead else sentence


def _favourites(stage_survey: Survey, found: Stages, stage: Stage, which: int, images: ImageSet) -> None:
    values = stage_survey.values[which]
    excited = len(values)
    if found.is_rectified(stage):
        excited = int((values > 0).sum())  # the tail of zeros is no favourite
    if not excited:
        st.info(words("units.is_dead", n=which))
        return
    rows, values, places = (
        stage_survey.images[which, :excited],
        stage_survey.values[which, :excited].tolist(),
        stage_survey.places[which, :excited].tolist(),
    )
    names = class_names()
    labels = images.labels[rows].tolist()
    captions = [
        words("units.caption", name=names[label], value=f"{value:.2f}")
        for label, value in zip(labels, values, strict=True)
    ]
    st.markdown(words("units.top", n=which, shown=len(captions)))
    image_grid(images.images[rows], captions, key="inside.top", size=96)
    if stage.is_map and stage.field is not None:
        _patches(images.images[rows], places, stage_survey.width, stage.field)
    st.markdown(
        words(
            "units.classes",
            names=listed(noted(names[label], labels.count(label)) for label in sorted(set(labels))),
        )
    )


def _patches(images: Tensor, places: list[int], width: int, field: tuple[Field, Field]) -> None:
    """Show the part of each of these images that the unit read where it was strongest; the rest is grey."""
    cuts, captions = [], []
    for image, place in zip(images, places, strict=True):
        rows, columns = (axis.sees(at) for axis, at in zip(field, divmod(place, width), strict=True))
        cuts.append(_cut(image, rows, columns))
        captions.append(words("units.patch", row=max(0, rows.start), column=max(0, columns.start)))
    st.markdown(words("units.patches", height=cuts[0].shape[1], width=cuts[0].shape[2]))
    image_grid(torch.stack(cuts), captions, key="inside.patches", size=96)


def _cut(image: Tensor, rows: range, columns: range) -> Tensor:
    """These rows and columns of an image [3, H, W], grey beyond its border, never larger than the image."""
    height, width = image.shape[1:]
    borders = (-columns.start, columns.stop - width, -rows.start, rows.stop - height)
    cut = F.pad(image, borders, value=GREY)
    return image if cut.shape[1] > height or cut.shape[2] > width else cut
