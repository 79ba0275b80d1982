"""The Dataset: its source, its length, and one item fetched live."""

import inspect

import streamlit as st

from core.data_home import DataSet
from core.dataset import CIFAR10Dataset, ImageSet
from core.pipelines import PRESETS, build
from core.text import Text
from pages.shared.components import image_grid
from pages.shared.confusion import class_names
from pages.shared.numbers import number


@st.fragment
def dataset(images: ImageSet, data_set: DataSet, words: Text) -> None:
    """ds[i] and len(ds), run over the images that the server already holds."""
    st.markdown(words("dataset"))
    left, right = st.columns([2, 3], gap="large")
    with left:
        count = len(images)  # one past the end may be asked for, to see what then happens
        index = number(st.number_input, words("item"), 0, count, 7, key=f"transforms.item.{data_set}", name="i")
        _item(images, index, words)
    with right:
        st.code(inspect.getsource(CIFAR10Dataset), language="python")
    st.markdown(words("dataset.notice"))


def _item(images: ImageSet, index: int, words: Text) -> None:
    ds = CIFAR10Dataset.of(images.images, images.labels)
    normalised = CIFAR10Dataset.of(images.images, images.labels, build(PRESETS["tutorial"]))
    lines = [(">>> len(ds)", len(ds)), (f">>> ds[{index}]", None)]
    try:
        image, label = ds[index]
    except IndexError as error:
        st.code(_session([*lines[:1], (lines[1][0], f"IndexError: {error}")]), language=None, wrap_lines=True)
        st.info(words("item.outside", last=len(ds) - 1))
        return
    tensor, _ = normalised[index]
    lines[1] = (lines[1][0], (f"<PIL image {image.mode} {image.width}x{image.height}>", label))
    lines.append((f">>> normalised[{index}][0].shape", tensor.shape))
    st.code(_session(lines), language=None, wrap_lines=True)
    caption = words("item.caption", index=index, label=label, name=class_names()[label])
    image_grid(images.images[index : index + 1], [caption], key="transforms.shown_item", size=128)


def _session(lines: list[tuple[str, object]]) -> str:
    return "\n".join(f"{asked}\n{answer}" for asked, answer in lines)
