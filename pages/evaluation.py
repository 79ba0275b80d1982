"""The page Evaluate: accuracy, confusion matrix, scores by class and calibration of a trained network.

The matrix opens the images of a cell; further panels hold the worst mistakes and the learner's own photo.
"""

import streamlit as st

from core.errors import InputError
from core.evaluation import Evaluation, evaluate
from core.files import locations
from pages.app.language import PageWords, shared
from pages.app.page import show_error
from pages.app.tabs import code_panel, panels
from pages.panels.evaluation import confusion, program, scores
from pages.panels.evaluation.own_photo import own_photo
from pages.shared import data_set, loaders
from pages.shared.model_picker import invite_to_train, pick_model, say_if_unfinished

words = PageWords("evaluation")

# Controls
row = st.container(horizontal=True, vertical_alignment="bottom")
with row:
    try:
        model = pick_model("evaluation")
    except InputError as error:
        show_error(error)
        st.stop()
if model is None:
    st.stop()
say_if_unfinished(model)
root = locations.locate(model.data_set)
if root is None:
    st.info(words("no_data", data=shared(f"data.{model.data_set}")))
    data_set.about(model.data_set, None)
    st.header(words("tab.photo"), anchor=False)
    own_photo(model, None)
    invite_to_train(model)
    st.stop()
with row:
    split = scores.choose_split(model.digest)

# Compute
try:
    data = loaders.load_splits(str(root))
    images = loaders.image_set(root, split)
    with st.spinner(words("computing")):  # shown where it takes longer than LeNet's quarter of a second
        result = loaders.judged(model.digest, split, str(root), model.weights)
except InputError as error:
    show_error(error)
    st.stop()

# Show
with row:
    scores.headline(result)
if split == "test":
    st.caption(words("test.about", n=f"{len(images):,}"))


def code() -> None:
    """Show the evaluation as a program, and what ran here."""
    program.program(model, result, split)
    st.divider()
    code_panel(evaluate, Evaluation, about=words("code.evaluate"))


bodies = {
    "confusion": lambda: confusion.confusion(result, data, images, model),
    "classes": lambda: scores.classes(result),
    "mistakes": lambda: scores.mistakes(result, images, model),
    "calibration": lambda: scores.calibration(result),
    "photo": lambda: own_photo(model, result),
    "code": code,
}
panels(bodies, words, "evaluation.tab")
if split == "validation":
    st.caption(words("split.validation.about", n=f"{len(images):,}"))
invite_to_train(model)
