"""The selected layer of a network: its arguments as controls, its place in the list, a new one behind it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.errors import InputError
from core.shapes import LAYERS, LayerShape, code
from core.shapes.layers import LONGEST_NAME, OTHER, Param, Shape, read_numbers
from core.shapes.network import Layers, added, is_full, moved, removed, replaced
from core.shapes.trace import failing
from pages.app.choice import choice, chosen, put
from pages.app.language import PageWords

words = PageWords("shapes")

SELECTED, NEW = "shapes.selected", "shapes.new"
MAIN = (
    "in_channels",
    "out_channels",
    "inplanes",
    "planes",
    "kernel_size",
    "stride",
    "padding",
    "num_features",
    "in_features",
    "out_features",
    "p",
    "output_size",
    "output_padding",
    "size",
    "scale_factor",
    "mode",
    "upscale_factor",
    "num_groups",
    "num_channels",
    "normalized_shape",
    "num_parameters",
    "dim",
    "unflattened_size",
    "name",
    "shape",
    "parameters",
)
# Usual kinds come first in the list of kinds, in the order in which a network has them.
USUAL = (
    "Conv2d",
    "BatchNorm2d",
    "ReLU",
    "MaxPool2d",
    "AdaptiveAvgPool2d",
    "Flatten",
    "Dropout",
    "Linear",
    "BasicBlock",
)
KINDS = (*USUAL, *(kind for kind in LAYERS if kind not in USUAL))
ABOUT = {OTHER: "other.about", "BasicBlock": "block.about"}  # what a kind is, where its name doesn't tell
PAIRS = ("pair", "padding", "grid", "scale")  # arguments that may differ between height and width
TYPED = ("shape", "sizes", "border")  # numbers in one text field
Put = Callable[[Layers], None]


def editor(layers: Layers, traced: Sequence[LayerShape], image: Shape, put_layers: Put) -> None:
    """Show the controls that change, move, remove and add layers."""
    with st.container(border=True):
        index = -1
        if layers:
            index = _select(layers, traced, put_layers)
            params = layers[index].row.params
            if layers[index].kind in ABOUT:
                st.caption(words(ABOUT[layers[index].kind]))
            _arguments([param for param in params if param.name in MAIN], layers, index, put_layers)
            rest = [param for param in params if param.name not in MAIN and len(param.options) != 1]
            if rest or _pairs(layers, index):
                _rest(rest, layers, index, put_layers)
        _add(layers, index, image, put_layers)


def _rest(params: Sequence[Param], layers: Layers, index: int, put_layers: Put) -> None:
    with st.expander(words("more"), on_change="rerun", key="shapes.more") as panel:
        if panel.open:
            _rectangular(layers, index, put_layers)
            _arguments(params, layers, index, put_layers)


def _select(layers: Layers, traced: Sequence[LayerShape], put_layers: Put) -> int:
    """Show which layer is selected and the buttons that move or remove the layer; return its index."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index: int = choice(
            st.selectbox,
            words("selected"),
            list(range(len(layers))),
            failing(traced) or 0,
            key=SELECTED,
            format_func=lambda place: f"{traced[place].name} · {code.call(layers[place])}",
            linked=False,
            width=380,
        )
        for name, icon, by in (("up", "arrow_upward", -1), ("down", "arrow_downward", 1)):
            st.button(
                words(name),
                key=f"shapes.{name}",
                icon=f":material/{icon}:",
                disabled=index + by not in range(len(layers)),
                on_click=_move,
                args=(layers, index, by, put_layers),
            )
        st.button(
            words("remove"),
            key="shapes.remove",
            icon=":material/delete:",
            on_click=_remove,
            args=(layers, index, put_layers),
        )
    return index


def _move(layers: Layers, index: int, by: int, put_layers: Put) -> None:
    put_layers(moved(layers, index, by))
    put(SELECTED, index + by)


def _remove(layers: Layers, index: int, put_layers: Put) -> None:
    put_layers(removed(layers, index))
    put(SELECTED, max(0, min(index, len(layers) - 2)))


def _add(layers: Layers, index: int, image: Shape, put_layers: Put) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice(
            st.selectbox,
            words("new"),
            KINDS,
            "Conv2d",
            key=NEW,
            format_func=_named,
            linked=False,
            width=320,
        )
        st.button(
            words("add"),
            key="shapes.add",
            icon=":material/add:",
            disabled=is_full(layers),
            on_click=_added,
            args=(layers, index, image, put_layers),
        )


def _named(kind: str) -> str:
    """The kind with its group, so that typing either finds it."""
    return words("other") if kind == OTHER else f"{kind} · {words(f'group.{LAYERS[kind].group}')}"


def _added(layers: Layers, index: int, image: Shape, put_layers: Put) -> None:
    put_layers(added(layers, chosen(NEW, "Conv2d"), index, image))
    put(SELECTED, index + 1)


