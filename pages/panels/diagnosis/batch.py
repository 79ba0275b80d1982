"""Images as a sick network is given them in training and in validation, with the range of their numbers."""

import streamlit as st

from core.diagnosis.patients import Given, given
from core.errors import InputError
from core.files import locations
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.panels.diagnosis.signs import amount
from pages.shared.images.image_grid import image_grid
from pages.shared.loaders import load_splits

words = PageWords("diagnosis")


def batch(fault: str) -> None:
    """Show the first training batch and the first validation images side by side."""
    root = locations.locate("sketches")
    if root is None:
        st.caption(words("patients.batch.drawing"))
        return
    try:
        both = _given(fault, str(root))
    except InputError as error:  # the files of the sketches are damaged
        show_error(error)
        return
    names = class_names()
    for column, name, shown in zip(st.columns(2), ("train", "validation"), both, strict=True):
        with column:
            st.markdown(f"**{words(f'patients.batch.{name}')}**")
            image_grid(
                shown.images, [names[label] for label in shown.labels], key=f"diagnosis.batch.{name}", size=64
            )
            st.caption(words("patients.batch.range", **_range(shown)))


def _range(shown: Given) -> dict[str, str]:
    return {name: amount(getattr(shown, name)) for name in ("lowest", "highest", "mean", "std")}


@st.cache_resource(show_spinner=False, max_entries=16)
def _given(fault: str, root: str) -> tuple[Given, Given]:
    data = load_splits(root)
    return given(fault, data.train, data.validation)
