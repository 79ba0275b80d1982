"""The learner's own photo: what the network sees of it, its answer, and how far that can be trusted."""

import streamlit as st

from core.dataset import CLASSES
from core.errors import InputError
from core.evaluation import Evaluation
from core.evaluation.answer import LIKELY, Answer, answer
from core.figures.bars import probabilities
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords, shared
from pages.app.page import show_error
from pages.app.page_table import link
from pages.shared.images import picture
from pages.shared.images.image_grid import image_grid
from pages.shared.model_picker import ModelChoice

words = PageWords("evaluation")

PAGE = "evaluation"
SIDE = 150  # pixels on the screen


def own_photo(model: ModelChoice, result: Evaluation | None) -> None:
    """Ask for a photo and show the answer; `result` judges the network on validation images, if at hand."""
    st.markdown(words("photo.about"))
    source, chosen = _photo()
    if chosen is None:
        return
    verdict = answer(model.weights.network(), chosen.image, model.weights.mean, model.weights.std)
    left, right = st.columns([2, 3], gap="large")
    with left, st.container(horizontal=True):
        image_grid(chosen.preview, [words("photo.square")], key="evaluation.photo.square", size=SIDE)
        image_grid(chosen.image, [words("photo.seen")], key="evaluation.photo.seen", size=SIDE)
    left.caption(chosen.caption)
    with right:
        _answer(verdict, result)
    link("inside", words("photo.inside"), **model.choices("inside"), **{"inside.source": source})


def _photo() -> tuple[str, picture.Photo | None]:
    source = choice(
        st.segmented_control,
        shared("picture"),
        ["upload", "camera"],
        "upload",
        key="evaluation.photo.source",
        format_func=lambda option: shared(f"picture.{option}"),
        required=True,
    )
    try:
        return source, picture.photographed(PAGE) if source == "camera" else picture.uploaded(PAGE)
    except InputError as error:
        show_error(error)
        return source, None


def _answer(verdict: Answer, result: Evaluation | None) -> None:
    names = class_names()
    top = verdict.top(3)
    shares = [words("photo.class", name=names[label], percent=f"{100 * share:.1f}") for label, share in top]
    ranking = words("photo.list", **dict(zip(("first", "second", "third"), shares, strict=True)))
    if verdict.likely:
        st.info(  # nobody knows whether it is right, so no green and no tick
            words("photo.likely", name=names[top[0][0]], percent=f"{100 * top[0][1]:.1f}"),
            icon=":material/neurology:",
        )
    else:
        st.warning(words("photo.unlikely", percent=round(100 * LIKELY), top=ranking), icon=":material/help:")
    order = verdict.top(len(CLASSES))
    chart = probabilities(
        [names[label] for label, _ in order],
        [share for _, share in order],
        {"probability": words("photo.probability")},
    )
    st.echarts_chart(chart, height=280, alt=words("photo.alt", top=ranking), key="evaluation.photo.chart")
    st.markdown(words("photo.top", top=ranking))
    if result is not None:
        _trust(top[0][1], result)
    st.caption(words("photo.none_of_these"))


def _trust(share: float, result: Evaluation) -> None:
    """Show how often the network is right when about this sure, on images of the kind it knows."""
    alike = result.calibration().at(share)
    if alike.count:
        low, high, percent = (round(100 * value) for value in (alike.low, alike.high, alike.accuracy))
        st.markdown(words("photo.trust", low=low, high=high, n=f"{alike.count:,}", percent=percent))
