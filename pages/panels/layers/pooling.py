"""Pooling tab of the layer lab, first part: the winners, and the gradient's way back."""

import math

import streamlit as st
import torch.nn.functional as F
from torch import Tensor

from core.layers.kernels import Kernel
from core.layers.pooling import (
    KINDS,
    Pooling,
    Window,
    corner_of_a_constant,
    gradient_back,
    tied_windows,
    window,
    winners,
)
from core.layers.weighted_sum import strongest
from core.written.numbers import minus
from pages.app.choice import choice, linked, place, put
from pages.app.language import PageWords
from pages.app.page import plain
from pages.app.punctuation import listed, sentences
from pages.panels.layers import shift
from pages.shared.images.number_map import Cell, NumberMap, Reads, number_maps
from pages.shared.number import number

words = PageWords("layers")


def pooling(kernel: Kernel, image: Tensor) -> None:
    """Run both experiments on the map of the chosen kernel, after ReLU; image: uint8 [1, 3, 32, 32]."""
    _windows(kernel)
    st.divider()
    shift.shift(kernel, image)


@st.fragment
def _windows(kernel: Kernel) -> None:
    pool, every = _settings()
    before = F.relu(kernel.map())
    try:
        after = pool(before[None])[0]
    except RuntimeError as error:
        st.error(words("impossible", said=plain(error)))
        return
    row, column = _cell(after)
    chosen_window = window(before, pool, row, column)
    gradient = gradient_back(before, pool, None if every else (row, column))
    _maps(before, after, gradient, pool, (row, column))
    st.markdown(_window_sentence(chosen_window, pool, row, column))
    if pool.kind == "max":
        st.caption(words("pool.ties.all", n=tied_windows(before, pool), total=after.numel()))
    if pool.padding:
        corner = minus(corner_of_a_constant(pool), 2)
        st.caption(words(f"pool.padding.{pool.kind}", corner=corner))


def _settings() -> tuple[Pooling, bool]:
    """Settings of the pooling, and whether a gradient comes from every output cell."""
    style = {"format_func": words, "required": True, "width": "content"}
    with st.container(horizontal=True, gap="large"):
        kind = choice(st.segmented_control, words("pool.kind"), KINDS, "max", key="layers.pool", **style)
        sources = choice(
            st.segmented_control, words("gradient"), ["every", "one"], "every", key="layers.gradient", **style
        )
    first, second, third = st.columns(3)
    with first:
        size = number(st.slider, words("pool.size"), 1, 6, 2, key="layers.pool_size")
    with second:
        stride = number(st.slider, words("stride"), 1, 6, 2, key="layers.pool_stride")
    with third:
        padding = number(st.slider, words("padding"), 0, 3, 0, key="layers.pool_padding")
    return Pooling(kind, size, stride, padding), sources == "every"


def _cell(after: Tensor) -> tuple[int, int]:
    """Chosen cell, or the nearest that this map has; until one is chosen the strongest."""
    row, column = place(linked("layers.pooled", "{}-{}".format(*strongest(after))))
    return min(row, after.shape[0] - 1), min(column, after.shape[1] - 1)


def _chose(cell: Cell) -> None:
    put("layers.pooled", f"{cell[2]}-{cell[3]}")


def _maps(before: Tensor, after: Tensor, gradient: Tensor, pool: Pooling, cell: tuple[int, int]) -> None:
    limit, width = float(before.abs().max()), before.shape[1]
    dots = sorted(set(winners(before, pool).flatten().tolist())) if pool.kind == "max" else []
    sizes = {
        name: " × ".join(map(str, values.shape)) for name, values in (("before", before), ("after", after))
    }
    maps = [
        NumberMap(
            before,
            words("map.before", shape=sizes["before"]),
            words("map.before.alt", shape=sizes["before"], n=len(dots)),
            limit=limit,
            padding=pool.padding,
            padding_text="−∞" if pool.kind == "max" else "0",
            marks=[(0, dot // width, dot % width) for dot in dots],
            size=270,
        ),
        NumberMap(
            after,
            words("map.after", shape=sizes["after"]),
            words("map.after.alt", shape=sizes["after"]),
            limit=limit,
            clickable=True,
            size=220,
        ),
        NumberMap(
            gradient, words("map.gradient"), words("map.gradient.alt", n=int((gradient != 0).sum())), size=270
        ),
    ]
    reads = [Reads(1, target, pool.kernel_size, pool.stride, pool.padding) for target in (0, 2)]
    groups = [[number_map] for number_map in maps]
    number_maps(groups, reads=reads, selected=(1, 0, *cell), on_click=_chose, key="layers.pooling")


def _window_sentence(chosen_window: Window, pool: Pooling, row: int, column: int) -> str:
    values = chosen_window.values.flatten().tolist()
    numbers = listed(f"{value:.3f}" for value in values if not math.isnan(value))
    if chosen_window.winner is None:
        share = f"1/{pool.kernel_size**2}"
        return words(
            "pool.told.average",
            row=row,
            column=column,
            numbers=numbers,
            total=f"{chosen_window.total:.3f}",
            share=share,
        )
    sentence = words(
        "pool.told.max",
        row=row,
        column=column,
        numbers=numbers,
        total=f"{chosen_window.total:.3f}",
        won_row=chosen_window.winner[0],
        won_column=chosen_window.winner[1],
    )
    ties = chosen_window.ties
    return sentences(sentence, words("pool.ties", n=ties) if ties > 1 else "")
