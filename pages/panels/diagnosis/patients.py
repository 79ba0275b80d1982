"""Sick runs: the learner admits one, reads its signs, names the cause, and mends it."""

import streamlit as st

from core.diagnosis.patients import PATIENTS, given, settings
from core.jobs import Run
from pages.app.choice import asked, choice, keep, put
from pages.app.language import PageWords
from pages.app.page import show_error, warn_if_read_only
from pages.app.punctuation import sentences
from pages.app.services import jobs
from pages.app.tabs import code_box, notice
from pages.panels.diagnosis.admission import REFUSED, admit, discharge, latest
from pages.panels.diagnosis.batch import batch
from pages.panels.diagnosis.cause import cause, code_of, found
from pages.panels.diagnosis.checklist import checklist
from pages.panels.diagnosis.signs import course_of, signs, table
from pages.shared import data_set

words = PageWords("diagnosis")

PATIENT, FAULT = "diagnosis.patient", "diagnosis.fault"
UNKNOWN = "diagnosis.unknown"  # set while a link's fault was none


def panel() -> None:
    """Draw the panel."""
    _follow_link()
    patient = _chosen()
    fault = PATIENTS[int(patient) - 1]
    if data_set.promised("sketches") is None:  # drawing them has failed
        data_set.missing("sketches")
        return
    run = latest(settings(fault))
    _bed(patient, fault, run)
    signs(run)
    if run is not None:
        _examine(patient, fault, run)
    notice(words, "patients")
    _code(fault, patient in found())


def _follow_link() -> None:
    """Turn a link that names a fault into the choice of its patient, so that the address doesn't tell it."""
    fault = asked(FAULT)
    if not fault:
        return
    for value in (fault, ""):  # known and gone: the browser may repeat it for a moment
        keep(FAULT, value, "")
    st.session_state[UNKNOWN] = fault not in PATIENTS
    put(PATIENT, str(PATIENTS.index(fault) + 1) if fault in PATIENTS else "1")


def _chosen() -> str:
    known = found()
    numbers = [str(number) for number in range(1, len(PATIENTS) + 1)]
    patient: str = choice(
        st.segmented_control,
        words("patients.about"),
        numbers,
        numbers[0],
        key=PATIENT,
        format_func=lambda number: f"{number} ✓" if number in known else number,
        required=True,
        on_change=_forget_unknown,
    )
    if st.session_state.get(UNKNOWN):
        st.warning(words("patients.unknown"))
    return patient


def _forget_unknown() -> None:
    st.session_state.pop(UNKNOWN, None)


def _bed(patient: str, fault: str, run: Run | None) -> None:
    """The case history, and the button that begins or ends the training."""
    with st.container(horizontal=True, vertical_alignment="center"):
        name = f"**{words('patients.name', patient=patient)}**"
        st.markdown(sentences(name, words(f"patients.story.{fault}")), width="stretch")
        if run is not None and run.active:
            st.button(
                words("patients.stop"),
                on_click=discharge,
                args=(run.id,),
                key="diagnosis.stop",
                icon=":material/stop:",
                disabled=bool(run.asked) or jobs().read_only,
            )
        else:
            st.button(
                words("patients.admit" if run is None else "patients.readmit"),
                help=words("patients.admit.help"),
                on_click=admit,
                args=(settings(fault),),
                key="diagnosis.admit",
                type="primary" if run is None else "secondary",
                icon=":material/play_arrow:" if run is None else ":material/replay:",
                disabled=jobs().read_only,
            )
    if REFUSED in st.session_state:
        show_error(st.session_state.pop(REFUSED))
    if run is None:
        warn_if_read_only()


def _examine(patient: str, fault: str, run: Run) -> None:
    """The batch at once; table, checklist and diagnosis once the run has ended."""
    course = course_of(run)
    if not run.active:
        table(course)
    st.markdown(f"**{words('patients.batch')}**")
    batch(fault)
    st.caption(words("patients.batch.undone"))
    if run.active:
        st.caption(words("patients.later"))
        return
    if not course.points:
        return
    st.markdown(f"**{words('patients.checklist')}**")
    checklist(patient, course)
    st.markdown(f"**{words('patients.diagnosis')}**")
    cause(patient, run, course)


def _code(fault: str, known: bool) -> None:
    """The code that made settings and batch, and once the cause is known, the code of the fault."""
    after = f"\n\n{code_of(fault)}" if known else ""
    code_box(words("code"), settings, given, key="diagnosis.code.patients", after=after)
