"""core.diagnosis.findings: every planted fault is named, healthy runs are left alone, damage is survived.

The runs are kept events; `python -m tests.benchmarks.clinic.runs DATA` makes them anew.
"""

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.diagnosis import vital_checks
from core.diagnosis.finding import Case, Finding, finite
from core.diagnosis.findings import CHECKS, cause, examine
from core.faults.table import FAULTS
from core.jobs import Event
from core.jobs.history import History, history
from core.jobs.vitals import LayerVitals, Vitals
from core.training.config import TrainConfig, recipe
from core.transfer.config import TransferConfig
from tests.support.kept_runs import FOLDER, kept

RUNS = {path.name.partition(".")[0]: path for path in sorted(FOLDER.glob("*.jsonl.gz"))}
HEALTHY = [name for name in RUNS if name.startswith("healthy_")]
SICK = [name for name in FAULTS if name != "none"]
TOPICS = {"overfitting", "lr_range", "initialisation"}


def under_way(events: Sequence[Event]) -> Iterator[list[Event]]:
    """The events as they were after each report of vital signs and after each epoch."""
    for index, event in enumerate(events):
        if event["type"] in ("vitals", "epoch"):
            yield list(events[: index + 1])


def striking(findings: Sequence[Finding]) -> list[str]:
    return [f"{row.check}.{row.kind}" for row in findings if row.verdict == "striking"]


def by_name(findings: Sequence[Finding]) -> dict[str, Finding]:
    return {row.check: row for row in findings}


def test_the_kept_runs_are_all_there_and_small() -> None:
    assert len(HEALTHY) == 20 and list(RUNS) == sorted(HEALTHY + SICK)
    assert sum(path.stat().st_size for path in RUNS.values()) < 400_000


@pytest.mark.parametrize("name", SICK)
def test_the_planted_fault_is_the_cause(name: str) -> None:
    events, config = kept(name)
    found = cause(examine(history(events), config))
    assert found and found.points_to[0] == name
    for so_far in under_way(events):  # and nothing else is blamed before
        early = cause(examine(history(so_far), config))
        assert early is None or early.points_to[0] == name


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_is_left_alone_at_any_time(name: str) -> None:
    events, config = kept(name)
    for so_far in under_way(events):
        assert striking(examine(history(so_far), config)) == []
    findings = examine(history(events), config)
    assert {row.verdict for row in findings} == {"sound"} and cause(findings) is None


def test_a_finding_says_where_to_read_on() -> None:
    for name in SICK:
        events, config = kept(name)
        for row in examine(history(events), config):
            assert set(row.points_to) <= {*FAULTS, *TOPICS} and bool(row.points_to) == bool(row.step)
            assert (row.verdict == "sound") == (row.kind == "")


def test_nothing_is_known_of_a_run_without_reports() -> None:
    for config in (TrainConfig(), TransferConfig()):
        findings = examine(history([]), config)
        assert [row.check for row in findings] == list(CHECKS) and cause(findings) is None
        assert {row.verdict for row in findings} == {"unknown"} and not any(row.numbers for row in findings)


@pytest.mark.parametrize("name", [*SICK, HEALTHY[0]])
def test_without_vital_signs_the_curves_are_judged(name: str) -> None:
    """As of a run from before there were any, or of ResNet-18."""
    events, config = kept(name)
    findings = by_name(examine(history([event for event in events if event["type"] != "vitals"]), config))
    known = {check for check, row in findings.items() if row.verdict != "unknown"}
    assert known <= {"first_loss", "diverged", "flat", "gap", "falling"} and len(known) >= 2
    if name in ("lr_low", "labels_shuffled", "weights_zero"):
        assert findings["flat"].kind == "unmeasured" and name in findings["flat"].points_to


ODD: list[Any] = [None, float("nan"), float("inf"), -float("inf"), 10**400, -1, 0, 1e308, "x", [], True]


@pytest.mark.parametrize("name", ["lr_high", "no_zero_grad", HEALTHY[0]])
def test_damaged_events_are_survived(name: str) -> None:
    """Their numbers replaced by anything that a file may hold."""
    events, config = kept(name)
    draw = random.Random(name)
    for _ in range(60):
        spoiled = json.loads(json.dumps(events))
        for event in draw.sample(spoiled, 5):
            _spoil(event, draw)
        findings = examine(history(spoiled), config)
        assert [row.check for row in findings] == list(CHECKS)
        cause(findings)


