"""The forward pass of one image as a linked picture: every unit of every stage, what it reads, and how it is computed."""

import streamlit as st
from torch import Tensor

from core.inside.forward_pass import ForwardPass, forward_pass, receptive_field
from core.inside.stages import SHAPES, Unit, numbered, unit
from core.normalise import normalise
from core.text import Text
from pages.app.choice import choice, linked, put
from pages.panels.inside.unit import arithmetic
from pages.shared.class_names import class_names
from pages.shared.model_picker import Model
from pages.shared.number_map import Cell, NumberMap, Reads, number_maps
from pages.shared.picture import Picture

KEY = "inside.unit"
AFTER = ("input", "relu1", "pool1", "relu2", "pool2", "flat", "relu3", "relu4", "logits", "softmax")
BEFORE = ("input", "conv1", "pool1", "conv2", "pool2", "flat", "fc1", "fc2", "logits", "softmax")
SIZES = (150, 228, 150, 206, 116, 128, 92, 80, 142, 134)  # pixels
COLUMNS = {"conv1": 3, "relu1": 3, "pool1": 3}


@st.fragment
def forward(model: Model, chosen: Picture, words: Text) -> None:
    weights = model.weights
    network = weights.model.requires_grad_(False)
    passed = forward_pass(network, normalise(chosen.image, weights.mean, weights.std))
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = choice(
            st.segmented_control,
            words("forward.show"),
            ["after", "before"],
            "after",
            key="inside.relu",
            format_func=lambda option: words(f"forward.show.{option}"),
            required=True,
            label_visibility="collapsed",
        )
        st.markdown(_answer(passed, words), width="content")
    stages = AFTER if shown == "after" else BEFORE
    here = _chosen(passed, stages)
    _picture(passed, chosen.image, stages, here, words)
    arithmetic(here, passed, network, chosen.image, weights, words)


def _answer(passed: ForwardPass, words: Text) -> str:
    shares = passed.softmax[0]
    best = int(shares.argmax())
    return words("forward.answer", name=class_names()[best], percent=f"{100 * float(shares[best]):.1f}")


def _chosen(passed: ForwardPass, stages: tuple[str, ...]) -> Unit:
    """The unit in the link if this picture has it; at first the one of conv2 that this image excites most."""
    conv2 = stages[3]
    strongest = numbered(conv2, int(passed[conv2][0].flatten().argmax()))
    said = unit(linked(KEY, str(strongest)))
    if said is not None and said.stage not in stages:  # the same place, before or after ReLU
        other = dict(zip((*AFTER, *BEFORE), (*BEFORE, *AFTER), strict=True))[said.stage]
        said = Unit(other, said.channel, said.row, said.column)
    return said or strongest


def _picture(passed: ForwardPass, image: Tensor, stages: tuple[str, ...], here: Unit, words: Text) -> None:
    maps = [_map(passed, image, stage, size, here, words) for stage, size in zip(stages, SIZES, strict=True)]
    selected = (stages.index(here.stage), here.channel, here.row, here.column)

    def chose(cell: Cell) -> None:
        index, tile, row, column = cell
        put(KEY, str(Unit(stages[index], tile, row, column)))

    number_maps([[one] for one in maps], reads=_reads(stages), selected=selected, on_click=chose, key="inside.forward")


def _map(passed: ForwardPass, image: Tensor, stage: str, size: int, here: Unit, words: Text) -> NumberMap:
    channels, rows, columns = SHAPES[stage]
    shape = list(passed[stage].shape[1:])
    title, alt = words(f"stage.{stage}"), words("forward.alt", stage=words(f"stage.{stage}"), shape=shape)
    values = passed[stage][0].reshape(channels, rows, columns)
    if stage == "input":
        names = [words(f"channel.{name}") for name in ("red", "green", "blue")]
        return NumberMap(values, title, alt, picture=image[0], names=names, size=size, clickable=True)
    if stage in ("logits", "softmax"):
        return NumberMap(values, title, alt, size=size, clickable=True, bars=class_names())
    marks = [(here.index // 25, here.index % 25 // 5, here.index % 5)] if stage == "pool2" and here.stage == "flat" else []
    return NumberMap(values, title, alt, size=size, columns=COLUMNS.get(stage, 4), clickable=True, marks=marks)


def _reads(stages: tuple[str, ...]) -> list[Reads]:
    """What each stage is made from: the stage before it, and through all of them the pixels of the input."""
    place = {stage: index for index, stage in enumerate(stages)}
    conv1, pool1, conv2, pool2 = stages[1:5]
    reads = [
        Reads(place[pool1], place[conv1], kernel=2, stride=2),
        Reads(place[conv2], place[pool1], kernel=5, every=True),
        Reads(place[pool2], place[conv2], kernel=2, stride=2),
    ]
    for stage in stages[1:5]:
        field = receptive_field(stage)
        reads.append(Reads(place[stage], place["input"], kernel=field.size, stride=field.step))
    for stage, before in zip(stages[6:], stages[5:], strict=False):
        reads.append(Reads(place[stage], place[before], whole=True))
        reads.append(Reads(place[stage], place["input"], whole=True))
    return reads
