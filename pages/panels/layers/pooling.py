"""The tab Pooling of the layer lab: who wins, the gradient's way back, and what a shifted image does to the maps."""

import math
from pathlib import Path

import streamlit as st
import torch.nn.functional as F
from torch import Tensor

from core.dataset import ImageSet
from core.errors import InputError
from core.evaluation.robustness import accuracy
from core.figures.layers import accuracy_chart, changes_chart
from core.files import locations
from core.layers.pooling import KINDS, Pooling, Window, corner_of_a_constant, gradient_back, tied_windows, window, winners
from core.layers.shifts import FARTHEST, Changes, changes, shifted, stages
from core.numbers import minus
from core.text import Text
from pages.app.choice import choice, linked, place, put
from pages.app.page import plain, show_error
from pages.panels.layers import kernel_choice
from pages.panels.layers.kernel_choice import Kernel
from pages.shared import loaders
from pages.shared.number import number
from pages.shared.number_map import Cell, NumberMap, Reads, number_maps

JUDGED = 400  # images of the validation split: nine shifts of them take LeNet a quarter of a second
STAGES = ("image", "convolution", "pooled", "pooled_twice")


@st.fragment
def pooling(image: Tensor, words: Text) -> None:
    """Both experiments on the map of the chosen kernel, after ReLU; image uint8 [1, 3, 32, 32]."""
    kernel = kernel_choice.choose(image, words)
    _windows(kernel, words)
    st.divider()
    _shift(kernel, image, words)


@st.fragment
def _windows(kernel: Kernel, words: Text) -> None:
    pool, every = _settings(words)
    before = F.relu(kernel.map())
    try:
        after = pool(before[None])[0]
    except RuntimeError as error:
        st.error(words("impossible", said=plain(error)))
        return
    row, column = _cell(after)
    one = window(before, pool, row, column)
    gradient = gradient_back(before, pool, None if every else (row, column))
    _maps(before, after, gradient, pool, one, (row, column), words)
    st.markdown(_told(one, pool, row, column, words))
    if pool.kind == "max":
        st.caption(words("pool.ties.all", n=tied_windows(before, pool), total=after.numel()))
    if pool.padding:
        corner = minus(corner_of_a_constant(pool), 2)
        st.caption(words(f"pool.padding.{pool.kind}", corner=corner))


def _settings(words: Text) -> tuple[Pooling, bool]:
    """The pooling, and whether a gradient comes from every output cell."""
    style = {"format_func": words, "required": True, "width": "content"}
    with st.container(horizontal=True, gap="large"):
        kind = choice(st.segmented_control, words("pool.kind"), KINDS, "max", key="layers.pool", **style)
        sent = choice(st.segmented_control, words("gradient"), ["every", "one"], "every", key="layers.gradient", **style)
    first, second, third = st.columns(3)
    with first:
        size = number(st.slider, words("pool.size"), 1, 6, 2, key="layers.pool_size")
    with second:
        stride = number(st.slider, words("stride"), 1, 6, 2, key="layers.pool_stride")
    with third:
        padding = number(st.slider, words("padding"), 0, 3, 0, key="layers.pool_padding")
    return Pooling(kind, size, stride, padding), sent == "every"


def _cell(after: Tensor) -> tuple[int, int]:
    row, column = place(linked("layers.pooled", "6-6"))
    return min(row, after.shape[0] - 1), min(column, after.shape[1] - 1)


def _chose(cell: Cell) -> None:
    put("layers.pooled", f"{cell[2]}-{cell[3]}")


def _maps(before: Tensor, after: Tensor, gradient: Tensor, pool: Pooling, one: Window, cell: tuple[int, int], words: Text) -> None:
    limit, width = float(before.abs().max()), before.shape[1]
    dots = sorted(set(winners(before, pool).flatten().tolist())) if pool.kind == "max" else []
    sizes = {name: " × ".join(map(str, it.shape)) for name, it in (("before", before), ("after", after))}
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
        NumberMap(gradient, words("map.gradient"), words("map.gradient.alt", n=int((gradient != 0).sum())), size=270),
    ]
    reads = [Reads(1, target, pool.kernel_size, pool.stride, pool.padding) for target in (0, 2)]
    number_maps([[it] for it in maps], reads=reads, selected=(1, 0, *cell), on_click=_chose, key="layers.pooling")


