"""Judge a trained network: accuracy, confusion matrix with its images, scores by class, worst mistakes, calibration."""

import inspect

import streamlit as st

from core import data_home, evaluation
from core.errors import InputError
from pages.shared import data_set, judging, verdict
from pages.shared.model_picker import pick_model
from pages.shared.opening import open_page, shared_words, show_error

words = open_page("evaluation")

# Controls
try:
    model = pick_model(words)
except InputError as error:
    show_error(error)
    st.stop()
if model is None:
    st.info(words("no_checkpoint"))
    st.stop()
root = data_home.locate(model.data_set)
if root is None:
    st.info(words("no_data", data=shared_words()(f"data.{model.data_set}")))
    data_set.about(model.data_set, None)
    st.stop()
split = verdict.choose_split(words)

# Compute
try:
    images = judging.image_set(root, split)
    result = judging.judged(model.digest, split, str(root), model.weights)
except InputError as error:
    show_error(error)
    st.stop()

# Show
verdict.headline(result, split, words)
names = ("confusion", "classes", "mistakes", "calibration", "code")
tabs = dict(zip(names, st.tabs([words(f"tab.{name}") for name in names], on_change="rerun", key="evaluation.tab"), strict=True))
if tabs["confusion"].open:
    with tabs["confusion"]:
        verdict.confusion(result, images, words)
if tabs["classes"].open:
    with tabs["classes"]:
        verdict.classes(result, words)
if tabs["mistakes"].open:
    with tabs["mistakes"]:
        verdict.mistakes(result, images, words)
if tabs["calibration"].open:
    with tabs["calibration"]:
        verdict.calibration(result, words)
if tabs["code"].open:
    with tabs["code"]:
        st.markdown(words("code.evaluate"))
        st.code(inspect.getsource(evaluation.evaluate) + "\n\n" + inspect.getsource(evaluation.Evaluation), language="python")
