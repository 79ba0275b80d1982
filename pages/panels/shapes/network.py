"""A whole network: its layers, sizes to scale, the layer that breaks, PyTorch's message, and the fix."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import InputError
from core.figures.shapes import volumes
from core.shapes import Layer, LayerShape, code, trace
from core.shapes.code import ShortForm, read_short
from core.shapes.fix import Fix, fix
from core.shapes.layers import OTHER, Merged, Shape
from core.shapes.network import MEASURED, MEASURED_EPOCHS, PRESETS, Layers, preset_of
from core.shapes.trace import FLOAT32, failing
from core.shapes.trainable import IMAGE, trainable
from core.written.link import opened
from pages.app.choice import chosen, hidden, linked, put
from pages.app.language import PageWords
from pages.app.page import plain, sentence, show_error
from pages.app.page_table import go
from pages.app.punctuation import sentences
from pages.panels.shapes import layer_editor, paste
from pages.panels.shapes.components import network_table, volumes_figure
from pages.shared.amounts import amount, shape_of, size_of
from pages.shared.number import number
from pages.shared.runs import NEW

words = PageWords("shapes")

if TYPE_CHECKING:
    from core.shapes.torch_check import Verdict

FIRST = "lenet"
EMPTY = "empty"  # a list without layers in a link, where no text at all stands for the first preset
LAYERS, SELECTED = "shapes.layers", "shapes.selected"
CURRENT = "shapes.entry"  # the network, its image and the batch, for the program in the tab below
SIDES = {"channels": 1024, "height": 1024, "width": 1024}  # largest of each


@dataclass(frozen=True)
class Checked:
    """A network with the results of `trace` and of PyTorch."""

    layers: Layers
    traced: list[LayerShape]
    verdict: "Verdict"

    @property
    def broken(self) -> LayerShape | None:
        """The layer that PyTorch would refuse, None if there is none."""
        index = failing(self.traced)
        return None if index is None else self.traced[index]


@st.cache_resource(show_spinner=False, max_entries=256)
def parsed(text: str) -> ShortForm:
    """Read the list of layers in a link. Raises InputError for a text that is too long."""
    return read_short(text)


@st.cache_resource(show_spinner=False, max_entries=256, hash_funcs={Layer: hash})
def checked(layers: Layers, input_shape: Shape) -> Checked:
    """Check a network, once for everybody."""
    from core.shapes.torch_check import judge  # imports torch only on this path

    traced = trace(layers, input_shape)
    return Checked(layers, traced, judge(layers, traced, input_shape))


@st.fragment
def network() -> None:
    """Render the view of a whole network: its picture, what goes in, what it costs, and its layers."""
    _presets()
    layers = _read()
    picture = st.container()
    image, batch = _image()
    _remember((layers, image, batch))
    result = checked(layers, image)
    with picture:
        _picture(result, image)
        _about(preset_of(layers, image))
        _train(result, image)
    if "shapes.error" in st.session_state:
        show_error(st.session_state.pop("shapes.error"))
    _headline(result, batch)
    if result.broken is not None:
        _broken(result, result.broken)
    _table(result, image, batch)
    layer_editor.editor(layers, result.traced, image, put_layers)
    with st.expander(
        words("paste"), icon=":material/content_paste:", on_change="rerun", key="shapes.pasting"
    ) as panel:
        if panel.open:
            paste.pasting(image, _put_network)
    if not hidden("code"):
        with st.expander(
            words("source"), icon=":material/code:", on_change="rerun", key="shapes.source"
        ) as panel:
            if panel.open:
                _source(result)


def _remember(entry: tuple[Layers, Shape, int]) -> None:
    """Keep the network for the program; draw the page again where the program is shown and another."""
    before = st.session_state.get(CURRENT)
    st.session_state[CURRENT] = entry
    if before not in (None, entry) and st.session_state.get("shapes.tab") == words("tab.code"):
        st.rerun()


def put_layers(layers: Layers) -> None:
    """Store the network in session and link; call from a callback."""
    put(LAYERS, code.short(layers) or EMPTY)


def _presets() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="shapes.presets"):
        st.markdown(words("preset"), width="content")
        for name in PRESETS:
            st.button(
                words(f"preset.{name}"), key=f"shapes.preset.{name}", on_click=_start_from, args=(name,)
            )


def _about(preset: str | None) -> None:
    """Say of a preset that was trained what it shows, and how good it was."""
    if preset in MEASURED:
        key = "preset.measured" if preset == FIRST else "preset.measured.beside"
        accuracies = {"accuracy": MEASURED[preset], "lenet": MEASURED[FIRST]}
        st.markdown(
            sentences(words(f"preset.{preset}.about"), words(key, epochs=MEASURED_EPOCHS, **accuracies))
        )


def _start_from(name: str) -> None:
    preset = PRESETS[name]
    _put_image(preset.input_shape)
    put(LAYERS, preset.text or EMPTY)
    put(SELECTED, None)


def _put_network(layers: Layers, image: Shape) -> None:
    _put_image(image)
    put_layers(layers)
    put(SELECTED, None)


def _put_image(image: Shape) -> None:
    for (side, most), value in zip(SIDES.items(), image, strict=True):
        st.session_state[f"shapes.{side}"] = min(value, most)


def _read() -> Layers:
    """Read the list from session or link; unreadable parts of a link show errors."""
    try:
        text = linked(LAYERS, PRESETS[FIRST].text)
        form = parsed("" if text == EMPTY else opened(text))
    except InputError as error:
        show_error(error)
        put(LAYERS, PRESETS[FIRST].text)
        return PRESETS[FIRST].layers
    for reason in form.unread[:3]:
        show_error(reason)
    return form.layers


def _image() -> tuple[Shape, int]:
    """[channels, height, width] of the input, and the batch size."""
    start = dict(zip(SIDES, PRESETS[FIRST].input_shape, strict=True))
    values = []
    with st.grid("auto", min_column_width=150, vertical_alignment="bottom"):
        for side, most in SIDES.items():
            values.append(
                number(st.number_input, words(side), 1, most, start[side], key=f"shapes.{side}", name=side)
            )
        batch = number(
            st.number_input,
            words("batch"),
            1,
            4096,
            1,
            key="shapes.batch",
            name="batch",
            help=words("batch.help"),
        )
    return tuple(values), batch


def _headline(result: Checked, batch: int) -> None:
    parameters = sum(row.parameters for row in result.traced)
    activations = batch * sum(row.memory for row in result.traced)
    least = "" if all(layer.is_known for layer in result.layers) else "≥ "  # nobody knows what is inside
    last = result.traced[-1].output_shape if result.traced else None
    with st.container(horizontal=True, gap="medium"):
        st.metric(words("metric.output"), shape_of(last, batch) if last else "–", width="content")
        st.metric(words("metric.parameters"), f"{parameters:,}", width="content")
        st.metric(
            words("metric.macs"),
            least + amount(sum(row.macs for row in result.traced)),
            width="content",
            help=words("metric.macs.help"),
        )
        st.metric(
            words("metric.memory"),
            f"{least}{size_of(FLOAT32 * parameters)} + {size_of(activations)}",
            width="content",
            help=words("metric.memory.help"),
        )
    broken = failing(result.traced)
    merging = next((row.name for row in result.traced if isinstance(row.output_shape, Merged)), None)
    if merging is not None:
        st.warning(words("merged", name=merging))
    checked = len([row for row in result.traced if row.output_shape is not None and row.kind != OTHER])
    if not result.layers:
        st.info(words("empty"))
    elif not result.verdict.agrees:
        st.warning(words("disagrees"))
    elif checked < (len(result.layers) if broken is None else broken):
        st.caption(words("agrees.some", count=checked) if checked else words("agrees.none"))
    elif broken is None:
        st.caption(words("agrees", count=len(result.layers)))
    elif broken:
        st.caption(words("agrees.before", count=broken))


def _train(result: Checked, image: Shape) -> None:
    """Lead to the training of this network, or say why it can't be trained; a broken layer says it itself."""
    if not result.layers or result.broken is not None:
        return
    if image != IMAGE:
        st.caption(words("train.image"))
        return
    try:
        trainable(result.layers)
    except InputError as error:
        st.caption(sentence(error))
        return
    if st.button(words("train"), key="shapes.train", type="primary", icon=":material/play_arrow:"):
        network = code.short(result.layers)
        go("training", **{"training.model": "own", "training.network": network, "training.run": NEW})


