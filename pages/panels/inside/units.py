"""The images that excite each unit most, and the units that nothing excites."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
import torch
from torch import Tensor

from core.dataset import ImageSet
from core.errors import InputError
from core.files import locations
from core.inside.stages import RELUS, receptive_field
from core.inside.units import Survey, survey
from core.training.checkpoints import Weights
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.punctuation import listed, noted
from pages.shared import data_set, loaders
from pages.shared.image_grid import image_grid
from pages.shared.model_picker import ModelChoice
from pages.shared.number import number

words = PageWords("inside")


@st.cache_resource(show_spinner=False, max_entries=32)
def surveyed(digest: str, root: str, _weights: Weights) -> Mapping[str, Survey]:
    """One pass over the validation images, 0.3 s for 5,000; `digest` stands for the weights."""
    return survey(
        _weights.lenet(), loaders.image_set(Path(root), "validation").images, _weights.mean, _weights.std
    )


@st.fragment
def units(model: ModelChoice) -> None:
    """Show the dead units, and the images that excite the chosen unit most."""
    root = locations.locate(model.data_set)
    if root is None:
        data_set.about(model.data_set, None)
        return
    try:
        images = loaders.image_set(root, "validation")
        found = surveyed(model.digest, str(root), model.weights)
    except InputError as error:
        show_error(error)
        return
    _dead(found, len(images))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        stage = choice(
            st.segmented_control,
            words("units.stage"),
            list(RELUS),
            "relu2",
            key="inside.stage",
            format_func=lambda option: words(f"stage.{option}"),
            required=True,
        )
        last = len(found[stage].values) - 1
        which = number(
            st.number_input, words("units.unit"), 0, last, 0, key=f"inside.number.{stage}", width=140
        )
    _favourites(found[stage], stage, which, images)


def _dead(found: Mapping[str, Survey], count: int) -> None:
    lines = [_dead_sentence(words(f"stage.{stage}"), stage_survey) for stage, stage_survey in found.items()]
    st.markdown("\n".join([words("units.dead", count=f"{count:,}"), "", *(f"- {line}" for line in lines)]))


def _dead_sentence(stage: str, found: Survey) -> str:
    key = "units.dead.some" if found.dead else "units.dead.none"
    sentence = words(key, stage=stage, n=len(found.dead), total=len(found.values))
    return noted(sentence, listed(map(str, found.dead))) if found.dead else sentence


def _favourites(stage_survey: Survey, stage: str, which: int, images: ImageSet) -> None:
    if which in stage_survey.dead:
        st.info(words("units.is_dead", n=which))
        return
    excited = int((stage_survey.values[which] > 0).sum())  # the tail of zeros is no favourite
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
    if stage_survey.width > 1:
        _patches(images.images[rows], places, stage_survey.width, stage)
    st.markdown(
        words(
            "units.classes",
            names=listed(noted(names[label], labels.count(label)) for label in sorted(set(labels))),
        )
    )


def _patches(images: Tensor, places: list[int], width: int, stage: str) -> None:
    """Show the part of each of these images that the unit read where it was strongest."""
    field = receptive_field(stage)
    cuts, captions = [], []
    for image, place in zip(images, places, strict=True):
        top, left = place // width * field.step, place % width * field.step
        cuts.append(image[:, top : top + field.size, left : left + field.size])
        captions.append(words("units.patch", row=top, column=left))
    st.markdown(words("units.patches", size=field.size))
    image_grid(torch.stack(cuts), captions, key="inside.patches", size=96)
