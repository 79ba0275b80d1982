"""The panels of the page Evaluate."""

import math

import pandas as pd
import streamlit as st
from torch import Tensor

from core.dataset import CLASSES, ImageSet
from core.evaluation import Evaluation
from core.figures.reliability import reliability
from core.text import Text
from pages.shared.choice import choice, chosen, put
from pages.shared.components import confusion_table, image_grid
from pages.shared.opening import shared_words

SHOWN = 24  # images of one cell, or mistakes


def choose_split(words: Text) -> str:
    """Validation, until somebody has read why the test split is kept for the end."""
    if st.session_state.get("evaluation.test"):
        st.button(words("test.close"), on_click=_open_test, args=(False,), key="evaluation.close_test")
        return "test"
    with st.popover(words("split.test"), icon=":material/lock:"):
        st.markdown(words("test.why"))
        st.button(words("test.open"), on_click=_open_test, args=(True,), key="evaluation.open_test", type="primary")
    return "validation"


def _open_test(is_open: bool) -> None:
    st.session_state["evaluation.test"] = is_open


def headline(result: Evaluation, split: str, words: Text) -> None:
    count = f"{len(result.labels):,}"
    with st.container(horizontal=True, gap="large"):
        accuracy = f"{100 * result.accuracy:.1f} ± {100 * result.standard_error:.1f} %"
        st.metric(words("accuracy"), accuracy, help=words("accuracy.help", n=count), width="content")
        st.metric(words("loss"), f"{result.loss:.3f}" if math.isfinite(result.loss) else "–", width="content")
        st.metric(words("chance"), words("chance.value", times=f"{result.accuracy * len(CLASSES):.1f}"), width="content")
        error = f"{100 * result.calibration().error:.1f} %"
        st.metric(words("calibration"), error, help=words("calibration.help"), width="content")
    st.caption(words("test.about" if split == "test" else "split.validation.about", n=count))


def class_names() -> list[str]:
    words = shared_words()
    return [words(f"class.{name}") for name in CLASSES]


@st.fragment
def confusion(result: Evaluation, images: ImageSet, words: Text) -> None:
    """The matrix; a click on a cell, or the two controls for those who don't click, shows the images of that cell."""
    names = class_names()
    worst = _most_frequent(result)
    st.markdown(_told(worst, result, names, words))
    share = choice(
        st.segmented_control,
        words("confusion.show"),
        ["counts", "percent"],
        "counts",
        key="evaluation.unit",
        format_func=words,
        required=True,
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        labels = {key: words(f"confusion.{key}") for key in ("corner", "label", "sentence")}
        clicked = confusion_table(
            result.confusion.tolist(),
            names,
            percent=share == "percent",
            labels=labels,
            selected=_selected(worst),
            key="evaluation.matrix",
        )
    if clicked is not None and clicked != st.session_state.get("evaluation.clicked"):
        st.session_state["evaluation.clicked"] = clicked
        put("evaluation.true", clicked[0])
        put("evaluation.predicted", clicked[1])
        st.rerun(scope="fragment")
    with right:
        _cell(result, images, names, worst, words)


def _selected(worst: tuple[int, int]) -> tuple[int, int]:
    return chosen("evaluation.true", worst[0]), chosen("evaluation.predicted", worst[1])


def _cell(result: Evaluation, images: ImageSet, names: list[str], worst: tuple[int, int], words: Text) -> None:
    indices = list(range(len(names)))
    first, second = st.columns(2, vertical_alignment="bottom")
    style = {"format_func": names.__getitem__, "linked": False}
    with first:
        true = choice(st.selectbox, words("confusion.true"), indices, worst[0], key="evaluation.true", **style)
    with second:
        predicted = choice(st.selectbox, words("confusion.predicted"), indices, worst[1], key="evaluation.predicted", **style)
    rows = result.cell(true, predicted)
    values = {"n": len(rows), "true": names[true], "predicted": names[predicted]}
    key = "cell.empty" if not len(rows) else "cell.right" if true == predicted else "cell.title"
    st.markdown(f"**{words(key, **values)}**")
    if len(rows) > SHOWN:
        st.caption(words("cell.more", shown=SHOWN))
    if len(rows):
        shown = rows[:SHOWN]
        captions = [words("caption.cell", confidence=percent) for percent in _confidences(result, shown)]
        image_grid(images.images[shown], captions, key="evaluation.cell", size=72)


def _most_frequent(result: Evaluation) -> tuple[int, int]:
    """The most frequent mistake as (true, predicted); the first cell where there is none."""
    wrong = result.confusion.clone().fill_diagonal_(0)
    true, predicted = divmod(int(wrong.argmax()), len(CLASSES))
    return true, predicted


def _told(cell: tuple[int, int], result: Evaluation, names: list[str], words: Text) -> str:
    true, predicted = cell
    if true == predicted:
        return words("confusion.none")
    count, total = int(result.confusion[true, predicted]), int(result.confusion[true].sum())
    return words("confusion.most", n=count, total=total, true=names[true], predicted=names[predicted])


def classes(result: Evaluation, words: Text) -> None:
    scores = result.per_class
    table = pd.DataFrame(
        {
            words("class"): class_names(),
            words("precision"): scores.precision.tolist(),
            words("recall"): scores.recall.tolist(),
            words("f1"): scores.f1.tolist(),
            words("support"): scores.support.tolist(),
        }
    )
    bar = {
        words(name): st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1) for name in ("precision", "recall", "f1")
    }
    st.dataframe(table, hide_index=True, column_config=bar, height="content")
    st.markdown(words("classes"))


def mistakes(result: Evaluation, images: ImageSet, words: Text) -> None:
    wrong = result.worst_mistakes(SHOWN)
    if not len(wrong):
        st.markdown(words("mistakes.none"))
        return
    st.markdown(words("mistakes"))
    names = class_names()
    told = zip(result.predictions[wrong].tolist(), result.labels[wrong].tolist(), _confidences(result, wrong), strict=True)
    captions = [words("caption.mistake", predicted=names[p], true=names[t], confidence=c) for p, t, c in told]
    image_grid(images.images[wrong], captions, key="evaluation.mistakes", size=110)


def _confidences(result: Evaluation, rows: Tensor) -> list[int]:
    return [round(100 * confidence) for confidence in result.confidence[rows].tolist()]


def calibration(result: Evaluation, words: Text) -> None:
    scores = result.calibration()
    error = f"{100 * scores.error:.1f}"
    st.markdown(words("calibration.about", error=error))
    labels = {name: words(f"chart.{name}") for name in ("confidence", "accuracy", "model", "ideal")}
    st.echarts_chart(
        reliability(scores, labels), width=560, height=420, alt=words("alt.calibration", error=error), key="evaluation.calibration"
    )