def _told(one: Window, pool: Pooling, row: int, column: int, words: Text) -> str:
    numbers = ", ".join(f"{value:.3f}" for value in one.values.flatten().tolist() if not math.isnan(value))
    if one.winner is None:
        share = f"1/{pool.kernel_size**2}"
        return words("pool.told.average", row=row, column=column, numbers=numbers, total=f"{one.total:.3f}", share=share)
    told = words(
        "pool.told.max", row=row, column=column, numbers=numbers, total=f"{one.total:.3f}", won_row=one.winner[0], won_column=one.winner[1]
    )
    return f"{told} {words('pool.ties', n=one.ties)}" if one.ties > 1 else told


# Shift


@st.fragment
def _shift(kernel: Kernel, image: Tensor, words: Text) -> None:
    """The same picture some pixels further right, and how much every map changed."""
    st.subheader(words("shift"), anchor=False)
    st.markdown(words("shift.idea"))
    pixels = number(st.slider, words("shift.pixels"), 0, FARTHEST, 1, key="layers.shift")
    moved = [kernel_choice.fed(kernel.name, shifted(image, step)) for step in range(FARTHEST + 1)]
    here, there = (stages(x, kernel.weight, kernel.bias) for x in (kernel.x, moved[pixels]))
    _pairs(here, there, image, shifted(image, pixels), words)
    course = [changes(kernel.x, x, kernel.weight, kernel.bias) for x in moved]
    st.markdown(_changes_told(course[pixels], pixels, words))
    labels = {key: words(f"stage.{key}") for key in STAGES} | {"pixels": words("shift.axis"), "change": words("change.axis")}
    left, right = st.columns(2)
    with left:
        alt = words("shift.alt", first=_percent(course[1].pooled_twice), last=_percent(course[-1].pooled_twice))
        st.echarts_chart(changes_chart(course, labels), height=300, alt=alt, key="layers.changes")
    with right:
        _accuracy(words)


def _pairs(here: tuple[Tensor, ...], there: tuple[Tensor, ...], image: Tensor, moved: Tensor, words: Text) -> None:
    names = [words(f"channel.{name}") for name in ("red", "green", "blue")]
    groups = []
    for index, stage in enumerate(STAGES):
        limit = float(here[index].abs().max())
        pair = []
        for version, maps, picture in (("here", here, image), ("there", there, moved)):
            title = words(f"stage.{version}", stage=words(f"stage.{stage}"))
            if index == 0:
                pair.append(NumberMap(maps[0][0], title, title, picture=picture[0], names=names, size=150))
            else:
                pair.append(NumberMap(maps[index][0, 0], title, title, limit=limit, size=150))
        groups.append(pair)
    number_maps(groups, reads=[Reads(i, i + 1 - 2 * (i % 2)) for i in range(2 * len(STAGES))], key="layers.shifted", hint=False)


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def _changes_told(one: Changes, pixels: int, words: Text) -> str:
    return words("shift.told", pixels=pixels, **{stage: _percent(getattr(one, stage)) for stage in STAGES})


def _accuracy(words: Text) -> None:
    """What the shipped network says of shifted validation images, when somebody wants to know."""
    root = locations.locate("sketches")
    if root is None:
        st.caption(words("shift.no_data"))
        return
    if st.session_state.get("layers.measured") is None:
        st.markdown(words("shift.measure.why"))
        st.button(words("shift.measure"), key="layers.measure", on_click=_measure, icon=":material/play_arrow:")
        return
    try:
        shares, count = _measured(str(root))
    except InputError as error:
        show_error(error)
        return
    labels = {"pixels": words("shift.axis"), "accuracy": words("accuracy.axis")}
    told = {f"at{step}": f"{100 * shares[step]:.1f}" for step in (0, 1, 2, 4, 8)}
    st.echarts_chart(accuracy_chart(shares, labels), height=300, alt=words("accuracy.told", n=count, **told), key="layers.accuracy")
    st.caption(words("accuracy.told", n=count, **told))


def _measure() -> None:
    st.session_state["layers.measured"] = True


@st.cache_data(show_spinner=False, max_entries=4)
def _measured(root: str) -> tuple[list[float], int]:
    """Accuracy at each shift, and on how many images."""
    images, model = loaders.image_set(Path(root), "validation"), loaders.shipped("sketches")
    every = max(1, len(images) // JUDGED)
    some = ImageSet(images.images[::every][:JUDGED], images.labels[::every][:JUDGED], images.name)
    network = model.model
    return [accuracy(network, some, "shift", pixels, model.mean, model.std) for pixels in range(FARTHEST + 1)], len(some)