def _broken(result: Checked, row: LayerShape) -> None:
    assert row.refusal is not None
    with st.container(border=True, key="shapes.broken"):
        st.error(words("broken", name=row.name, reason=sentence(row.refusal)), icon=":material/error:")
        if result.verdict.message is None:
            st.caption(words("pytorch_silent"))
        else:
            st.caption(words("pytorch_says_network"))
            st.code(result.verdict.message, language=None, wrap_lines=True)
        correction = fix(result.layers, result.traced)
        if correction is not None:
            label = words(
                f"fix.{correction.key}", **{name: plain(value) for name, value in correction.values.items()}
            )
            st.button(
                label,
                key="shapes.fix",
                type="primary",
                icon=":material/build:",
                on_click=_apply,
                args=(correction,),
            )


def _apply(correction: Fix) -> None:
    put_layers(correction.layers)


def _picture(result: Checked, image: Shape) -> None:
    boxes = volumes(image, result.traced, words("image"))
    captions = [" × ".join(map(str, box.shape)) if box.shape else _shapeless(box.group) for box in boxes]
    label = words("volumes.label", chain=" → ".join(captions))
    volumes_figure(boxes, captions, label, _selected(result), key="shapes.volumes", on_click=_select)
    st.caption(words("volumes.scale"))


