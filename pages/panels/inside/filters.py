"""The learned filters as pictures, and the distributions of weights and activations, layer by layer."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from torch import Tensor, nn

from core.figures.inside import distributions, distributions_height
from core.inside.filters import Spread, activation_spreads, colour_images, seen_in_colour, weight_spreads
from core.inside.forward_pass import forward_pass
from core.inside.stages import Stages, stages
from core.normalise import normalise
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.punctuation import listed, noted
from pages.shared.images.image_grid import image_grid
from pages.shared.images.number_map import NumberMap, number_maps
from pages.shared.images.picture import Picture
from pages.shared.model_picker import ModelChoice

words = PageWords("inside")

MOST_KERNELS = 96  # in colour
MOST_CHANNELS = 64  # of a kernel
MOST_PLANES = 256  # of a layer


@st.fragment
def filters(model: ModelChoice, chosen: Picture) -> None:
    """Show the filters of the convolutions, and how weights and activations are distributed."""
    network, found = model.weights.network(), stages(model.weights.architecture)
    kernels = {
        stage.layer: network.get_parameter(f"{stage.layer}.weight").detach()
        for stage in found.weighted
        if stage.kind == "convolution"
    }
    if not kernels:
        st.info(words("filters.none"), icon=":material/grid_off:")
    if coloured(network, found, "inside.colour", 96):
        st.markdown(words("filters.colour"))
    if kernels:
        _kernels(kernels)
    not_shown(found)
    _spread(weight_spreads(network, found), words("filters.weights"), "weights")
    passed = forward_pass(
        network.requires_grad_(False), normalise(chosen.image, model.weights.mean, model.weights.std)
    )
    key = "filters.activations" if found.functions else "filters.activations.plain"
    outputs = words(key, functions=listed(found.functions))
    _spread(activation_spreads(passed, found), outputs, "activations")


def not_shown(found: Stages) -> None:
    """Name the layers with weights of which these pictures are not made."""
    others = [stage for stage in found.values() if stage.kind == "other" and stage.parameters]
    if others:
        st.caption(
            words("filters.others", names=listed(noted(stage.layer, stage.function) for stage in others))
        )


def _kernels(kernels: Mapping[str, Tensor]) -> None:
    """Show the kernels of the first convolution, and of one of the others."""
    first, *others = kernels
    shown = [first]
    if len(others) > 1:
        shown.append(
            choice(
                st.segmented_control,
                words("filters.other"),
                others,
                others[0],
                key="inside.layer",
                format_func=str,
                required=True,
            )
        )
    else:
        shown += others
    number_maps([[_planes(layer, kernels[layer])] for layer in shown], key="inside.filters")
    stacks = (
        words("filters.stack", shape=_product(kernels[layer].shape[1:]), layer=layer) for layer in shown
    )
    st.markdown(words("filters.about", stacks=listed(stacks)))


def coloured(network: nn.Module, found: Stages, key: str, size: int) -> bool:
    """Show the weights of the first layer in colours, under a title; False where they aren't pictures."""
    seen = seen_in_colour(network, found)
    if seen is None:
        return False
    stage, weights = seen
    colours = colour_images(weights)[:MOST_KERNELS]
    kind = "coloured" if stage.kind == "convolution" else "units"
    st.markdown(f"**{words(f'filters.{kind}', n=len(weights), layer=stage.layer)}**")
    caption = "filters.caption" if stage.kind == "convolution" else "filters.unit"
    captions = [words(caption, n=index) for index in range(len(colours))]
    image_grid(colours, class_names() if stage.classes else captions, key=key, size=size)
    return True


def _planes(layer: str, kernels: Tensor) -> NumberMap:
    """Each kernel [C, k, k] as C squares beside each other, several kernels in a row where they are small."""
    count, channels = len(kernels), min(kernels.shape[1], MOST_CHANNELS)
    planes = kernels[: max(1, MOST_PLANES // channels), :channels]
    in_row = max(1, int(math.sqrt(1.5 * len(planes) / channels)))
    name = words("filters.planes", layer=layer, n=len(planes), in_row=in_row, channels=channels)
    if planes.shape[:2] != kernels.shape[:2]:
        name = words("filters.planes.part", layer=layer, n=len(planes), count=count, channels=channels)
    alt = words("filters.planes.alt", layer=layer, n=count, channels=kernels.shape[1])
    columns = in_row * channels
    return NumberMap(planes.flatten(0, 1), name, alt, columns=columns, size=min(560, 70 * columns))


def _product(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))


def _spread(spreads: Mapping[str, Spread], heading: str, what: str) -> None:
    st.markdown(f"**{heading}**")
    st.echarts_chart(
        distributions(spreads),
        height=distributions_height(len(spreads)),
        alt=words(f"filters.{what}.alt"),
        key=f"inside.{what}",
    )
    table = {
        words("filters.layer"): list(spreads),
        words("filters.count"): [f"{spread.count:,}" for spread in spreads.values()],
        words("filters.mean"): [f"{spread.mean:.3f}" for spread in spreads.values()],
        words("filters.std"): [f"{spread.std:.3f}" for spread in spreads.values()],
        words("filters.positive"): [f"{100 * spread.positive:.0f}%" for spread in spreads.values()],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content")
