"""The checklist: nine questions in the order in which a teacher asks them, each with this run's numbers."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.diagnosis.signs import early, share
from core.diagnosis.signs import signs as signs_of
from core.jobs.history import History
from core.jobs.vitals import LayerVitals
from pages.app.choice import choice, chosen
from pages.app.language import PageWords
from pages.app.punctuation import labelled, listed
from pages.panels.diagnosis.signs import amount, percent

words = PageWords("diagnosis")

QUESTIONS = (
    "first_loss",
    "moves",
    "labels",
    "range",
    "gradients",
    "grows",
    "steps",
    "logits",
    "alive",
)
MARKS = ("sound", "suspicious")
ICONS: Mapping[str | None, str] = {
    None: ":material/radio_button_unchecked:",
    "sound": ":material/check_circle:",
    "suspicious": ":material/error:",
}


def checklist(patient: str, course: History) -> None:
    """Draw the questions; each opens to where to look, the number, and the learner's own mark."""
    values = numbers(course)
    for index, question in enumerate(QUESTIONS, 1):
        key = f"diagnosis.mark.{patient}.{question}"
        label = f"{index}. {words(f'patients.check.{question}')}"
        icon = ICONS[chosen(key, None)]
        with st.expander(label, icon=icon, key=f"diagnosis.check.{patient}.{question}"):
            st.markdown(words(f"patients.check.{question}.where"))
            st.markdown(f":material/search: {words(f'patients.check.{question}.found', **values)}")
            choice(
                st.segmented_control,
                words("patients.mark"),
                MARKS,
                None,
                key=key,
                format_func=lambda mark: words(f"patients.mark.{mark}"),
                linked=False,
                label_visibility="collapsed",
            )


def numbers(course: History) -> dict[str, str]:
    """All that a run's numbers can fill in a sentence, ready to be read."""
    found, later = signs_of(course), early(course)
    shares = ("train_accuracy", "validation_accuracy", "dead")
    values = {name: (percent if name in shares else amount)(value) for name, value in vars(found).items()}
    leftovers = [
        labelled(words("patients.at", step=report.step), amount(report.leftover)) for report in course.vitals
    ]
    return values | {
        "epochs": str(len(course.epochs)),
        "last_step": str(course.points[-1].step) if course.points else "–",
        "leftovers": listed(leftovers) or "–",
        "gradients": _layers(later.layers if later else (), lambda layer: amount(layer.gradient)),
        "shares": _layers(later.layers if later else (), lambda layer: amount(share(layer))),
        "dead_shares": _layers(
            [layer for layer in (later.layers if later else ()) if layer.dead is not None],
            lambda layer: percent(layer.dead),
        ),
    }


def _layers(
    layers: "tuple[LayerVitals, ...] | list[LayerVitals]", number: Callable[[LayerVitals], str]
) -> str:
    return listed(labelled(layer.name, number(layer)) for layer in layers) or "–"
