"""Why two classes are mixed up: how often, by which logits, and which training images lie nearest."""

import streamlit as st

from core.dataset import CLASSES, ImageSet, Splits
from core.dataset.neighbours import Neighbours, nearest_of
from core.evaluation import Evaluation
from core.written.numbers import signed
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.page_table import link
from pages.shared.images.image_grid import image_grid
from pages.shared.images.picture import MOST
from pages.shared.model_picker import ModelChoice

words = PageWords("evaluation")

NEAREST = 3  # images of each class
SIDE = 96  # pixels


def why(
    result: Evaluation,
    data: Splits,
    images: ImageSet,
    index: int,
    cell: tuple[int, int],
    model: ModelChoice,
) -> None:
    """Explain one cell beside the diagonal; `index` is the image that stands for it."""
    box = st.expander(words("why"), icon=":material/help:", on_change="rerun", key="evaluation.why")
    if not box.open:
        return
    with box:
        left, right = st.columns([2, 3], gap="large")
        with left:
            _logits(result, cell)
        with right:
            _nearest(data, images, index, cell)
            if images.name == "validation":
                _to_occlusion(images, index, cell, model)


def _logits(result: Evaluation, cell: tuple[int, int]) -> None:
    """Show how often the two are mixed up, and the mean logits of both where that happens and where not."""
    true, predicted = (class_names()[label] for label in cell)
    there, back = int(result.confusion[cell]), int(result.confusion[cell[::-1]])
    st.markdown(words("why.pair", total=there + back, there=there, back=back, true=true, predicted=predicted))
    table: dict[str, list[str]] = {words("why.logits"): [], true: [], predicted: []}
    for name, column in (("why.these", cell[1]), ("why.right", cell[0])):
        rows = result.cell(cell[0], column)
        if len(rows):
            means = result.mean_logits(rows)
            table[words("why.logits")].append(words(name, n=len(rows), true=true))
            for key, label in zip((true, predicted), cell, strict=True):
                table[key].append(signed(float(means[label]), 2))
    st.table(table, border="horizontal", hide_index=True)
    st.caption(words("why.logits.about"))


def _nearest(data: Splits, images: ImageSet, index: int, cell: tuple[int, int]) -> None:
    """Show the training images of both classes that are nearest to this image by their pixels."""
    train, names = data.train, class_names()
    found = [nearest_of(images.images[index], train.images, train.labels, label, NEAREST) for label in cell]
    st.markdown(words("why.nearest"))
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=SIDE):
            image_grid(
                images.images[index : index + 1], [words("why.image")], key="evaluation.why.image", size=SIDE
            )
        for label, those in zip(cell, found, strict=True):
            with st.container():
                _row(train, those, names[label], f"evaluation.nearest.{label}")
    if all(len(those.indices) for those in found):
        own, other = (float(those.distances[0]) for those in found)
        key = "why.nearer" if other < own else "why.farther"
        values = {"own": f"{own:,.0f}", "other": f"{other:,.0f}"}
        st.markdown(words(key, true=names[cell[0]], predicted=names[cell[1]], **values))


def _row(train: ImageSet, those: Neighbours, name: str, key: str) -> None:
    captions = [words("why.caption", name=name, distance=f"{d:,.0f}") for d in those.distances.tolist()]
    if captions:
        image_grid(train.images[those.indices], captions, key=key, size=64)


def _to_occlusion(images: ImageSet, index: int, cell: tuple[int, int], model: ModelChoice) -> None:
    """Link to the page that covers parts of this very image."""
    nth = int((images.labels[: index + 1] == cell[0]).sum())
    if nth > MOST:  # that page counts no further
        return
    place = {"data_set": model.data_set, "class": CLASSES[cell[0]], "number": str(nth)}
    query = {f"inside.{name}": value for name, value in place.items()} | model.choices("inside")
    link("inside", words("why.inside"), **query, **{"inside.tab.open": "backward"})
