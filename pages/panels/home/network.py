"""LeNet as a picture whose parts are links to the pages that take them apart."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from PIL import Image

from core.shapes.network import PRESETS
from core.shapes.trace import trace
from pages.app.components import chosen_tile, component
from pages.app.language import PageWords, current, shared
from pages.app.page_table import ROOT, address, go
from pages.app.punctuation import labelled

words = PageWords("home")

_NETWORK = component("home/network", '<ul class="network"></ul>', uses=("lib/dom",))
_SKETCH = (6 * 96, 0, 7 * 96, 96)  # a cat on the picture of all classes: left, top, right, bottom


@dataclass(frozen=True)
class Part:
    """A part of the picture: how it is drawn, the layer that makes it, and the page that explains it.

    `layer` is an index into the preset "lenet"; None for what is no layer. `formula` is a sign and what it
    stands for, for a part without a shape.
    """

    name: str
    kind: str
    page: str
    layer: int | None = None
    link: Mapping[str, str] = field(default_factory=dict)
    formula: tuple[str, str] = ("", "")


_LINEAR = {"layers.tab.open": "linear"}
PARTS = (
    Part("image", "picture", "explore"),
    Part("tensor", "colours", "transforms"),
    Part("conv1", "maps", "layers", 0),
    Part("pool1", "pooled", "layers", 2, {"layers.tab.open": "pooling"}),
    Part("conv2", "maps", "inside", 3),
    Part("pool2", "pooled", "shapes", 5, {"shapes.view": "network"}),
    Part("fc1", "numbers", "layers", 7, _LINEAR),
    Part("fc2", "numbers", "layers", 9, _LINEAR),
    Part("logits", "numbers", "losses", 11),
    Part("loss", "sign", "losses", formula=("L", "−ln p")),
    Part("step", "sign", "optimizers", formula=("w", "w − lr · g")),
)


def network() -> None:
    """Draw the picture; a click on a part leads to its page."""
    shapes = _shapes()
    parts = [_row(part, shapes[0 if part.layer is None else part.layer + 1]) for part in PARTS]
    result = _NETWORK(
        key="home.network",
        data={"parts": parts, "label": words("network")},
        on_part_change=lambda: None,
    )
    index = chosen_tile(result.part, len(PARTS))
    if index is not None:
        go(PARTS[index].page, **PARTS[index].link)


@cache
def _shapes() -> list[Any]:
    """The shape that goes into LeNet, and those that come out of its layers."""
    preset = PRESETS["lenet"]
    return [preset.input_shape, *(row.output_shape for row in trace(preset.layers, preset.input_shape))]


def _row(part: Part, shape: Any) -> dict[str, Any]:
    """What the component draws of a part."""
    sign, rule = part.formula
    sizes = rule or " × ".join(map(str, shape))
    name = words(f"part.{part.name}") if f"part.{part.name}" in words else part.name  # as PyTorch calls it
    return {
        "kind": part.kind,
        "name": name,
        "shape": sizes,
        "sign": sign,
        "label": words("part", name=labelled(name, sizes), page=shared(f"page.{part.page}")),
        "href": f"{address(part.page)}?{urlencode({'lang': current(), **part.link})}",
        "picture": _sketch() if part.kind == "picture" else "",
        "count": shape[0],
        "side": shape[-1],
    }


@st.cache_data(show_spinner=False)
def _sketch() -> str:
    """One of the built-in sketches, as an address that needs no request."""
    file = BytesIO()
    Image.open(ROOT / "assets" / "sketches.png").crop(_SKETCH).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
