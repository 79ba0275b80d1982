"""From a stored image to what a network is fed: a pipeline of transforms, Dataset and DataLoader, and how fast they are."""

import streamlit as st

from core.errors import InputError
from pages.app.page import open_page, show_error
from pages.app.tabs import panels
from pages.shared import data_set, dataset_panel, loader_panel, loader_speed, loaders, pipeline_panel, train_and_test

words = open_page("transforms")

# Controls
name, root = data_set.choose("transforms.data_set")
data_set.about(name, root)
if root is None:
    st.stop()

# Compute
try:
    images = loaders.image_set(root, "train")
except InputError as error:
    show_error(error)
    st.stop()

# Show
panels(
    {
        "pipeline": lambda: pipeline_panel.pipeline(images, name, words),
        "splits": lambda: train_and_test.train_and_test(images, name, words),
        "dataset": lambda: dataset_panel.dataset(images, name, words),
        "loader": lambda: loader_panel.loader(images, words),
        "speed": lambda: loader_speed.speed(root, words),
        "code": lambda: pipeline_panel.show_code(words),
    },
    words,
    "transforms.tab",
)
