"""From a stored image to a network's input: a pipeline of transforms, Dataset and DataLoader, their speed."""

import streamlit as st

from core.errors import InputError
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.tabs import panels
from pages.panels.transforms import dataset, loader, pipeline, program, speed, train_and_test
from pages.shared import data_set, loaders

words = PageWords("transforms")

# Controls
name, root = data_set.choose("transforms.data_set")
if root is None:
    data_set.about(name, root)
    st.stop()

# Compute
try:
    images = loaders.image_set(root, "train")
except InputError as error:
    show_error(error)
    st.stop()


def code() -> None:
    """Show the pipeline as a program, and what ran here."""
    program.program(images, name)
    st.divider()
    pipeline.show_code()


# Show
panels(
    {
        "pipeline": lambda: pipeline.pipeline(images, name),
        "splits": lambda: train_and_test.train_and_test(images, name),
        "dataset": lambda: dataset.dataset(images, name),
        "loader": lambda: loader.loader(images, name),
        "speed": lambda: speed.speed(root),
        "code": code,
    },
    words,
    "transforms.tab",
)
data_set.about(name, root)
