"""Flatten and Linear tab of the lab: 16 x 5 x 5 -> 400 -> 120 as arithmetic and as an equal convolution."""

import inspect

import streamlit as st
from torch import Tensor, nn

from core.figures.layers import sums_chart
from core.inside.forward_pass import forward_pass
from core.layers.linear import Shape, as_convolution, compare, flat_index, place, unit_terms
from core.layers.weighted_sum import WeightedSum, strongest
from core.normalise import normalise
from core.outcome import outcome
from core.pitfalls import layers
from core.written.numbers import minus
from pages.app.choice import linked, put
from pages.app.language import PageWords
from pages.shared import loaders
from pages.shared.images.number_map import Cell, NumberMap, Reads, number_maps
from pages.shared.number import number
from pages.shared.sums import written_out

words = PageWords("layers")

WRONG = (layers.linear_without_flatten, layers.view_with_the_wrong_size, layers.view_that_mixes_images)
SHAPE: Shape = (16, 5, 5)


@st.fragment
def linear(image: Tensor) -> None:
    """Render the Flatten and Linear tab; image: uint8 [1, 3, 32, 32]."""
    shipped = loaders.shipped("sketches")
    model = shipped.lenet().requires_grad_(False)
    maps = forward_pass(model, normalise(image, shipped.mean, shipped.std))["pool2"]  # (1, 16, 5, 5)
    unit = number(st.slider, words("unit"), 0, model.fc1.out_features - 1, 0, key="layers.unit")
    terms = unit_terms(maps[0], model.fc1, unit)
    # until one is chosen the product that counts most: many inputs are 0 after ReLU
    index = _index(linked("layers.flat", str(flat_index(*strongest(terms.products), SHAPE))))
    _maps(terms, index, unit)
    _flatten(maps, terms, index)
    _sum(terms, float(model.fc1(maps.flatten(1))[0, unit].detach()), unit)
    _equal(maps, model.fc1)
    wrong = st.expander(words("wrong"), icon=":material/bug_report:", key="layers.wrong", on_change="rerun")
    if wrong.open:
        with wrong:
            _wrong()


def _index(text: str) -> int:
    """Index into the 400 flattened values, at most 399; 0 for text that is no index."""
    usable = text.isascii() and text.isdigit() and len(text) <= 3
    return min(int(text), 399) if usable else 0


def _chose(cell: Cell) -> None:
    put("layers.flat", str(flat_index(*cell[1:], SHAPE)))


def _maps(terms: WeightedSum, index: int, unit: int) -> None:
    parts = (("inputs", terms.inputs), ("weights", terms.weights), ("products", terms.products))
    maps = [
        NumberMap(
            values,
            words(f"linear.{name}", unit=unit),
            words(f"linear.{name}.alt", unit=unit),
            size=250,
            clickable=True,
        )
        for name, values in parts
    ]
    reads = [Reads(source, target) for source in range(3) for target in range(3) if source != target]
    selected = (2, *place(index, SHAPE))
    groups = [[number_map] for number_map in maps]
    number_maps(groups, reads=reads, selected=selected, on_click=_chose, key="layers.linear")


def _flatten(maps: Tensor, terms: WeightedSum, index: int) -> None:
    """Show the chosen cell's index in the flat vector, and its product there."""
    channel, row, column = place(index, SHAPE)
    value, weight = float(maps.flatten(1)[0, index]), float(terms.weights[channel, row, column])
    st.markdown(words("flat.told", channel=channel, row=row, column=column, index=index))
    st.markdown(
        words(
            "flat.product", value=minus(value, 4), weight=minus(weight, 4), product=minus(value * weight, 4)
        )
    )
    name = words("map.tile.name", tile=channel)
    st.code(
        written_out(terms.inputs[channel : channel + 1], terms.weights[channel : channel + 1], [name]),
        language=None,
        wrap_lines=False,
    )


def _sum(terms: WeightedSum, torch_value: float, unit: int) -> None:
    sums = terms.sums.tolist()
    relu = minus(max(0.0, torch_value), 4)
    total = {"bias": minus(terms.bias, 4), "total": minus(terms.total, 4), "relu": relu}
    st.markdown(words("unit.sum", unit=unit, sums=minus(sum(sums), 4), **total))
    difference = f"{abs(torch_value - terms.total):.1e}"
    st.caption(words("sum.check", said=minus(torch_value, 6), difference=difference))
    labels = {"axis": words("unit.axis"), "value": words("unit.value")}
    largest = max(range(len(sums)), key=lambda tile: abs(sums[tile]))
    names = [*map(str, range(len(sums))), words("unit.bias")]
    alt = words("unit.alt", tile=largest, value=minus(sums[largest]))
    st.echarts_chart(sums_chart(names, [*sums, terms.bias], labels), height=240, alt=alt, key="layers.sums")
    st.caption(alt)


def _equal(maps: Tensor, layer: nn.Linear) -> None:
    result = compare(maps, layer)
    st.markdown(f"**{words('equal')}**")
    st.markdown(
        words(
            "equal.told",
            linear=list(result.linear_shape),
            convolution=list(result.convolution_shape),
            difference=f"{result.difference:.1e}",
            double=f"{result.difference_double:.0e}" if result.difference_double else "0",
            equal=result.equal,
            close=result.close,
            parameters=f"{sum(parameter.numel() for parameter in layer.parameters()):,}",
        )
    )
    st.code(inspect.getsource(as_convolution), language="python")


def _wrong() -> None:
    for function in WRONG:
        st.markdown(words(f"wrong.{function.__name__}"))
        st.code(inspect.getsource(function), language="python")
        st.code(outcome(function).answer, language=None, wrap_lines=True)
