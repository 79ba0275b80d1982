"""The confusion matrix and the images behind its cells."""

import streamlit as st

from core.dataset import CLASSES, ImageSet
from core.evaluation import Evaluation
from pages.app.choice import choice, chosen, put
from pages.app.language import PageWords
from pages.panels.evaluation.components import confusion_table
from pages.shared.class_names import class_names
from pages.shared.image_grid import image_grid
from pages.shared.picture import SHOWN, confidences

words = PageWords("evaluation")


@st.fragment
def confusion(result: Evaluation, images: ImageSet) -> None:
    """Show the matrix and the images of one cell, chosen by a click or, without clicking, by two controls."""
    names = class_names()
    worst = _most_frequent(result)
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.markdown(_sentence(worst, result, names))
        share = choice(
            st.segmented_control,
            words("confusion.show"),
            ["counts", "percent"],
            "counts",
            key="evaluation.unit",
            format_func=words,
            required=True,
        )
    with left:
        labels = {key: words(f"confusion.{key}") for key in ("corner", "label", "sentence")}
        confusion_table(
            result.confusion.tolist(),
            names,
            percent=share == "percent",
            labels=labels,
            selected=_selected(worst),
            key="evaluation.matrix",
            on_click=_choose,
        )
    with right:
        _cell(result, images, names, worst)


def _choose(true: int, predicted: int) -> None:
    put("evaluation.true", true)
    put("evaluation.predicted", predicted)


def _selected(worst: tuple[int, int]) -> tuple[int, int]:
    return chosen("evaluation.true", worst[0]), chosen("evaluation.predicted", worst[1])


def _cell(result: Evaluation, images: ImageSet, names: list[str], worst: tuple[int, int]) -> None:
    indices = list(range(len(names)))
    first, second = st.columns(2, vertical_alignment="bottom")
    style = {"format_func": names.__getitem__, "linked": False}
    with first:
        true = choice(
            st.selectbox, words("confusion.true"), indices, worst[0], key="evaluation.true", **style
        )
    with second:
        predicted = choice(
            st.selectbox, words("confusion.predicted"), indices, worst[1], key="evaluation.predicted", **style
        )
    rows = result.cell(true, predicted)
    values = {"n": len(rows), "true": names[true], "predicted": names[predicted]}
    key = "cell.empty" if not len(rows) else "cell.right" if true == predicted else "cell.title"
    st.markdown(f"**{words(key, **values)}**")
    if len(rows) > SHOWN:
        st.caption(words("cell.more", shown=SHOWN))
    if len(rows):
        first_rows = rows[:SHOWN]
        captions = [words("caption.cell", confidence=percent) for percent in confidences(result, first_rows)]
        image_grid(images.images[first_rows], captions, key="evaluation.cell", size=72)


def _most_frequent(result: Evaluation) -> tuple[int, int]:
    """The most frequent mistake as (true, predicted); the first cell where there is none."""
    wrong = result.confusion.clone().fill_diagonal_(0)
    true, predicted = divmod(int(wrong.argmax()), len(CLASSES))
    return true, predicted


def _sentence(cell: tuple[int, int], result: Evaluation, names: list[str]) -> str:
    true, predicted = cell
    if true == predicted:
        return words("confusion.none")
    count, total = int(result.confusion[true, predicted]), int(result.confusion[true].sum())
    return words("confusion.most", n=count, total=total, true=names[true], predicted=names[predicted])
