"""Inside a trained network: one image layer by layer, filters, units, gradients, checkpoints, robustness."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import InputError
from core.evaluation.robustness import accuracies, fed_with, rotated, scaled
from core.inside.arithmetic import convolved
from core.inside.backward_pass import backward_pass, occlusion, saliency, times_input
from core.inside.embedding import moment, projection
from core.inside.filters import colour_images, seen_in_colour, spread
from core.inside.forward_pass import chain, forward_pass, walk
from core.inside.stages import Field
from core.inside.units import survey
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.tabs import panels, tab
from pages.panels.inside import epochs, filters, forward, gradients, robustness, titles, units
from pages.shared.images import picture
from pages.shared.model_picker import invite_to_train, pick_model, say_if_unfinished

words = PageWords("inside")

# Controls
row = st.container(horizontal=True, vertical_alignment="bottom")
with row:
    try:
        model = pick_model("inside")
    except InputError as error:
        show_error(error)
        st.stop()
if model is None:
    st.stop()
say_if_unfinished(model)
chosen = picture.pick("inside", row, ("data", "mistakes", "upload", "camera"), model)
if chosen is None:
    st.stop()


def body(name: str, draw: Callable[[], None], *sources: Any) -> Callable[[], None]:
    return tab(words, titles.own(f"notice.{name}", model.weights).removeprefix("notice."), draw, *sources)


# Show
panels(
    {
        "forward": body(
            "forward", lambda: forward.forward(model, chosen), chain, walk, forward_pass, convolved
        ),
        "filters": body(
            "filters", lambda: filters.filters(model, chosen), seen_in_colour, colour_images, spread
        ),
        "units": body("units", lambda: units.units(model), survey, Field),
        "backward": body(
            "backward",
            lambda: gradients.backward(model, chosen),
            backward_pass,
            saliency,
            times_input,
            occlusion,
        ),
        "checkpoints": body("checkpoints", lambda: epochs.checkpoints(model, chosen), moment, projection),
        "robustness": body(
            "robustness", lambda: robustness.robustness(model, chosen), rotated, scaled, fed_with, accuracies
        ),
    },
    words,
    "inside.tab",
)
invite_to_train(model)
