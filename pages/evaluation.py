"""Judge a trained network: accuracy, confusion matrix with its images, scores by class, worst mistakes, calibration, one's own photo."""

import inspect

import streamlit as st

from core import evaluation
from core.errors import InputError
from core.files import locations
from core.text import Text
from pages.app.page import open_page, shared_words, show_error
from pages.app.tabs import panels
from pages.panels.evaluation import confusion, scores
from pages.panels.evaluation.own_photo import own_photo
from pages.shared import data_set, loaders
from pages.shared.model_picker import pick_model


def show_code(words: Text) -> None:
    st.markdown(words("code.evaluate"))
    st.code(inspect.getsource(evaluation.evaluate) + "\n\n" + inspect.getsource(evaluation.Evaluation), language="python")


words = open_page("evaluation")

# Controls
try:
    model = pick_model("evaluation")
except InputError as error:
    show_error(error)
    st.stop()
if model is None:
    st.stop()
root = locations.locate(model.data_set)
if root is None:
    st.info(words("no_data", data=shared_words()(f"data.{model.data_set}")))
    data_set.about(model.data_set, None)
    st.subheader(words("tab.photo"), anchor=False)
    own_photo(model, None, words)
    st.stop()
split = scores.choose_split(model.digest, words)

# Compute
try:
    images = loaders.image_set(root, split)
    result = loaders.judged(model.digest, split, str(root), model.weights)
except InputError as error:
    show_error(error)
    st.stop()

# Show
scores.headline(result, split, words)
bodies = {
    "confusion": lambda: confusion.confusion(result, images, words),
    "classes": lambda: scores.classes(result, words),
    "mistakes": lambda: scores.mistakes(result, images, model, words),
    "calibration": lambda: scores.calibration(result, words),
    "photo": lambda: own_photo(model, result, words),
    "code": lambda: show_code(words),
}
panels(bodies, words, "evaluation.tab")
