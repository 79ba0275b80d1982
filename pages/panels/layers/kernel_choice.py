"""Choice of a kernel: a well-known one, a filter of the shipped LeNet, or the learner's own numbers.

A kernel carries its input, a picture, and makes its map from this input.
"""

import streamlit as st
import torch
from torch import Tensor

from core.errors import InputError
from core.figures.palette import NEGATIVE, POSITIVE
from core.layers.kernels import CHANNELS, KERNELS, LARGEST, SIZES, Kernel, parse, resized, written
from core.normalise import normalise
from core.written.link import opened
from pages.app.choice import asked, bound, choice, linked, put
from pages.app.components import component
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.shared import loaders

words = PageWords("layers")

FIRST = "vertical_edges"
FILTERS = tuple(f"conv1-{index}" for index in range(6))
OWN = "own"
_SIZES, _FIRST_SIZE = tuple(map(str, SIZES)), "3"
_TYPED = "layers.typed"
_FIRST_OWN = written(KERNELS[FIRST](3))

_GRID = component("layers/kernel_grid", '<div class="planes"></div>', uses=("lib/dom", "lib/numbers"))


def choose(image: Tensor) -> Kernel:
    """Show the kernel control; all tabs share the choice, and the size chosen in the first."""
    name = choice(
        st.selectbox,
        words("kernel"),
        [*KERNELS, *FILTERS, OWN],
        FIRST,
        key="layers.kernel",
        format_func=lambda option: _label(option),
    )
    size = asked("layers.size")
    return _build(name, int(size if size in _SIZES else _FIRST_SIZE), image)


def sized(kernel: Kernel, image: Tensor) -> Kernel:
    """Show the size control, unless the kernel was learned in one size; return the kernel in that size."""
    if kernel.learned:
        return kernel
    size = choice(
        st.select_slider, words("kernel.size"), _SIZES, _FIRST_SIZE, key="layers.size", format_func=str
    )
    return _build(kernel.name, int(size), image)


def _label(name: str) -> str:
    return (
        words("kernel.conv1", n=name.removeprefix("conv1-")) if name in FILTERS else words(f"kernel.{name}")
    )


def _build(name: str, size: int, image: Tensor) -> Kernel:
    if name in FILTERS:
        learned, index = loaders.shipped("sketches").state_dict, FILTERS.index(name)
        weight, bias = (learned[f"conv1.{part}"][index : index + 1] for part in ("weight", "bias"))
    else:
        planes = resized(_own(), size) if name == OWN else KERNELS[name](size)
        weight, bias = planes[None], torch.zeros(1)
    return Kernel(weight, bias, fed(name, image), name, learned=name in FILTERS)


def fed(name: str, image: Tensor) -> Tensor:
    """Input of the named kernel from uint8 [1, 3, 32, 32].

    A learned kernel expects its own network's normalisation.
    """
    if name not in FILTERS:
        return image.float() / 255
    shipped = loaders.shipped("sketches")
    return normalise(image, shipped.mean, shipped.std)


def _own() -> Tensor:
    try:
        return parse(opened(linked("layers.own", _FIRST_OWN)))
    except InputError as error:  # a link written by hand
        show_error(error)
        put("layers.own", _FIRST_OWN)
        return parse(_FIRST_OWN)


def editor(kernel: Kernel) -> None:
    """Show the kernel's numbers to type over; a changed kernel is the learner's own."""
    planes = kernel.weight[0]
    alike = all(torch.equal(planes[0], plane) for plane in planes)
    split = bound(st.toggle, words("edit.apart"), initial=False, key="layers.apart", disabled=not alike)
    apart = split or not alike
    names = [words(f"channel.{name}") for name in ("red", "green", "blue")] if apart else [words("edit.all")]
    editable = planes if apart else planes[:1]

    def typed() -> None:
        own = checked(st.session_state["layers.editor"].kernel, len(editable), kernel.size)
        if own is not None:
            put("layers.own", own)
            put("layers.size", str(kernel.size))
            put("layers.kernel", OWN)
            st.session_state[_TYPED] = True

    data = {"planes": editable.tolist(), "names": names, "limit": LARGEST, "label": words("edit.label")}
    _GRID(
        key="layers.editor",
        data=data | {"colours": {"negative": NEGATIVE, "positive": POSITIVE}},
        on_kernel_change=typed,
    )
    st.caption(words("edit.hint", limit=round(LARGEST)))


def catch_up() -> None:
    """Redraw the whole page after numbers were typed: the kernel's name stands outside the editor's panel."""
    if st.session_state.pop(_TYPED, False):
        st.rerun()


def checked(value: object, planes: int, size: int) -> str | None:
    """Link text of a kernel sent by the browser; None unless `value` is a kernel of that many planes."""
    if not isinstance(value, list) or len(value) != planes or planes not in (1, CHANNELS):
        return None
    numbers = [number for plane in value if isinstance(plane, list) for number in plane]
    if len(numbers) != planes * size**2 or not all(type(number) in (int, float) for number in numbers):
        return None
    try:
        return written(parse(",".join(map(str, numbers))))
    except InputError:
        return None
