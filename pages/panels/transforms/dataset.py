"""The Dataset: its source, its length, and one item fetched live."""

import inspect

import streamlit as st

from core.dataset import CIFAR10Dataset, ImageSet
from core.files.locations import DataSet
from core.transforms.pipeline import TransformStep
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.shared.images.image_grid import image_grid
from pages.shared.number import number

words = PageWords("transforms")

TO_TENSOR = TransformStep("totensor")


@st.fragment
def dataset(images: ImageSet, data_set: DataSet) -> None:
    """Run ds[i] and len(ds) on the images that the server already holds."""
    st.markdown(words("dataset"))
    count = len(images)  # one past the end is allowed, to show the IndexError
    index = number(
        st.number_input, "idx", 0, count, 7, key=f"transforms.item.{data_set}", name="idx", width=160
    )
    left, right = st.columns([3, 1])
    ds = CIFAR10Dataset.of(images.images, images.labels)
    with left:
        st.code(session(ds, index), language=None, wrap_lines=True)
    with right:
        if index < count:
            label = int(images.labels[index])
            caption = words("item.caption", index=index, label=label, name=class_names()[label])
            image_grid(images.images[index : index + 1], [caption], key="transforms.shown_item", size=128)
        else:
            st.info(words("item.outside", last=count - 1))
    st.code(inspect.getsource(CIFAR10Dataset), language="python", wrap_lines=True)
    st.markdown(words("dataset.notice"))


def session(ds: CIFAR10Dataset, index: int) -> str:
    """A Python session line by line, with Python's answers."""
    lines = [">>> ds = CIFAR10Dataset.of(images, labels)", ">>> len(ds)", repr(len(ds)), f">>> ds[{index}]"]
    try:
        lines.append(repr(ds[index]))
    except IndexError as error:
        return "\n".join([*lines, f"IndexError: {error}"])
    ds.transform = TO_TENSOR.make()
    image, _ = ds[index]
    return "\n".join(
        [
            *lines,
            f">>> ds.transform = transforms.{TO_TENSOR.code}",
            f">>> ds[{index}][0].shape",
            repr(image.shape),
        ]
    )
