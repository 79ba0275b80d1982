"""Look inside a trained LeNet: one image layer by layer, its filters and units, gradients, checkpoints, robustness."""

import streamlit as st

from core.errors import InputError
from pages.shared import picture
from pages.shared.model_picker import pick_model
from pages.shared.opening import open_page, show_error
from pages.shared.panels import panels

words = open_page("inside")

# Controls
try:
    model = pick_model("inside")
except InputError as error:
    show_error(error)
    st.stop()
if model is None:
    st.stop()
chosen = picture.pick("inside", ("data", "mistakes", "upload", "camera"), model)
if chosen is None:
    st.stop()

# Show
panels({}, words, "inside.tab")
