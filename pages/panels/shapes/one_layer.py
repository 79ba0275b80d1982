"""One convolution or pooling: settings, formula with the learner's numbers, kernel on its grid, backwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import InputError
from core.shapes import Layer
from core.shapes.formula import SizeFormula, convolution, decimal, pooling
from core.shapes.search import DILATIONS, PADDINGS, STRIDES
from pages.app.choice import bound, choice, chosen
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.punctuation import listed, patterns, sentences
from pages.panels.shapes import wanted_size
from pages.panels.shapes.components import sliding_kernel
from pages.shared.number import number

words = PageWords("shapes")

MODES = {"conv": "Conv2d", "max": "MaxPool2d", "avg": "AvgPool2d"}
LARGEST_INPUT = 512
LARGEST_DRAWN = 64  # cells
SLIDERS = {
    "kernel_size": (1, 11, 5),
    "stride": (STRIDES[0], STRIDES[-1], 1),
    "padding": (PADDINGS[0], PADDINGS[-1], 0),
    "dilation": (DILATIONS[0], DILATIONS[-1], 1),
}
LISTED = 8  # row numbers in a sentence
Windows = tuple[SizeFormula, SizeFormula]  # along height and width


@dataclass(frozen=True)
class Setting:
    """Values of the controls; each number is a pair (height, width)."""

    kind: str
    size: tuple[int, int]
    params: dict[str, Any]

    @property
    def windows(self) -> Windows:
        """Formulas of height and width. Raises InputError where PyTorch refuses whatever the input."""
        return (
            convolution(self.size, **self.params)
            if self.kind == "Conv2d"
            else pooling(self.size, **self.params)
        )

    @property
    def layer(self) -> Layer:
        """Layer with these settings; a convolution has one channel in and one out."""
        channels = {"in_channels": 1, "out_channels": 1} if self.kind == "Conv2d" else {}
        return Layer(self.kind, {**channels, **self.params})


@st.fragment
def one_layer() -> None:
    """Render the view of one layer: the kernel on its grid, the settings beside it, the formula below."""
    picture, settings = st.columns([3, 2], gap="medium")
    with settings:
        setting, rectangular = _settings()
    try:
        windows = setting.windows
    except InputError as error:
        with picture:
            _refused(error, setting)
    else:
        with picture:
            _grid(windows, setting)
        with settings:
            _result(windows, setting, rectangular)
        _formulas(windows, rectangular)
    with st.expander(
        words("backwards"), icon=":material/undo:", on_change="rerun", key="shapes.backwards"
    ) as panel:
        if panel.open:
            wanted_size.backwards(setting.kind, setting.size, setting.params, rectangular)


def _settings() -> tuple[Setting, bool]:
    """Show all controls; return their values, and whether height and width are set apart."""
    mode = _mode()
    numbers = st.container()
    rectangular = bound(
        st.toggle,
        words("rectangular"),
        initial=False,
        key="shapes.rectangular",
        on_change=_copy_heights,
    )
    with numbers:
        return _controls(mode, rectangular), rectangular


def _mode() -> str:
    mode: str = choice(
        st.segmented_control,
        words("mode"),
        list(MODES),
        "conv",
        key="shapes.mode",
        format_func=lambda name: words(f"mode.{name}"),
        required=True,
        label_visibility="collapsed",
        on_change=_start,
    )
    return mode


def _start() -> None:
    """Reset to the usual settings of the new kind: a pooling halves, a convolution moves by one."""
    pool = chosen("shapes.mode", "conv") != "conv"
    for name, value in {
        "kernel_size": 2 if pool else 5,
        "stride": 2 if pool else 1,
        "padding": 0,
        "dilation": 1,
    }.items():
        for key in (f"shapes.{name}", f"shapes.{name}.width"):
            if key in st.session_state:
                st.session_state[key] = value


def _controls(mode: str, rectangular: bool) -> Setting:
    names = (
        ["size", *SLIDERS] if mode != "avg" else [name for name in ("size", *SLIDERS) if name != "dilation"]
    )
    params: dict[str, Any] = {}
    with st.grid("auto", min_column_width=140):
        for name in names:
            params[name] = _pair(name) if rectangular else (_number(name, f"shapes.{name}", words(name)),) * 2
    if mode != "conv":
        params["ceil_mode"] = bound(
            st.toggle,
            words("ceil_mode"),
            initial=False,
            key="shapes.ceil_mode",
            help=words("ceil_mode.help"),
        )
    return Setting(MODES[mode], params.pop("size"), params)


def _pair(name: str) -> tuple[int, int]:
    """Show one control for the height and one for the width."""
    high, wide = (words("axis", what=words(name), axis=words(f"axis.{axis}")) for axis in ("height", "width"))
    return _number(name, f"shapes.{name}", high), _number(name, f"shapes.{name}.width", wide)


def _number(name: str, key: str, label: str) -> int:
    control, bounds = (
        (st.number_input, (1, LARGEST_INPUT, 32)) if name == "size" else (st.slider, SLIDERS[name])
    )
    entered: int = number(control, label, *bounds, key=key, name=name, help=words(f"{name}.help"))
    return entered


def _copy_heights() -> None:
    """Start a rectangle as the square that was there."""
    state = st.session_state
    for name in ("size", *SLIDERS):
        if state["shapes.rectangular"] and f"shapes.{name}" in state:
            state[f"shapes.{name}.width"] = state[f"shapes.{name}"]


def _result(windows: Windows, setting: Setting, rectangular: bool) -> None:
    """Show the output size and what the floor does, or why there is no output."""
    fits = all(window.output >= 1 for window in windows)
    output = _size([window.output for window in windows], rectangular) if fits else "–"
    st.header(f"{_size(setting.size, rectangular)} → {output}", anchor=False)
    axes = zip(("rows", "columns") if rectangular else ("both",), windows, strict=False)
    try:
        for window in windows:
            window.checked()
        for name, window in axes:
            st.markdown(sentences(_floor(window), _unread(name, window)))
    except InputError as error:
        _refused(error, setting)


def _formulas(windows: Windows, rectangular: bool) -> None:
    """Show the formula beside the same with the learner's numbers."""
    general, own = st.columns(2, gap="medium", vertical_alignment="center")
    general.latex(windows[0].latex())
    for axis, window in zip("hw" if rectangular else [""], windows, strict=False):
        own.latex(window.latex_numbers(axis))


