"""Browser components of the shape calculator: the sliding kernel, a network's volumes and its layer table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import streamlit as st

from core.figures.shapes import Box
from core.shapes.formula import SizeFormula
from pages.app.components import chosen_tile, component
from pages.app.punctuation import labelled, listed

_KERNEL = component(
    "shapes/kernel",
    """<div class="kernel">
  <div class="controls">
    <div class="group">
      <button type="button" class="play"></button>
      <button type="button" class="back"></button>
      <button type="button" class="step"></button>
    </div>
    <div class="group pace">
      <label class="scrub"><span></span><input type="range" min="0" value="0"></label>
      <label class="speed"><span></span><select></select></label>
    </div>
  </div>
  <div class="frame"><canvas tabindex="0" role="img"></canvas></div>
  <p class="status"></p>
  <ul class="legend"></ul>
</div>""",
    uses=("lib/canvas", "lib/dom", "lib/numbers"),
)
_VOLUMES = component("shapes/volumes", '<div class="frame"></div>', uses=("lib/dom",))
_NETWORK = component("shapes/network_table", '<div class="frame"><table></table></div>', uses=("lib/dom",))


def sliding_kernel(rows: SizeFormula, columns: SizeFormula, labels: Mapping[str, str], *, key: str) -> None:
    """Play the window over the padded input and its output; restart only when a number changes."""
    _KERNEL(key=key, data={"rows": _axis(rows), "columns": _axis(columns), "labels": dict(labels)})


def _axis(window: SizeFormula) -> dict[str, object]:
    return {
        "size": window.size,
        "before": window.before,
        "after": window.after,
        "kernel": window.kernel_size,
        "span": window.span,
        "stride": window.stride,
        "dilation": window.dilation,
        "output": max(0, window.output),
        "unread": window.unread if window.output > 0 else (),
    }


def volumes_figure(
    boxes: Sequence[Box],
    captions: Sequence[str],
    label: str,
    selected: int | None,
    *,
    key: str,
    on_click: Callable[[int], None],
) -> None:
    """Show the network as captioned boxes; `on_click` gets the index of the layer that makes the box."""
    rows = [
        {**asdict(box), "caption": caption, "label": labelled(listed(box.names), caption)}
        for box, caption in zip(boxes, captions, strict=True)
    ]
    places = max((max(box.layers, default=-1) for box in boxes), default=-1) + 1
    _VOLUMES(
        key=key,
        data={"boxes": rows, "label": label, "selected": selected},
        on_layer_change=_layer_clicked(key, places, on_click),
    )


def network_table(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, object]],
    label: str,
    selected: int | None,
    *,
    key: str,
    on_click: Callable[[int], None],
) -> None:
    """Show the list of layers.

    Each row has layer (its index, None for the image), name, made, cells, state ("", "broken", "after").
    """
    data = {"columns": list(columns), "rows": list(rows), "label": label, "selected": selected}
    _NETWORK(key=key, data=data, on_layer_change=_layer_clicked(key, len(rows) - 1, on_click))


def _layer_clicked(key: str, count: int, on_click: Callable[[int], None]) -> Callable[[], None]:
    def clicked() -> None:
        layer = chosen_tile(st.session_state[key].layer, count)
        if layer is not None:
            on_click(layer)

    return clicked
