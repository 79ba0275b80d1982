"""The confusion matrix and the images behind its cells."""

from collections.abc import Sequence

import streamlit as st
from torch import Tensor

from core.dataset import CLASSES, ImageSet, Splits
from core.evaluation import Evaluation
from pages.app.choice import choice, chosen, put
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.panels.evaluation import mixed_up
from pages.panels.evaluation.scores import warn_if_one_sided
from pages.shared.confusion_table import confusion_table
from pages.shared.images.image_grid import image_grid
from pages.shared.images.picture import SHOWN, confidences
from pages.shared.model_picker import ModelChoice

words = PageWords("evaluation")

OPENED = "evaluation.image"  # index of the image that was clicked


@st.fragment
def confusion(result: Evaluation, data: Splits, images: ImageSet, model: ModelChoice) -> None:
    """Show the matrix and the images of one cell, chosen by a click or, without clicking, by two controls."""
    names = class_names()
    worst = _most_frequent(result)
    left, right = st.columns([3, 2], gap="large")
    with right:
        warn_if_one_sided(result)
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
        cell = _pick_cell(worst, names)
        rows = _cell(result, images, names, *cell)
    with left:
        confusion_table(
            result.confusion.tolist(),
            percent=share == "percent",
            selected=cell,
            key="evaluation.matrix",
            on_click=_choose,
        )
    if len(rows) and cell[0] != cell[1]:
        mixed_up.why(result, data, images, _opened(rows), cell, model)


def _choose(true: int, predicted: int) -> None:
    put("evaluation.true", str(true))
    put("evaluation.predicted", str(predicted))


def _pick_cell(worst: tuple[int, int], names: Sequence[str]) -> tuple[int, int]:
    """Show a control for the row and one for the column; the link holds their numbers."""
    first, second = st.columns(2, vertical_alignment="bottom")
    numbers = [str(index) for index in range(len(names))]
    cell = []
    for place, name, default in zip((first, second), ("true", "predicted"), worst, strict=True):
        with place:
            number = choice(
                st.selectbox,
                words(f"confusion.{name}"),
                numbers,
                str(default),
                key=f"evaluation.{name}",
                format_func=lambda number: names[int(number)],
                always=True,
            )
        cell.append(int(number))
    return cell[0], cell[1]


def _cell(result: Evaluation, images: ImageSet, names: Sequence[str], true: int, predicted: int) -> Tensor:
    """Show the images of a cell, the most confident first; return the indices of those shown."""
    rows = result.cell(true, predicted)
    values = {"n": len(rows), "true": names[true], "predicted": names[predicted]}
    key = "cell.empty" if not len(rows) else "cell.right" if true == predicted else "cell.title"
    st.markdown(f"**{words(key, **values)}**")
    if len(rows) > SHOWN:
        st.caption(words("cell.more", shown=SHOWN))
    rows = rows[:SHOWN]
    if len(rows):
        captions = [words("caption.cell", confidence=percent) for percent in confidences(result, rows)]
        grid = {"key": "evaluation.cell", "size": 72}
        if true == predicted:
            image_grid(images.images[rows], captions, **grid)
        else:
            opened = rows.tolist().index(_opened(rows))
            image_grid(
                images.images[rows], captions, opened=opened, on_click=lambda n: _open(rows, n), **grid
            )
    return rows


def _open(rows: Tensor, tile: int) -> None:
    put(OPENED, int(rows[tile]))


def _opened(rows: Tensor) -> int:
    """The image that was clicked if it is one of these, else the first."""
    clicked = chosen(OPENED, None)
    return clicked if clicked in rows.tolist() else int(rows[0])


def _most_frequent(result: Evaluation) -> tuple[int, int]:
    """The most frequent mistake as (true, predicted); the first cell where there is none."""
    wrong = result.confusion.clone().fill_diagonal_(0)
    true, predicted = divmod(int(wrong.argmax()), len(CLASSES))
    return true, predicted


def _sentence(cell: tuple[int, int], result: Evaluation, names: Sequence[str]) -> str:
    true, predicted = cell
    if true == predicted:
        return words("confusion.none")
    count, total = int(result.confusion[true, predicted]), int(result.confusion[true].sum())
    return words("confusion.most", n=count, total=total, true=names[true], predicted=names[predicted])
