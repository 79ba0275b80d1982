"""The learned filters as pictures, and the distributions of weights and activations, layer by layer."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.figures.inside import HEIGHT, distributions
from core.inside.filters import Spread, activation_spreads, colour_images, weight_spreads
from core.inside.forward_pass import forward_pass
from core.normalise import normalise
from pages.app.language import PageWords
from pages.shared.image_grid import image_grid
from pages.shared.model_picker import ModelChoice
from pages.shared.number_map import NumberMap, number_maps
from pages.shared.picture import Picture

words = PageWords("inside")


@st.fragment
def filters(model: ModelChoice, chosen: Picture) -> None:
    """Show the filters of both convolutions, and how weights and activations are distributed."""
    network = model.weights.lenet()
    conv1, conv2 = network.conv1.weight.detach(), network.conv2.weight.detach()  # (6, 3, 5, 5), (16, 6, 5, 5)
    st.markdown(f"**{words('filters.conv1')}**")
    captions = [words("filters.caption", n=index) for index in range(len(conv1))]
    image_grid(colour_images(conv1), captions, key="inside.colour", size=96)
    st.markdown(words("filters.colour"))
    planes = conv1.flatten(0, 1), conv2.flatten(0, 1)  # (18, 5, 5), (96, 5, 5)
    maps = [
        NumberMap(planes[0], words("filters.planes"), words("filters.planes.alt"), columns=3, size=210),
        NumberMap(planes[1], words("filters.conv2"), words("filters.conv2.alt"), columns=12, size=560),
    ]
    number_maps([[number_map] for number_map in maps], key="inside.filters")
    st.markdown(words("filters.about"))
    _spread(weight_spreads(network), "weights")
    passed = forward_pass(
        network.requires_grad_(False), normalise(chosen.image, model.weights.mean, model.weights.std)
    )
    _spread(activation_spreads(passed), "activations")


def _spread(spreads: Mapping[str, Spread], what: str) -> None:
    st.markdown(f"**{words(f'filters.{what}')}**")
    names = {name: words(f"layer.{name}") for name in spreads}
    st.echarts_chart(
        distributions(spreads, names), height=HEIGHT, alt=words(f"filters.{what}.alt"), key=f"inside.{what}"
    )
    table = {
        words("filters.layer"): list(names.values()),
        words("filters.count"): [f"{spread.count:,}" for spread in spreads.values()],
        words("filters.mean"): [f"{spread.mean:.3f}" for spread in spreads.values()],
        words("filters.std"): [f"{spread.std:.3f}" for spread in spreads.values()],
        words("filters.positive"): [f"{100 * spread.positive:.0f}%" for spread in spreads.values()],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content")