def _arguments(params: Sequence[Param], layers: Layers, index: int, put_layers: Put) -> None:
    with st.grid("auto", min_column_width=150, vertical_alignment="bottom"):
        for param in params:
            _argument(param, layers, index, put_layers)


def _argument(param: Param, layers: Layers, index: int, put_layers: Put) -> None:
    """Show one control, two for a pair; the list keeps the value."""
    value = layers[index].values[param.name]
    label = param.name if layers[index].is_known else words(f"other.{param.name}")
    change = (layers, index, param, put_layers)
    if param.options == (True, False):
        _controlled(st.toggle, label, value, change)
    elif param.options:
        _controlled(st.selectbox, label, value, change, options=list(param.options))
    elif param.kind == "name":
        _controlled(st.text_input, label, value, change, max_chars=LONGEST_NAME)
    elif param.kind in TYPED:
        _controlled(st.text_input, label, _typed(value), change, max_chars=60, placeholder=words("unknown"))
    elif isinstance(value, str):
        _controlled(st.selectbox, label, value, change, options=["same", "valid", 0])
    elif isinstance(value, tuple):
        for axis, number in enumerate(value):
            axis_label = words("axis", what=label, axis=words(("axis.height", "axis.width")[axis]))
            _number(axis_label, number, change, axis)
    else:
        _number(label, value, change)


def _typed(value: Any) -> str:
    """Numbers as a learner types them, nothing for a shape that isn't known."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value or "")


def _number(label: str, value: Any, change: tuple[Layers, int, Param, Put], axis: int | None = None) -> None:
    param = change[2]
    style: dict[str, Any] = {"min_value": int(param.low), "max_value": int(param.high), "step": 1}
    if param.kind in ("real", "scale"):
        style = {"min_value": float(param.low), "max_value": float(param.high), "step": None, "format": "%g"}
        value = None if value is None else float(value)
    if param.default is None or param.kind == "grid":
        style |= {"placeholder": words("default"), "value": None}  # an emptied field is None again
    _controlled(st.number_input, label, value, change, axis, **style)


def _controlled(
    control: Any,
    label: str,
    value: Any,
    change: tuple[Layers, int, Param, Put],
    axis: int | None = None,
    /,
    **style: Any,
) -> None:
    layers, index, param, put_layers = change
    key = f"shapes.edit.{layers[index].kind}.{param.name}" + ("" if axis is None else f".{axis}")
    st.session_state[key] = value
    control(label, key=key, on_change=_change, args=(key, layers, index, param, axis, put_layers), **style)


def _change(key: str, layers: Layers, index: int, param: Param, axis: int | None, put_layers: Put) -> None:
    value = st.session_state[key]
    if param.kind in TYPED:
        value = read_numbers(value, param)
    if axis is not None:
        old = layers[index].values[param.name]
        value = (value, old[1]) if axis == 0 else (old[0], value)
    _try(layers, index, put_layers, **{param.name: value})


def _try(layers: Layers, index: int, put_layers: Put, **params: Any) -> None:
    """Change a layer, which checks again what a browser sends."""
    try:
        put_layers(replaced(layers, index, layers[index].changed(**params)))
    except InputError as error:
        st.session_state["shapes.error"] = error


def _rectangular(layers: Layers, index: int, put_layers: Put) -> None:
    """Show toggles for separate height and width and for padding="same", where a layer has them."""
    layer, pairs = layers[index], _pairs(layers, index)
    if not pairs:
        return
    state = st.session_state
    state["shapes.edit.rectangular"] = any(isinstance(layer.values[name], tuple) for name in pairs)
    st.toggle(
        words("rectangular"),
        key="shapes.edit.rectangular",
        on_change=_reshape,
        args=(layers, index, pairs, put_layers),
    )
    if layer.kind == "Conv2d":
        state["shapes.edit.same"] = layer.values["padding"] == "same"
        st.toggle('padding="same"', key="shapes.edit.same", on_change=_same, args=(layers, index, put_layers))


def _pairs(layers: Layers, index: int) -> set[str]:
    return {param.name for param in layers[index].row.params if param.kind in PAIRS}


def _reshape(layers: Layers, index: int, pairs: set[str], put_layers: Put) -> None:
    values = {name: layers[index].values[name] for name in pairs}
    if st.session_state["shapes.edit.rectangular"]:
        changed = {name: (value, value) for name, value in values.items() if type(value) in (int, float)}
    else:
        changed = {name: value[0] or value[1] for name, value in values.items() if isinstance(value, tuple)}
    _try(layers, index, put_layers, **changed)


def _same(layers: Layers, index: int, put_layers: Put) -> None:
    _try(layers, index, put_layers, padding="same" if st.session_state["shapes.edit.same"] else 0)