def _size(sizes: Sequence[int], rectangular: bool) -> str:
    return f"{sizes[0]} × {sizes[1]}" if rectangular else f"{sizes[0]}"


def _refused(error: InputError, setting: Setting) -> None:
    show_error(error)
    st.caption(words("pytorch_says"))
    st.code(
        _message(setting.kind, setting.size, tuple(setting.params.items())), language=None, wrap_lines=True
    )


@st.cache_data(show_spinner=False, max_entries=512)
def _message(kind: str, size: tuple[int, int], params: tuple[tuple[str, Any], ...]) -> str:
    from core.shapes import torch_check  # imports torch only on this path

    return torch_check.message(Setting(kind, size, dict(params)).layer, (1, *size)) or "–"


def _floor(window: SizeFormula) -> str:
    values = {"room": window.room, "stride": window.stride, "steps": window.steps, "left": window.remainder}
    values["quotient"] = decimal(window.room, window.stride).replace(r"\ldots", "…")
    if not window.remainder:
        return words("floor.whole", **values)
    if window.drops_last:
        return words("floor.dropped", **values)
    return words("floor.up" if window.ceil_mode else "floor.down", **values)


def _unread(name: str, window: SizeFormula) -> str:
    unread = window.unread
    if not unread:
        return words(f"unread.none.{name}")
    rows = listed(map(str, unread[:LISTED])) + (" …" if len(unread) > LISTED else "")
    return words(f"unread.{name}", count=len(unread), listed=rows)


def _grid(windows: Windows, setting: Setting) -> None:
    rows, columns = windows
    if (
        max(setting.size) > LARGEST_DRAWN
        or max(rows.padded, columns.padded) > LARGEST_DRAWN + 2 * PADDINGS[-1]
    ):
        st.info(words("grid.too_large", most=LARGEST_DRAWN))
        return
    labels = {key.removeprefix("grid."): words(key) for key in words if key.startswith("grid.")}
    labels["legend_padding"] = words(
        "grid.legend_infinity" if setting.kind == "MaxPool2d" else "grid.legend_padding"
    )
    sliding_kernel(rows, columns, labels | patterns(), key="shapes.kernel")
