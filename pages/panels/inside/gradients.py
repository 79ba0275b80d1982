"""The backward pass: gradients at every layer, and three answers to the question which pixels matter."""

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from core.dataset import CLASSES
from core.inside.backward_pass import (
    DIFFERENTIATED,
    BackwardPass,
    backward_pass,
    laid_over,
    occlusion,
    saliency,
    times_input,
)
from core.inside.stages import STAGES
from core.normalise import normalise
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.shared.image_grid import image_grid
from pages.shared.model_picker import ModelChoice
from pages.shared.number import number
from pages.shared.number_map import NumberMap, number_maps
from pages.shared.picture import Picture

words = PageWords("inside")

SIZES = {"conv1": 228, "pool1": 150, "conv2": 206, "pool2": 130, "fc1": 110, "fc2": 110, "logits": 150}
SIDE = 184  # pixels
AUTO = "auto"


@st.fragment
def backward(model: ModelChoice, chosen: Picture) -> None:
    """Show the gradients and three maps of pixels for one class, the predicted one at first."""
    weights = model.weights
    network, x = weights.lenet(), normalise(chosen.image, weights.mean, weights.std)
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
    found = backward_pass(network, x, label, of)
    covered = occluded(model.digest, chosen.image.numpy().tobytes(), label, size, model)
    _pixels(found, x, covered, chosen.image, names[label])
    _layers(found)


@st.cache_data(show_spinner=False, max_entries=64)
def occluded(digest: str, image: bytes, label: int, size: int, _model: ModelChoice) -> Tensor:
    """The occlusion map, 40 to 80 ms; `digest` stands for the weights."""
    pixels = torch.frombuffer(bytearray(image), dtype=torch.uint8).view(1, 3, 32, 32)
    return occlusion(_model.weights.lenet(), pixels, label, _model.weights.mean, _model.weights.std, size)


def _pixels(found: BackwardPass, x: Tensor, covered: Tensor, image: Tensor, name: str) -> None:
    gradient = found.gradients["input"]
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


def _layers(found: BackwardPass) -> None:
    st.markdown(f"**{words('backward.layers')}**")
    maps = []
    for stage, size in SIZES.items():
        values, columns = (
            found.gradients[stage].reshape(STAGES[stage].shape),
            3 if stage in ("conv1", "pool1") else 4,
        )
        title, bars = words(f"stage.{stage}"), class_names() if stage == "logits" else ()
        maps.append(
            NumberMap(
                values, title, words("backward.alt", stage=title), size=size, columns=columns, bars=bars
            )
        )
    number_maps([[number_map] for number_map in maps], key="inside.gradients")
    table = {
        words("backward.stage"): [words(f"stage.{stage}") for stage in DIFFERENTIATED],
        words("backward.norm"): [f"{float(found.gradients[stage].norm()):.4g}" for stage in DIFFERENTIATED],
        words("backward.zero"): [
            f"{100 * float((found.gradients[stage] == 0).double().mean()):.0f}%" for stage in DIFFERENTIATED
        ],
    }
    left, right = st.columns(2)
    left.dataframe(pd.DataFrame(table), hide_index=True, height="content")
    parameters = {
        words("filters.layer"): list(found.norms),
        words("backward.parameters"): [f"{norm:.4g}" for norm in found.norms.values()],
    }
    right.dataframe(pd.DataFrame(parameters), hide_index=True, height="content")
