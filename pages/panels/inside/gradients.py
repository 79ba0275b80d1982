"""The backward pass: gradients at every layer, and three answers to the question which pixels matter."""

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from core.dataset import CLASSES
from core.inside.backward_pass import (
    BackwardPass,
    backward_pass,
    laid_over,
    occlusion,
    saliency,
    times_input,
)
from core.inside.stages import Stages, stages
from core.normalise import normalise
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.panels.inside.titles import stage_map, title
from pages.shared.images.image_grid import image_grid
from pages.shared.images.number_map import NumberMap, number_maps
from pages.shared.images.picture import Picture
from pages.shared.model_picker import ModelChoice
from pages.shared.number import number

words = PageWords("inside")

SIDE = 184  # pixels
AUTO = "auto"


@st.fragment
def backward(model: ModelChoice, chosen: Picture) -> None:
    """Show the gradients and three maps of pixels for one class, the predicted one at first."""
    weights = model.weights
    found, network, x = (
        stages(weights.architecture),
        weights.network(),
        normalise(chosen.image, weights.mean, weights.std),
    )
    with torch.no_grad():
        predicted = int(network(x).argmax())
    names = class_names()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = choice(
            st.segmented_control,
            words("backward.of"),
            ["logit", "loss"],
            "logit",
            key="inside.of",
            format_func=lambda option: words(f"backward.of.{option}"),
            required=True,
        )
        options = [AUTO, *CLASSES]
        option_labels = dict(zip(CLASSES, names, strict=True)) | {
            AUTO: words("backward.auto", name=names[predicted])
        }
        wanted = choice(
            st.selectbox,
            words("backward.class"),
            options,
            AUTO,
            key="inside.for",
            format_func=option_labels.__getitem__,
            width=240,
        )
        size = number(st.slider, words("backward.size"), 1, 16, 6, key="inside.patch", width=220)
    label = predicted if wanted == AUTO else CLASSES.index(wanted)
    passed = backward_pass(network, found, x, label, of)
    with st.spinner(words("computing")):
        covered = occluded(model.digest, chosen.image.numpy().tobytes(), label, size, model)
    _pixels(passed, x, covered, chosen.image, names[label])
    _layers(passed, found)


@st.cache_data(show_spinner=False, max_entries=64)
def occluded(digest: str, image: bytes, label: int, size: int, _model: ModelChoice) -> Tensor:
    """The occlusion map, 40 to 80 ms for LeNet; `digest` stands for the weights."""
    pixels = torch.frombuffer(bytearray(image), dtype=torch.uint8).view(1, 3, 32, 32)
    return occlusion(_model.weights.network(), pixels, label, _model.weights.mean, _model.weights.std, size)


def _pixels(passed: BackwardPass, x: Tensor, covered: Tensor, image: Tensor, name: str) -> None:
    gradient = passed.gradients["input"]
    heat_maps = (
        ("saliency", saliency(gradient)),
        ("times", times_input(gradient, x[0])),
        ("occlusion", covered),
    )
    channels = [words(f"channel.{colour}") for colour in ("red", "green", "blue")]
    maps = [
        NumberMap(
            x[0],
            words("backward.image"),
            words("backward.image"),
            picture=image[0],
            names=channels,
            size=SIDE,
        )
    ]
    maps += [
        NumberMap(values, words(f"backward.{key}"), words(f"backward.{key}.alt", name=name), size=SIDE)
        for key, values in heat_maps
    ]
    number_maps([[number_map] for number_map in maps], key="inside.saliency")
    laid = torch.cat([laid_over(image, saliency(gradient)), laid_over(image, covered)])
    image_grid(
        laid,
        [words("backward.over.saliency"), words("backward.over.occlusion")],
        key="inside.laid",
        size=SIDE,
    )
    row, column = divmod(int(covered.argmax()), covered.shape[1])
    drop = 100 * float(covered.max())
    st.markdown(words("backward.told", name=name, row=row, column=column, drop=f"{drop:.1f}"))


def _layers(passed: BackwardPass, found: Stages) -> None:
    st.markdown(f"**{words('backward.layers')}**")
    names = {stage.name: title(found, stage) for stage in found.differentiated}
    maps = [
        stage_map(found, stage, passed.gradients[stage.name], words("backward.alt", stage=names[stage.name]))
        for stage in found.differentiated[1:]
    ]
    number_maps([[number_map] for number_map in maps], key="inside.gradients")
    gradients = passed.gradients.values()
    table = {
        words("backward.stage"): list(names.values()),
        words("backward.norm"): [f"{float(gradient.norm()):.4g}" for gradient in gradients],
        words("backward.zero"): [
            f"{100 * float((gradient == 0).double().mean()):.0f}%" for gradient in gradients
        ],
    }
    left, right = st.columns(2)
    left.dataframe(pd.DataFrame(table), hide_index=True, height="content")
    parameters = {
        words("filters.layer"): list(passed.norms),
        words("backward.parameters"): [f"{norm:.4g}" for norm in passed.norms.values()],
    }
    right.dataframe(pd.DataFrame(parameters), hide_index=True, height="content")
