"""Naming the cause of a sick run: one choice among all, an answer from the run's numbers, and the twin."""

import inspect

import streamlit as st

from core.diagnosis.differential import against
from core.diagnosis.patients import EPOCHS, PATIENTS, settings
from core.diagnosis.signs import signs as signs_of
from core.faults import table
from core.faults.table import FAULTS
from core.jobs import Run
from core.jobs.history import History
from core.pitfalls.training import TRAINING_LINES
from core.pitfalls.wrong_line import Tried, tried
from pages.app.choice import choice, keep, linked, put
from pages.app.language import PageWords
from pages.app.page import warn_if_read_only
from pages.app.services import jobs
from pages.panels.diagnosis.admission import admit, latest
from pages.panels.diagnosis.checklist import numbers
from pages.shared.overlaid import overlaid

words = PageWords("diagnosis")

FOUND = "diagnosis.found"  # in the link: the patients whose cause is known, as "1-4"
CAUSES = tuple(name for name in FAULTS if name != "none")


def found() -> list[str]:
    """The patients whose cause the learner knows."""
    known = linked(FOUND, "").split("-")
    return [patient for patient in map(str, range(1, len(PATIENTS) + 1)) if patient in known]


def cause(patient: str, run: Run, course: History) -> None:
    """Let the learner name the cause, until it is known; then explain it and offer the twin."""
    fault = PATIENTS[int(patient) - 1]
    if patient not in found():
        _question(patient, fault, course)
        return
    st.success(words(f"patients.why.{fault}", **numbers(course)), icon=":material/stethoscope:")
    _lines(fault)
    _twin(patient, run)


def code_of(fault: str) -> str:
    """The code of a fault: its row in the table, after the function that the row names."""
    lines = map(str.strip, inspect.getsource(table).splitlines())
    row = next(line for line in lines if line.startswith(f'"{fault}": '))
    changes = (getattr(FAULTS[fault], name) for name in ("labels", "network", "optimizer"))
    named = [inspect.getsource(change) for change in changes if f"={change.__name__})" in row]
    return "\n\n".join([*named, row])


def _question(patient: str, fault: str, course: History) -> None:
    guess = choice(
        st.radio,
        words("patients.cause"),
        CAUSES,
        None,
        key=f"diagnosis.cause.{patient}",
        format_func=lambda name: words(f"patients.fault.{name}"),
        linked=False,
        index=None,
    )
    tries = f"diagnosis.tries.{patient}"
    with st.container(horizontal=True):
        st.button(
            words("patients.diagnose"),
            on_click=_diagnose,
            args=(patient, fault, guess, tries),
            key="diagnosis.diagnose",
            type="primary",
            disabled=guess is None,
        )
        if tries in st.session_state:
            st.button(words("patients.tell"), on_click=_know, args=(patient,), key="diagnosis.tell")
    if tries in st.session_state:
        wrong = st.session_state[tries]
        sign = against(wrong, signs_of(course))
        key = f"patients.against.{wrong}.{sign}" if sign else "patients.against"
        st.warning(words(key, **numbers(course)), icon=":material/close:")


def _diagnose(patient: str, fault: str, guess: str, tries: str) -> None:
    if guess == fault:
        _know(patient)
    else:
        st.session_state[tries] = guess


def _know(patient: str) -> None:
    known = {*found(), patient}
    keep(FOUND, "-".join(sorted(known, key=int)), "")


def _lines(fault: str) -> None:
    """The wrong line and the right one, with what each returns."""
    for column, side, title in zip(st.columns(2), _both(fault), ("wrong", "right"), strict=True):
        with column:
            st.markdown(f"**{words(f'patients.line.{title}')}**")
            st.code(side.code, language="python", wrap_lines=True)
            st.code(f"→ {side.outcome.value}", language=None, wrap_lines=True)


@st.cache_data(show_spinner=False, max_entries=16)
def _both(fault: str) -> tuple[Tried, Tried]:
    line = TRAINING_LINES[fault]
    return tried(line.wrong), tried(line.right)


def _twin(patient: str, run: Run) -> None:
    """Offer to mend the run, and show both once there is a twin; the next patient."""
    pressed = f"diagnosis.mended.{patient}"
    twin = latest(settings())
    with st.container(horizontal=True):
        st.button(
            words("patients.mend"),
            on_click=_mend,
            args=(pressed,),
            key="diagnosis.mend",
            type="primary",
            icon=":material/healing:",
            disabled=jobs().read_only or (pressed in st.session_state and twin is not None and twin.active),
        )
        following = str(int(patient) % len(PATIENTS) + 1)
        st.button(
            words("patients.next"),
            on_click=put,
            args=("diagnosis.patient", following),
            key="diagnosis.next",
            icon=":material/arrow_forward:",
        )
    warn_if_read_only()
    if twin is not None and pressed in st.session_state:
        st.markdown(words("patients.twin"))
        names = (words("patients.sick", patient=patient), words("patients.mended"))
        overlaid([(names[0], run), (names[1], twin)], EPOCHS, key="diagnosis.twin")


def _mend(pressed: str) -> None:
    st.session_state[pressed] = True
    twin = latest(settings())
    if twin is None or not (twin.active or twin.state == "done"):
        admit(settings())
