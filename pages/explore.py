"""Explore a data set: its images and their numbers, the set as a whole, its files; installs CIFAR-10."""

import streamlit as st

from core.errors import InputError
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.tabs import panels
from pages.panels.explore import browse, files, whole_set
from pages.shared import data_set, loaders

words = PageWords("explore")

# Controls
name, root = data_set.choose("explore.data_set")
if root is None:
    data_set.about(name, root)
    st.stop()

# Compute
try:
    with st.spinner(words("reading")):
        data = loaders.load_splits(str(root))
except InputError as error:
    show_error(error)
    data = None

# Show
bodies = {"files": lambda: files.files(name, root), "notice": lambda: st.markdown(words("notice"))}
if data is not None:
    bodies = {
        "browse": lambda: browse.browse(data, name, root),
        "whole": lambda: whole_set.whole_set(data, name, root),
    } | bodies
panels(bodies, words, "explore.tab")
data_set.about(name, root)
