"""One image up close: its channels, its numbers, its layout on disk, and the images most like it."""

import inspect
from collections import Counter
from pathlib import Path

import pandas as pd
import streamlit as st
from torch import Tensor

from core.dataset import CLASSES, ImageSet, Splits, neighbours
from core.dataset.neighbours import Neighbours
from core.dataset.row import CHANNELS, channels_first, planes, row_of, scrambled, unfolded
from core.files.locations import DataSet
from pages.app.choice import choice, put
from pages.app.class_names import class_label
from pages.app.language import PageWords
from pages.app.punctuation import sentences
from pages.app.tabs import code_box, panels
from pages.panels.explore.components import pixel_map, unfolding
from pages.shared.images.image_grid import image_grid

words = PageWords("explore")

NEAREST = 8


def open_image(index: int) -> None:
    """Open image number `index`."""
    st.session_state["explore.image"] = index


@st.fragment
def look(data: Splits, images: ImageSet, index: int, name: DataSet, root: Path) -> None:
    """Draw the panels of image number `index`, one open at a time; their controls redraw nothing else."""
    # a neighbour was opened: the whole page shows another image
    if st.session_state.pop("explore.moved", False):
        st.rerun()
    image = images.images[index]
    bodies = {
        "channels": lambda: _channels(image),
        "numbers": lambda: _numbers(image),
        "disk": lambda: _disk(image),
        "neighbours": lambda: _neighbours(data, images, index, name, root),
    }
    panels(bodies, words, "explore.look", "look")


def _channels(image: Tensor) -> None:
    st.markdown(words("channels.about"))
    style = choice(
        st.segmented_control,
        words("channels.show"),
        ("tinted", "grey"),
        "tinted",
        key="explore.planes",
        format_func=words,
        required=True,
    )
    means = image.double().mean((1, 2)).tolist()
    captions = [
        words("channels.caption", channel=words(f"channel.{n}"), mean=f"{m:.0f}")
        for n, m in zip(CHANNELS, means, strict=True)
    ]
    image_grid(planes(image, tinted=style == "tinted"), captions, key="explore.plane", size=200)


def _numbers(image: Tensor) -> None:
    name = choice(
        st.segmented_control,
        words("numbers.channel"),
        CHANNELS,
        "red",
        key="explore.channel",
        format_func=lambda name: words(f"channel.{name}"),
        required=True,
    )
    channel = CHANNELS.index(name)
    st.markdown(words("numbers.about", channel=channel))
    labels = {key: words(f"numbers.{key}") for key in ("hint", "sentence")}
    pixel_map(
        image,
        channel,
        labels=labels | {"label": words("numbers.label", channel=words(f"channel.{name}"))},
        key="explore.pixels",
    )
    table = st.expander(words("numbers.table"), on_change="rerun", key="explore.table")
    if table.open:
        table.dataframe(pd.DataFrame(image[channel].numpy()), row_height=28, height=400)


def _disk(image: Tensor) -> None:
    values = row_of(image)
    right = unfolded(values)
    wrong = channels_first(scrambled(values))
    st.markdown(words("disk.about"))
    left, beside = st.columns([2, 1], gap="medium")
    with left:
        labels: dict[str, str | list[str]] = {
            key: words(f"disk.{key}") for key in ("label", "play", "pause", "step", "back", "scrub")
        }
        labels |= {key: words(f"disk.{key}").split(" | ") for key in ("runs", "stages")}
        labels["planes"] = [*(f"image[{channel}]" for channel in range(3)), str(list(image.shape))]
        unfolding(right, labels=labels, key="explore.unfolding")
    with beside:
        st.markdown(words("disk.wrong"))
        image_grid(wrong[None], [words("disk.wrong.caption")], key="explore.scrambled", size=224)
        st.markdown(words("disk.wrong.about"))
    st.markdown(words("disk.code"))
    st.code(
        inspect.getsource(unfolded) + "\n\n" + inspect.getsource(scrambled),
        language="python",
        wrap_lines=True,
    )


def _neighbours(data: Splits, images: ImageSet, index: int, data_set: DataSet, root: Path) -> None:
    found = _nearest(str(root), images.name, index, images, data.train)
    st.markdown(words("neighbours.distance"))
    st.markdown(words("neighbours.about", n=len(found.indices), total=f"{len(data.train):,}"))
    classes = [CLASSES[label] for label in data.train.labels[found.indices].tolist()]
    numbers, own = found.indices.tolist(), CLASSES[int(images.labels[index])]
    entries = [
        (class_label(name), f"{d:,.0f}") for name, d in zip(classes, found.distances.tolist(), strict=True)
    ]
    image_grid(
        data.train.images[found.indices],
        [words("neighbours.caption", name=name, distance=distance) for name, distance in entries],
        key="explore.neighbours",
        size=84,
        names=[
            words("neighbours.name", name=a, distance=b, index=f"{i:,}")
            for (a, b), i in zip(entries, numbers, strict=True)
        ],
        on_click=lambda tile: _open_neighbour(numbers[tile]),
    )
    others = Counter(name for name in classes if name != own)
    sentence = words("neighbours.same", same=classes.count(own), n=len(classes), name=class_label(own))
    if others:
        classes_listed = " · ".join(
            words("neighbours.other", n=n, name=class_label(name)) for name, n in others.most_common()
        )
        sentence = sentences(sentence, words("neighbours.others", others=classes_listed))
    st.markdown(sentence)
    st.markdown(sentences(words("neighbours.why"), words(f"neighbours.accuracy.{data_set}")))
    sources = neighbours.nearest, neighbours.squared_distances
    code_box(words("neighbours.code"), *sources, key="explore.neighbours_code")


@st.cache_data(show_spinner=False, max_entries=512)
def _nearest(root: str, split: str, index: int, _images: ImageSet, _train: ImageSet) -> Neighbours:
    return neighbours.nearest(
        _images.images[index], _train.images, NEAREST, skip=index if split == "train" else None
    )


def _open_neighbour(index: int) -> None:
    put("explore.split", "train")
    open_image(index)
    st.session_state["explore.moved"] = True