def _spoil(value: Any, draw: random.Random) -> None:
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in draw.sample(keys, min(3, len(keys))):
        if isinstance(value[key], dict | list) and draw.random() < 0.8:
            _spoil(value[key], draw)
        elif key != "type":
            value[key] = draw.choice(ODD)


def test_numbers_that_are_none_leave_the_verdict_open() -> None:
    """Vital signs in which nothing was finite."""
    blank = [report(step, 128, 10, numbers=None) for step in (1, 10)]
    findings = by_name(examine(replace(history([]), vitals=blank), recipe("fast")))
    assert {check for check, row in findings.items() if row.verdict != "unknown"} == {"batch"}


@pytest.mark.parametrize("value", [*ODD[:5], "x", [], {}])
def test_only_finite_numbers_count(value: Any) -> None:
    assert finite(value) is None and finite(2) == 2.0 and finite(-0.5) == -0.5


def report(step: int, images: int, classes: int, numbers: float | None = 0.5, **changes: Any) -> Vitals:
    """Vital signs of a step in which every number is the same."""
    layer = LayerVitals("fc", *[numbers] * 5)
    pair = (numbers, numbers)
    made = Vitals(
        step, 1, numbers, numbers, images, classes, pair, pair, numbers, pair, numbers, 0.0, [layer]
    )
    return replace(made, leftover=numbers, **changes) if numbers is None else replace(made, **changes)


def course(vitals: Sequence[Vitals], steps_per_epoch: int = 100) -> History:
    totals = {"total_steps": 10 * steps_per_epoch, "steps_per_epoch": steps_per_epoch, "step": 0}
    return replace(history([{"type": "attempt", **totals}]), vitals=vitals)


@pytest.mark.parametrize(
    ("images", "classes", "verdict"),
    [
        (1, [1] * 20, "sound"),  # a batch of one has one class
        (2, [1, 2, 2, 1, 2, 2, 2, 1], "sound"),
        (2, [1] * 20, "striking"),
        (16, [8, 6, 9, 5], "sound"),
        (16, [1], "striking"),
        (128, [10], "sound"),
        (128, [2], "striking"),
        (8192, [10], "sound"),
        (0, [0], "unknown"),
    ],
)
def test_classes_in_a_batch(images: int, classes: list[int], verdict: str) -> None:
    vitals = [report(step + 1, images, count) for step, count in enumerate(classes)]
    assert vital_checks.batch(Case(course(vitals), recipe("fast", epochs=10))).verdict == verdict


def test_a_batch_that_is_the_whole_set_counts_once() -> None:
    """Ten images hold five classes once in eight draws; they are the same in every epoch."""
    vitals = [report(step + 1, 10, 5) for step in range(20)]
    small = Case(course(vitals, 1), recipe("tutorial", epochs=10, batch_size=10, train_size=10))
    assert vital_checks.batch(small).verdict == "sound"


def test_few_classes_are_no_wonder_where_one_has_most_images() -> None:
    vitals = [report(1, 16, 1)]
    for imbalance, verdict in ((1.0, "striking"), (1000.0, "sound")):
        config = recipe("fast", epochs=10, imbalance=imbalance)
        assert vital_checks.batch(Case(course(vitals), config)).verdict == verdict
    assert Case(course(vitals), recipe("fast")).chance == pytest.approx(math.log(10))
    assert Case(course(vitals), recipe("fast", imbalance=1000.0)).chance < 1.5


def test_validation_is_compared_over_all_batches() -> None:
    """Pooled, batches of one image have the spread of all images, not of one."""
    rows = [
        report(step, 1, 1, inputs=(mean, 0.6), validation=(0.0, 1.0)) for step, mean in enumerate((-0.8, 0.8))
    ]
    found = vital_checks.validation_inputs(Case(course(rows), recipe("tutorial", batch_size=1)))
    assert found.numbers["mean"] == 0.0 and found.numbers["std"] == pytest.approx(1.0)
    assert found.verdict == "sound"


