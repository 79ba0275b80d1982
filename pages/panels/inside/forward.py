"""The forward pass of one image as a linked picture: each unit of each stage, its inputs, its arithmetic."""

import streamlit as st
from torch import Tensor

from core.inside.forward_pass import ForwardPass, forward_pass
from core.inside.stages import (
    AFTER_RELU,
    BEFORE_RELU,
    MAPS,
    STAGES,
    Unit,
    numbered,
    receptive_field,
    unit,
    weighted,
)
from core.lenet import LeNet
from core.normalise import normalise
from core.training.checkpoints import Weights
from pages.app.choice import choice, linked, put
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.panels.inside.unit import arithmetic
from pages.shared.model_picker import ModelChoice
from pages.shared.number_map import Cell, NumberMap, Reads, number_maps
from pages.shared.picture import Picture

words = PageWords("inside")

KEY = "inside.unit"
SIZES = (150, 228, 150, 206, 116, 128, 92, 80, 142, 134)  # pixels
COLUMNS = {"conv1": 3, "relu1": 3, "pool1": 3}


@st.fragment
def forward(model: ModelChoice, chosen: Picture) -> None:
    """Show every stage as a map, and the arithmetic of the chosen unit."""
    network, passed = _passed(model.digest, chosen.image.numpy().tobytes(), model.weights, chosen.image)
    view = choice(
        st.segmented_control,
        words("forward.show"),
        ["after", "before"],
        "after",
        key="inside.relu",
        format_func=lambda option: words(f"forward.show.{option}"),
        required=True,
        label_visibility="collapsed",
    )
    stages = AFTER_RELU if view == "after" else BEFORE_RELU
    here = _chosen(passed, stages)
    _picture(passed, chosen.image, stages, here)
    st.markdown(_answer(passed))
    arithmetic(here, passed, network, chosen.image, model.weights)


@st.cache_resource(show_spinner=False, max_entries=32)  # 0.4 MB each
def _passed(digest: str, pixels: bytes, _weights: Weights, _image: Tensor) -> tuple[LeNet, ForwardPass]:
    """The network, and all its stages for one image; `pixels` are those of the image."""
    network = _weights.lenet().requires_grad_(False)
    return network, forward_pass(network, normalise(_image, _weights.mean, _weights.std))


def _answer(passed: ForwardPass) -> str:
    shares = passed.softmax[0]
    best = int(shares.argmax())
    return words("forward.answer", name=class_names()[best], percent=f"{100 * float(shares[best]):.1f}")


def _chosen(passed: ForwardPass, stages: tuple[str, ...]) -> Unit:
    """The unit in the link if this picture has it; else the one of conv2 that this image excites most."""
    conv2 = stages[3]
    strongest = numbered(conv2, int(passed[conv2][0].flatten().argmax()))
    wanted = unit(linked(KEY, str(strongest)))
    if wanted is not None and wanted.stage not in stages:  # the same place, before or after ReLU
        other = dict(zip((*AFTER_RELU, *BEFORE_RELU), (*BEFORE_RELU, *AFTER_RELU), strict=True))[wanted.stage]
        wanted = Unit(other, wanted.channel, wanted.row, wanted.column)
    return wanted or strongest


def _picture(passed: ForwardPass, image: Tensor, stages: tuple[str, ...], here: Unit) -> None:
    maps = [_map(passed, image, stage, size, here) for stage, size in zip(stages, SIZES, strict=True)]
    selected = (stages.index(here.stage), here.channel, here.row, here.column)

    def chose(cell: Cell) -> None:
        index, tile, row, column = cell
        put(KEY, str(Unit(stages[index], tile, row, column)))

    number_maps(
        [[number_map] for number_map in maps],
        reads=_reads(stages),
        selected=selected,
        on_click=chose,
        key="inside.forward",
    )


def _map(passed: ForwardPass, image: Tensor, stage: str, size: int, here: Unit) -> NumberMap:
    shape = list(passed[stage].shape[1:])
    title, alt = words(f"stage.{stage}"), words("forward.alt", stage=words(f"stage.{stage}"), shape=shape)
    values = passed[stage][0].reshape(STAGES[stage].shape)
    if stage == "input":
        names = [words(f"channel.{name}") for name in ("red", "green", "blue")]
        return NumberMap(values, title, alt, picture=image[0], names=names, size=size, clickable=True)
    if stage in ("logits", "softmax"):
        return NumberMap(values, title, alt, size=size, clickable=True, bars=class_names())
    flattened = numbered("pool2", here.index)
    marks = (
        [(flattened.channel, flattened.row, flattened.column)]
        if stage == "pool2" and here.stage == "flat"
        else []
    )
    return NumberMap(
        values, title, alt, size=size, columns=COLUMNS.get(stage, 4), clickable=True, marks=marks
    )


def _reads(stages: tuple[str, ...]) -> list[Reads]:
    """Links of each stage to the stage before it and, through all of them, to the pixels of the input."""
    reads = []
    for index, name in enumerate(stages):
        stage = STAGES[weighted(name)]
        if name in MAPS:
            field = receptive_field(name)
            reads.append(Reads(index, 0, kernel=field.size, stride=field.step))
            if index > 1:
                every = stage.kind == "convolution"
                reads.append(
                    Reads(index, index - 1, kernel=stage.kernel_size, stride=stage.stride, every=every)
                )
        elif stage.kind in ("linear", "softmax"):
            reads += [Reads(index, index - 1, whole=True), Reads(index, 0, whole=True)]
    return reads