def _shapeless(group: str) -> str:
    return words("breaks" if group == "broken" else "unknown")


def _table(result: Checked, image: Shape, batch: int) -> None:
    broken = failing(result.traced)
    rows = [
        {
            "layer": None,
            "name": words("image"),
            "made": "",
            "cells": [shape_of(image, batch), "", "", "", ""],
            "state": "",
        }
    ]
    for index, (layer, row) in enumerate(zip(result.layers, result.traced, strict=True)):
        state = "" if broken is None or index < broken else "broken" if index == broken else "after"
        rows.append(
            {
                "layer": index,
                "name": row.name,
                "made": code.call(layer),
                "cells": _cells(layer, row, batch),
                "state": state,
            }
        )
    columns = [
        words(f"column.{name}")
        for name in ("name", "layer", "output", "parameters", "macs", "memory", "field")
    ]
    network_table(columns, rows, words("table"), _selected(result), key="shapes.table", on_click=_select)


def _cells(layer: Layer, row: LayerShape, batch: int) -> list[str]:
    if row.output_shape is None:
        return [
            words("breaks") if row.refusal else "–" if layer.is_known else words("unknown"),
            f"{row.parameters:,}" if row.parameters else "",
            "",
            "",
            "",
        ]
    field = row.receptive_field
    field_text = (
        "" if field is None else f"{field[0]}" if field[0] == field[1] else f"{field[0]} × {field[1]}"
    )
    return [
        shape_of(row.output_shape, batch),
        f"{row.parameters:,}" if row.parameters else "",
        amount(row.macs) if row.macs else "",
        size_of(batch * row.memory),
        field_text,
    ]


def _selected(result: Checked) -> int | None:
    first = failing(result.traced) or 0
    selected = chosen(SELECTED, None)
    return selected if selected in range(len(result.layers)) else first if result.layers else None


def _select(index: int) -> None:
    put(SELECTED, index)


def _source(result: Checked) -> None:
    text = code.source(result.layers, result.traced)
    st.code(text, language="python")
    st.download_button(
        words("download"),
        text,
        "net.py",
        "text/x-python",
        key="shapes.download",
        icon=":material/download:",
        on_click="ignore",
    )
