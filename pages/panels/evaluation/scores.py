"""Panels of the page Evaluate: the split, scores of all images and by class, worst mistakes, calibration."""

import math

import pandas as pd
import streamlit as st

from core.dataset import CLASSES, ImageSet
from core.evaluation import Evaluation
from core.figures.evaluation import reliability
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.page_table import link
from pages.shared.images.image_grid import image_grid
from pages.shared.images.picture import SHOWN, confidences
from pages.shared.model_picker import ModelChoice

words = PageWords("evaluation")

ONE_SIDED = 0.9  # share of images with the same answer


def choose_split(digest: str) -> str:
    """Return "validation", until somebody opens the test split for this very network.

    The control explains why the test split is kept for the end.
    """
    if st.session_state.get("evaluation.test") == digest:
        st.button(words("test.close"), on_click=_open_test, args=(None,), key="evaluation.close_test")
        return "test"
    with st.popover(words("split.test"), icon=":material/lock:"):
        st.markdown(words("test.why"))
        st.button(
            words("test.open"),
            on_click=_open_test,
            args=(digest,),
            key="evaluation.open_test",
            type="primary",
        )
    return "validation"


def _open_test(digest: str | None) -> None:
    st.session_state["evaluation.test"] = digest


def headline(result: Evaluation) -> None:
    """Show accuracy, loss, the ratio to chance and the calibration error in one row."""
    count = f"{len(result.labels):,}"
    with st.container(horizontal=True, width="content", key="evaluation.scores"):
        accuracy = f"{100 * result.accuracy:.1f} ± {100 * result.standard_error:.1f}%"
        st.metric(words("accuracy"), accuracy, help=words("accuracy.help", n=count), width="content")
        st.metric(words("loss"), f"{result.loss:.3f}" if math.isfinite(result.loss) else "–", width="content")
        st.metric(
            words("chance"),
            words("chance.value", times=f"{result.accuracy * len(CLASSES):.1f}"),
            width="content",
        )
        error = f"{100 * result.calibration().error:.1f}%"
        help = one_sided(result) or words("calibration.help")
        st.metric(words("calibration"), error, help=help, width="content")


def one_sided(result: Evaluation) -> str:
    """The warning of a calibration error that looks good only because most answers are the same; or ""."""
    label, share = result.favourite
    if share <= ONE_SIDED:
        return ""
    values = {"name": class_names()[label], "percent": f"{100 * share:.0f}"}
    return words("calibration.one_sided", **values)


def warn_if_one_sided(result: Evaluation) -> None:
    """Show that warning where there is a reason."""
    warning = one_sided(result)
    if warning:
        st.warning(warning, icon=":material/warning:")


def classes(result: Evaluation) -> None:
    """Show precision, recall, F1 and support of each class as a table."""
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
        words(name): st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
        for name in ("precision", "recall", "f1")
    }
    st.dataframe(table, hide_index=True, column_config=bar, height="content")
    st.markdown(words("classes"))


def mistakes(result: Evaluation, images: ImageSet, model: ModelChoice) -> None:
    """Show the images of the wrong answers given with the most confidence."""
    wrong = result.worst_mistakes(SHOWN)
    if not len(wrong):
        st.markdown(words("mistakes.none"))
        return
    st.markdown(words("mistakes"))
    names = class_names()
    rows = zip(
        result.predictions[wrong].tolist(),
        result.labels[wrong].tolist(),
        confidences(result, wrong),
        strict=True,
    )
    captions = [words("caption.mistake", predicted=names[p], true=names[t], confidence=c) for p, t, c in rows]
    image_grid(images.images[wrong], captions, key="evaluation.mistakes", size=110)
    if images.name == "validation":
        link("inside", words("mistakes.inside"), **model.choices("inside"), **{"inside.source": "mistakes"})


def calibration(result: Evaluation) -> None:
    """Show accuracy against confidence as a reliability diagram."""
    scores = result.calibration()
    error = f"{100 * scores.error:.1f}"
    warn_if_one_sided(result)
    st.markdown(words("calibration.about", error=error))
    labels = {name: words(f"chart.{name}") for name in ("confidence", "accuracy", "model", "ideal")}
    st.echarts_chart(
        reliability(scores, labels),
        width=560,
        height=420,
        alt=words("alt.calibration", error=error),
        key="evaluation.calibration",
    )
