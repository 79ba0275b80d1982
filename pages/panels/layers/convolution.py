"""Convolution tab of the layer lab: input, kernel and output side by side, any output cell written out."""

from typing import Any

import streamlit as st
import torch.nn.functional as F
from torch import Tensor

from core.layers.convolution import ImpulseResponse, flipped, impulse_response, output_cell
from core.layers.kernels import Kernel, is_symmetric
from core.layers.weighted_sum import WeightedSum, strongest
from core.written.numbers import minus
from pages.app.choice import linked, place, put
from pages.app.language import PageWords
from pages.app.page import plain
from pages.panels.layers import kernel_choice
from pages.shared.images.number_map import Cell, NumberMap, Reads, number_maps
from pages.shared.number import number
from pages.shared.sums import written_out

words = PageWords("layers")

COLOURS = ("red", "green", "blue")
OUTPUT = 4  # index among the maps, after the input and the kernel's three planes
SIDE, PLANE = 256, 72  # pixels: all maps beside each other, on a telephone the kernel beside its input


@st.fragment
def convolution(kernel: Kernel, image: Tensor) -> None:
    """Render the Convolution tab: maps and the opened cell's sum beside the settings."""
    kernel_choice.catch_up()
    shown, controls = st.columns([3, 1], gap="medium")
    with controls:
        kernel = kernel_choice.sized(kernel, image)
        settings = _settings()
    with shown:
        output = _convolved(kernel, image, kernel.bias + settings.pop("bias"), settings)
    if output is not None:
        height, width = output.shape
        sizes = {"k": kernel.size, "weights": kernel.weight.numel(), "height": height, "width": width}
        controls.markdown(words("conv.told", **sizes))
    if kernel.learned:
        st.markdown(words("conv.learned"))
    edit = st.expander(words("edit"), icon=":material/edit:", key="layers.edit", on_change="rerun")
    if edit.open:
        with edit:
            kernel_choice.editor(kernel)
    turned = st.expander(words("flip"), icon=":material/sync:", key="layers.flip", on_change="rerun")
    if turned.open:
        with turned:
            _flip(kernel)


def _settings() -> dict[str, Any]:
    """stride, padding and dilation as conv2d takes them, and the number added to the kernel's bias."""
    return {
        "stride": number(st.slider, words("stride"), 1, 4, 1, key="layers.stride"),
        "padding": number(st.slider, words("padding"), 0, 6, 0, key="layers.padding"),
        "dilation": number(st.slider, words("dilation"), 1, 6, 1, key="layers.dilation"),
        "bias": number(st.slider, words("bias"), -5.0, 5.0, 0.0, key="layers.bias", step=0.1),
    }


def _convolved(kernel: Kernel, image: Tensor, bias: Tensor, settings: dict[str, Any]) -> Tensor | None:
    """Show the maps and how the opened cell is computed; return the output, None if there can be none."""
    try:
        output = F.conv2d(kernel.x, kernel.weight, bias, **settings)[0, 0]
    except RuntimeError as error:
        st.error(words("impossible", said=plain(error)))
        return None
    row, column = _cell(output)
    _maps(kernel, image, output, settings, (OUTPUT, 0, row, column))
    terms = output_cell(kernel.x, kernel.weight, bias, **settings, out_channel=0, row=row, column=column)
    with st.container(key="layers.sum"):
        _sum(terms, float(output[row, column]), row, column)
    return output


def _cell(output: Tensor) -> tuple[int, int]:
    """Chosen cell, or the nearest that this output has; until one is chosen the strongest answer."""
    row, column = place(linked("layers.cell", "{}-{}".format(*strongest(output))))
    return min(row, output.shape[0] - 1), min(column, output.shape[1] - 1)


def chose(cell: Cell) -> None:
    """Keep a clicked cell of the output in session and link."""
    put("layers.cell", f"{cell[2]}-{cell[3]}")


def _maps(kernel: Kernel, image: Tensor, output: Tensor, settings: dict[str, Any], selected: Cell) -> None:
    names = [words(f"channel.{name}") for name in COLOURS]
    limit = float(kernel.weight.abs().max())
    shape = " × ".join(map(str, output.shape))
    first = NumberMap(
        kernel.x[0],
        words("map.input"),
        words("map.input.alt"),
        picture=image[0],
        names=names,
        padding=settings["padding"],
        size=SIDE,
    )
    planes = [
        NumberMap(
            plane,
            words("map.plane", channel=name),
            words("map.plane.alt", channel=name, k=kernel.size),
            limit=limit,
            legend=name == names[-1],
            size=PLANE,
        )
        for plane, name in zip(kernel.weight[0], names, strict=True)
    ]
    low, high = f"{float(output.min()):.2f}", f"{float(output.max()):.2f}"
    last = NumberMap(
        output,
        words("map.output", shape=shape),
        words("map.output.alt", shape=shape, low=low, high=high),
        clickable=True,
        size=SIDE,
    )
    number_maps(
        [[first], planes, [last]],
        reads=[Reads(OUTPUT, 0, kernel.size, **settings)],
        selected=selected,
        on_click=chose,
        key="layers.convolution",
        stacked=True,
    )


def _sum(terms: WeightedSum, torch_value: float, row: int, column: int) -> None:
    """Show the sum of the cell by channels, then each product."""
    red, green, blue, bias = (minus(value, 4) for value in [*terms.sums.tolist(), terms.bias])
    total = minus(terms.total, 4)
    line = words("sum.line", red=red, green=green, blue=blue, bias=bias, total=total)
    st.markdown(f"**{words('sum.title', row=row, column=column)}**  \n{line}")
    names = [words(f"channel.{name}") for name in COLOURS]
    st.code(written_out(terms.inputs, terms.weights, names), language=None, wrap_lines=False)
    difference = f"{abs(torch_value - terms.total):.1e}"
    st.caption(words("sum.check", said=minus(torch_value, 6), difference=difference))


def _flip(kernel: Kernel) -> None:
    """Show cross-correlation beside convolution: on a single 1, then on the picture."""
    plane = kernel.weight[0, 0]
    response: ImpulseResponse = impulse_response(plane)
    limit = float(plane.abs().max())
    st.markdown(words("flip.told"))
    named_planes = (
        ("impulse", response.impulse),
        ("kernel", plane),
        ("conv2d", response.cross_correlation),
        ("true", response.convolution),
    )
    maps = [
        NumberMap(
            values,
            words(f"flip.{name}"),
            words(f"flip.{name}.alt"),
            limit=1.0 if name == "impulse" else limit,
            size=165,
        )
        for name, values in named_planes
    ]
    number_maps([[number_map] for number_map in maps], key="layers.impulse", hint=False)
    correlated, convolved = kernel.map(), F.conv2d(kernel.x, flipped(kernel.weight), kernel.bias)[0, 0]
    key = "flip.same" if is_symmetric(kernel.weight) else "flip.differs"
    st.markdown(words(key, largest=f"{float((correlated - convolved).abs().max()):.3f}"))
    if key == "flip.differs":
        limit = max(float(correlated.abs().max()), float(convolved.abs().max()))
        pair = [
            NumberMap(
                values, words(f"flip.{name}.picture"), words(f"flip.{name}.picture"), limit=limit, size=260
            )
            for name, values in (("conv2d", correlated), ("true", convolved))
        ]
        number_maps([pair[:1], pair[1:]], reads=[Reads(0, 1), Reads(1, 0)], key="layers.flipped", hint=False)
