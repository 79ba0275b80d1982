"""What the tabs of the layer lab work on: a picture, and a kernel where they need one, chosen in one row."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from core.layers.kernels import Kernel
from pages.panels.layers import kernel_choice
from pages.shared.images import picture

SOURCES = ("data", "upload")
WIDTH = 220  # pixels of the kernel's name: beside it a telephone has room for the picture's button


def on_picture(panel: Callable[[Tensor], None]) -> None:
    """Draw the controls of the picture, then the panel on it, uint8 [1, 3, 32, 32]."""
    chosen = picture.pick("layers", _row(), SOURCES)
    if chosen is not None:
        panel(chosen.image)


def on_kernel(panel: Callable[[Kernel, Tensor], None]) -> None:
    """Draw the controls of kernel and picture, then the panel on both."""
    row = _row()
    place = row.container(width=WIDTH)
    chosen = picture.pick("layers", row, SOURCES)
    if chosen is not None:
        with place:
            kernel = kernel_choice.choose(chosen.image)
        panel(kernel, chosen.image)


def _row() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="bottom")
