"""The forward pass of one image as a linked picture: each unit of each stage, its inputs, its arithmetic."""

import math
from collections.abc import Sequence

import streamlit as st
from torch import Tensor, nn

from core.inside.forward_pass import ForwardPass, forward_pass
from core.inside.stages import Stage, Stages, Unit, stages
from core.normalise import normalise
from core.training.checkpoints import Weights
from pages.app.choice import choice, linked, put
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.punctuation import listed
from pages.panels.inside.titles import MOST_TILES, SIZES, stage_map, title
from pages.panels.inside.unit import arithmetic
from pages.shared.images.number_map import Cell, NumberMap, Reads, number_maps
from pages.shared.images.picture import Picture
from pages.shared.model_picker import ModelChoice

words = PageWords("inside")

KEY = "inside.unit"
SOFTMAX = 134  # pixels; the last of a row


@st.fragment
def forward(model: ModelChoice, chosen: Picture) -> None:
    """Show every stage as a map, and the arithmetic of the chosen unit."""
    network, passed = _passed(model.digest, chosen.image.numpy().tobytes(), model.weights, chosen.image)
    found = stages(model.weights.architecture)
    shown = _view(found)
    here = _chosen(found, passed, shown)
    _picture(found, passed, chosen.image, shown, here)
    st.markdown(_answer(passed))
    arithmetic(here, found, passed, network, chosen.image, model.weights)


@st.cache_resource(show_spinner=False, max_entries=16)  # 0.4 MB each for LeNet, 5 MB for a small VGG
def _passed(digest: str, pixels: bytes, _weights: Weights, _image: Tensor) -> tuple[nn.Module, ForwardPass]:
    """The network, and all its stages for one image; `pixels` are those of the image."""
    network = _weights.network().requires_grad_(False)
    return network, forward_pass(network, normalise(_image, _weights.mean, _weights.std))


def _view(found: Stages) -> Sequence[Stage]:
    """The stages to show, as the learner chooses where there is something to choose."""
    if not found.functions:
        return found.after
    view = choice(
        st.segmented_control,
        words("forward.show"),
        ["after", "before"],
        "after",
        key="inside.relu",
        format_func=lambda option: words(f"forward.show.{option}", functions=listed(found.functions)),
        required=True,
        label_visibility="collapsed",
    )
    return found.after if view == "after" else found.before


def _answer(passed: ForwardPass) -> str:
    shares = passed.softmax[0]
    best = int(shares.argmax())
    return words("forward.answer", name=class_names()[best], percent=f"{100 * float(shares[best]):.1f}")


def _chosen(found: Stages, passed: ForwardPass, shown: Sequence[Stage]) -> Unit:
    """The unit in the link if this network has it; else the one that this image excites most.

    That one is of the last convolution, without one of the first linear layer.
    """
    weighted = [stage for stage in shown if found[stage.head].kind in ("convolution", "linear")] or shown
    convolutions = [stage for stage in weighted if found[stage.head].kind == "convolution"]
    stage = convolutions[-1] if convolutions else weighted[0]
    drawn = stage.drawn(passed[stage.name][0])[:MOST_TILES].nan_to_num(-math.inf)
    strongest = stage.unit(int(drawn.argmax()))
    wanted = found.unit(linked(KEY, str(strongest))) or strongest
    same = next(other for other in shown if other.head == found[wanted.stage].head)
    return Unit(
        same.name, wanted.channel, wanted.row, wanted.column
    )  # before or after, the place is the same


def _picture(found: Stages, passed: ForwardPass, image: Tensor, shown: Sequence[Stage], here: Unit) -> None:
    maps = [_map(found, passed, image, stage, here) for stage in shown]
    index = next(index for index, stage in enumerate(shown) if stage.name == here.stage)
    tile = 0 if here.stage == "input" else here.channel  # a pixel is one place for all three

    def chose(cell: Cell) -> None:
        index, tile, row, column = cell
        unit = Unit(shown[index].name, tile, row, column)
        if shown[index].index(unit) < shown[index].count:
            put(KEY, str(unit))

    number_maps(
        [[number_map] for number_map in maps],
        reads=_reads(found, shown),
        selected=(index, tile, here.row, here.column) if tile < maps[index].shape[0] else None,
        on_click=chose,
        key="inside.forward",
    )


def _map(found: Stages, passed: ForwardPass, image: Tensor, stage: Stage, here: Unit) -> NumberMap:
    name = title(found, stage)
    alt = words("forward.alt", stage=name, shape=list(stage.output))
    values = passed[stage.name][0]
    if stage.kind == "input":
        colours = [words(f"channel.{colour}") for colour in ("red", "green", "blue")]
        size = SIZES[stage.shape]
        return NumberMap(values, name, alt, picture=image[0], names=colours, size=size, clickable=True)
    origin = found.origin(here)
    flattened = found[here.stage].kind == "flatten" and found[origin.stage].head == stage.head
    marks = [(origin.channel, origin.row, origin.column)] if flattened and stage.name != here.stage else []
    size = SOFTMAX if stage.name == "softmax" else None
    return stage_map(found, stage, values, alt, size=size, clickable=True, marks=marks)


def _reads(found: Stages, shown: Sequence[Stage]) -> list[Reads]:
    """Links of each stage to the stage before it and, through all of them, to the pixels of the input."""
    reads = []
    for index, stage in enumerate(shown[1:], start=1):
        head = found[stage.head]
        if stage.is_map and stage.field is not None:
            rows, columns = stage.field
            field = {"kernel": (rows.size, columns.size), "stride": (rows.step, columns.step)}
            reads.append(Reads(index, 0, padding=(rows.before, columns.before), **field))
        elif stage.sees_all:
            reads.append(Reads(index, 0, whole=True))
        if head.kind in ("linear", "softmax") and len(head.output) == 1:
            reads.append(Reads(index, index - 1, whole=True))
        elif head.windows is not None and index > 1:
            reads.append(_window(head, index))
    return reads


def _window(head: Stage, index: int) -> Reads:
    assert head.windows is not None
    rows, columns = head.windows
    return Reads(
        index,
        index - 1,
        kernel=(rows.kernel_size, columns.kernel_size),
        stride=(rows.stride, columns.stride),
        padding=(rows.before, columns.before),
        dilation=(rows.dilation, columns.dilation),
        share=head.share,
    )
