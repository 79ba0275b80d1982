"""The pipeline with Dataset and DataLoader as a program to take along."""

import streamlit as st

from core.code.pipeline import pipeline_program
from core.dataset import ImageSet
from core.files.locations import DataSet
from core.transforms.pipeline import written
from pages.app.language import PageWords, current
from pages.panels.transforms import loader
from pages.panels.transforms import pipeline_editor as editor
from pages.panels.transforms.pipeline import DRAWN, drawn, subject

words = PageWords("code")


def program(images: ImageSet, data_set: DataSet) -> None:
    """Offer the learner's pipeline as a script and as a notebook."""
    from pages.shared.programs import Luggage, offer  # imports nbformat, so only for those who look

    steps = editor.current()
    with st.expander(words("pipeline.settings"), icon=":material/tune:"):
        index, seed = subject(images, data_set)
        loading, by_class = loader.controls()
    result = drawn(written(steps), data_set, index, seed, DRAWN, images)
    if result.refusal is not None and result.refusal.by != "LeNet":
        st.warning(words("pipeline.refused"))
    made = pipeline_program(steps, loading, by_class, data_set, index, seed, DRAWN, current())
    notes = ["batches"] if any(step.random for step in steps) else []
    offer(made, "transforms", Luggage(data_set), notes=notes)
