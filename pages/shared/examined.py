"""What stands out in a run: findings with their numbers and where they are explained, then all checks."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.diagnosis.finding import Finding
from core.diagnosis.findings import cause, examine
from core.faults.table import FAULTS
from core.jobs import Run
from core.sweeps.config import Sweep
from core.written.numbers import signed, true_minus
from pages.app.components import FOLDER
from pages.app.language import PageWords
from pages.app.page import plain
from pages.app.page_table import link
from pages.app.punctuation import labelled
from pages.shared.runs import config_of, history_of, readable

words = PageWords("diagnosis")

COLUMNS = ("check", "measured", "expected", "verdict")
SHARES = ("share", "before", "accuracy", "train", "validation", "moved")
COUNTS = ("factor", "classes", "images", "zero", "layers", "at")
ASKED = "examined.asked"  # in the session, until what was asked for is shown
SMALLEST = 1e-6  # below it, and above the largest, with a power of ten
LARGEST = 1e6
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_REVEAL = st.components.v2.component("reveal", js=(FOLDER / "shared/reveal.js").read_text(encoding="utf-8"))


def examinable(run: Run | None) -> bool:
    """Check that the checklist can be gone through: a single training whose files are whole."""
    return run is not None and readable(run) and not isinstance(config_of(run), Sweep)


def examined(run: Run) -> None:
    """Show what stands out in the run, the cause first, and a table of all checks."""
    if st.session_state.pop(ASKED, False):
        _REVEAL(key="examined.reveal")
    findings = findings_of(run)
    first = cause(findings)
    if first is None:
        _calm(findings)
    else:
        _causes(first, [row for row in findings if row.verdict == "striking" and row is not first])
    st.markdown(f"**{words('check.all')}**")
    rows = [_row(row) for row in findings]
    heads = [_unbroken(words(f"check.column.{name}")) for name in COLUMNS]
    st.table(pd.DataFrame(rows, columns=heads), border="horizontal", hide_index=True)


def findings_of(run: Run) -> Sequence[Finding]:
    """The findings of a run; of one whose files are damaged or that is a sweep, none."""
    if not examinable(run):
        return []
    return examine(history_of(run), config_of(run))  # type: ignore[arg-type]


def noticed(run: Run) -> bool:
    """Say in one line what stands out in the run, nothing of a sound one; return whether to look at it."""
    first = cause(findings_of(run))
    if first is None:
        return False
    with st.container(horizontal=True, vertical_alignment="center", key="examined.noticed"):
        st.markdown(words("check.short", name=f"**{words(f'check.{first.check}')}**"), width="content")
        pressed = st.button(words("check.look"), icon=":material/stethoscope:", key="examined.look")
    if pressed:
        st.session_state[ASKED] = True
    return pressed


def _calm(findings: Sequence[Finding]) -> None:
    """Say that nothing stands out, and of how many checks."""
    made = sum(row.verdict == "sound" for row in findings)
    if not made:
        st.info(words("check.nothing"))
    elif any(row.kind == "early" for row in findings):
        st.info(words("check.young", n=made))
    else:
        st.success(words("check.sound", n=made))


def _causes(first: Finding, rest: Sequence[Finding]) -> None:
    """The finding that explains the others in a box, then these; a link to each explanation once."""
    head = labelled(words("check.first"), words(f"check.{first.check}"))
    st.warning(f"**{head}**\n\n{_sentence(first)}", icon=":material/stethoscope:")
    with st.container(horizontal=True):
        for target in first.points_to:
            _explained(target)
    if rest:
        st.markdown(f"**{words('check.next')}**")
    linked = set(first.points_to)
    for row in rest:
        name = words(f"check.{row.check}")
        st.markdown(labelled(f"**{name}**", _sentence(row)))
        if not linked & set(row.points_to):
            _explained(row.points_to[0])
        linked |= set(row.points_to)


def _sentence(row: Finding) -> str:
    return words(f"check.{row.check}.{row.kind}", **written(row.numbers))


def _explained(target: str) -> None:
    """A link to a sick run with this fault, or to the panel of a topic."""
    icon = ":material/arrow_forward:"
    if target in FAULTS:
        link("diagnosis", words("check.to.fault"), icon, **{"diagnosis.fault": target})
    else:
        link("diagnosis", words(f"check.to.{target}"), icon, **{"diagnosis.tab.open": target})


def _row(row: Finding) -> list[str]:
    """One line of the table."""
    if row.verdict == "unknown":
        measured = words(f"check.{row.kind}")
    else:
        measured = words(f"check.{row.check}.measured", **written(row.numbers))
    expected = words(f"check.{row.check}.expected")
    verdict = _unbroken(words(f"check.verdict.{row.verdict}"))
    shown = f"**{verdict}**" if row.verdict == "striking" else verdict
    return [words(f"check.{row.check}"), measured, expected, shown]


def _unbroken(word: str) -> str:
    """Keep a Chinese word of a narrow column on one line."""
    return word if word.isascii() else "\N{WORD JOINER}".join(word)


def written(numbers: Mapping[str, float | str]) -> dict[str, str]:
    """The numbers of a finding as a beginner reads them, by name: 2.303, 0.0004, 31%."""
    return {name: _written(name, value) for name, value in numbers.items()}


def _written(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return plain(value)
    if name in COUNTS:
        return f"{value:,.0f}"
    if name in SHARES:
        return f"{100 * value:.1f}%" if value >= 0.01 or not value else f"{_few(100 * value)}%"
    if name == "likely":
        return f"{value:.1f}"
    if name == "change":
        return signed(value, 3)
    return f"{100 * value:.0f}" if name == "gap" else true_minus(_few(value))


def _few(value: float) -> str:
    """A number with the digits that matter: four or so, two of a small one."""
    size = abs(value)
    if math.isnan(value):
        return "NaN"
    if not size:
        return "0"
    if not SMALLEST <= size < LARGEST:
        digits, power = f"{value:.1e}".split("e")
        return f"{digits} × 10{str(int(power)).translate(RAISED)}"
    magnitude = math.floor(math.log10(size))
    decimals = 3 - max(0, magnitude) if magnitude >= -1 else 1 - magnitude
    return f"{value:,.{max(0, decimals)}f}"
