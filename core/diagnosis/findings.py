"""The checklist that judges a training from its events, in the order of an experienced teacher. No torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from core.diagnosis import curve_checks as curves
from core.diagnosis import vital_checks as vitals
from core.diagnosis.finding import Case, Finding
from core.jobs.history import History
from core.training.config import TrainConfig
from core.transfer.config import TransferConfig

CHECKS: Mapping[str, Callable[[Case], Finding]] = {
    check.__name__: check
    for check in (
        vitals.batch,
        vitals.inputs,
        vitals.validation_inputs,
        vitals.weights,
        vitals.first_loss,
        vitals.outputs,
        vitals.leftover,
        vitals.step,
        vitals.dead,
        vitals.alike,
        vitals.gradient,
        curves.diverged,
        curves.flat,
        curves.gap,
        curves.falling,
    )
}


def examine(course: History, config: TrainConfig | TransferConfig) -> list[Finding]:
    """Judge a run, under way or ended, by each of CHECKS; a planted fault in its settings isn't looked at."""
    case = Case(course, config)
    findings = [check(case) for check in CHECKS.values()]
    first = cause(findings)
    return [_explained(row, first) if first and row is not first else row for row in findings]


def _explained(row: Finding, first: Finding) -> Finding:
    """A finding beside the cause, which may leave nothing of its own to explain.

    Labels aren't to blame where something else keeps the loss from falling, nor learning by heart where
    validation images come in another form.
    """
    kind = {"flat": "stuck", "gap": "apart" if first.check == "validation_inputs" else ""}.get(row.check)
    return replace(row, kind=kind, points_to=first.points_to) if kind and row.verdict == "striking" else row


def cause(findings: Sequence[Finding]) -> Finding | None:
    """The striking finding that explains the others: the first to be seen, of equals the first of CHECKS."""
    found = [row for row in findings if row.verdict == "striking"]
    return min(found, key=lambda row: row.step, default=None)