def test_outputs_that_are_never_below_zero_are_no_logits() -> None:
    """Probabilities add up to 1; a ReLU behind the last layer is seen from the second report on."""
    config = recipe("fast", epochs=10)
    for lowest, total, kinds in (
        (0.1, 1.0, ["softmax"] * 2),
        (0.0, 3.0, ["", "positive"]),
        (-0.1, 1.0, [""] * 2),
    ):
        vitals = [report(step, 128, 10, lowest=lowest, sums=(total, total)) for step in (1, 10)]
        found = [vital_checks.outputs(Case(course(vitals[:count]), config)).kind for count in (1, 2)]
        assert found == kinds


def test_a_network_without_relu_has_no_dead_ones() -> None:
    layer = LayerVitals("fc", 0.5, None, 0.5, 0.5, 0.5)
    found = vital_checks.dead(Case(course([report(1, 128, 10, layers=[layer])]), recipe("fast")))
    assert (found.verdict, found.kind) == ("unknown", "absent")


def test_a_branch_begins_where_it_was_left() -> None:
    """Its first loss isn't that of random weights."""
    events, config = kept(HEALTHY[0])
    findings = by_name(examine(replace(history(events), offset=3), config))
    assert findings["first_loss"].verdict == "unknown" and findings["first_loss"].kind == "branch"


def test_the_cause_is_what_was_seen_first() -> None:
    rows = [
        Finding("step", "striking", {}, "large", ["lr_high"], 10),
        Finding("dead", "striking", {}, "died", ["lr_high"], 10),
        Finding("inputs", "striking", {}, "large", ["pixels_255"], 1),
        Finding("batch", "sound", {}),
    ]
    assert cause(rows) is rows[2] and cause(rows[:2]) is rows[0] and cause(rows[3:]) is None


def test_beside_the_cause_nothing_else_is_blamed() -> None:
    """Neither labels for a loss that zeros keep from falling, nor overfitting for raw validation images."""
    for name, check, kind in (("weights_zero", "flat", "stuck"), ("validation_raw", "gap", "apart")):
        events, config = kept(name)
        found = by_name(examine(history(events), config))[check]
        assert (found.kind, found.points_to[0]) == (kind, name)


@pytest.mark.parametrize(
    ("changes", "steps_per_epoch", "kind"),
    [({}, 71, "memorised"), ({"imbalance": 100.0}, 71, ""), ({"train_size": 500}, 4, "")],
)
def test_labels_learned_by_heart_are_labels_that_fit_no_image(
    changes: dict[str, Any], steps_per_epoch: int, kind: str
) -> None:
    """Of many images of equal classes; else few images, or many of one class, may be the reason."""
    totals = {"total_steps": 3 * steps_per_epoch, "steps_per_epoch": steps_per_epoch, "step": 0}
    rows = [
        {"train_loss": loss, "train_accuracy": 0.1, "validation_loss": 2.32, "validation_accuracy": 0.11}
        for loss in (2.31, 2.0, 1.5)
    ]
    numbered = [
        {"type": "epoch", "epoch": n, "step": 1, "seconds": 1.0} | row for n, row in enumerate(rows, 1)
    ]
    reported = history([{"type": "attempt", **totals}, *numbered])
    found = by_name(examine(reported, recipe("fast", epochs=3, **changes)))["flat"]
    assert found.kind == kind and (not kind or found.points_to == ["labels_shuffled"])


def test_a_gap_of_unequal_classes_is_told_from_overfitting() -> None:
    row = {"train_loss": 0.5, "train_accuracy": 0.9, "validation_loss": 1.5, "validation_accuracy": 0.5}
    reported = history([{"type": "epoch", "epoch": 1, "step": 1, "seconds": 1.0} | row])
    for imbalance, kind in ((1.0, "wide"), (100.0, "unequal")):
        found = by_name(examine(reported, recipe("fast", imbalance=imbalance)))["gap"]
        assert found.kind == kind and found.numbers.get("factor", 1.0) == pytest.approx(imbalance)


def test_a_loss_that_has_exploded_and_falls_back_does_not_still_learn() -> None:
    rows = [
        {"train_loss": loss, "train_accuracy": 0.1, "validation_loss": loss, "validation_accuracy": 0.1}
        for loss in (9.0, 5.0, 2.31)
    ]
    numbered = [
        {"type": "epoch", "epoch": n, "step": 1, "seconds": 1.0} | row for n, row in enumerate(rows, 1)
    ]
    found = by_name(examine(history(numbered), recipe("fast", epochs=3)))["falling"]
    assert (found.verdict, found.numbers["fell"]) == ("sound", pytest.approx(3.345))
