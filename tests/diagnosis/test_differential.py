"""core.diagnosis.signs and .differential, and what the clinic says of its patients, on kept trainings."""

import re
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest

from core import text
from core.diagnosis.differential import EXPECTED, against
from core.diagnosis.patients import EPOCHS, PATIENTS, settings
from core.diagnosis.signs import Signs, early, share, signs, total
from core.faults.table import FAULTS
from core.jobs.history import History, history
from tests.support import patients

SIGNS = {fault: signs(patients.course(fault)) for fault in (*PATIENTS, "none")}


@pytest.mark.parametrize("fault", PATIENTS)
def test_each_wrong_diagnosis_is_answered_and_the_right_one_is_not(fault: str) -> None:
    assert EXPECTED.keys() == set(PATIENTS)
    assert [guess for guess in EXPECTED if against(guess, SIGNS[fault]) is None] == [fault]


def test_the_mended_run_has_no_fault() -> None:
    assert all(against(guess, SIGNS["none"]) for guess in EXPECTED)


@pytest.mark.parametrize("fault", PATIENTS)
def test_answers_that_a_learner_can_get_have_a_sentence(fault: str) -> None:
    for guess in EXPECTED.keys() - {fault}:
        for language in text.LANGUAGES:
            sentence = text.load(language, "diagnosis")[
                f"patients.against.{guess}.{against(guess, SIGNS[fault])}"
            ]
            fields = re.findall(r"{(\w+)", sentence)
            values = asdict(SIGNS[fault])
            assert fields and all(values[field] is not None for field in fields)


def test_a_run_that_has_reported_nothing() -> None:
    found = signs(history([]))
    assert set(asdict(found).values()) == {None}
    assert all(against(guess, found) is None for guess in EXPECTED)


def test_signs_are_those_of_the_vital_signs() -> None:
    course, found = patients.course("none"), SIGNS["none"]
    first, later = course.vitals[0], course.vitals[2]
    assert (first.step, found.step) == (1, 50) and early(course) == later
    assert found.first_loss == course.points[0].loss == pytest.approx(first.loss, rel=1e-4)
    assert found.update == pytest.approx(sum((layer.update or 0) ** 2 for layer in first.layers) ** 0.5)
    weight = sum((layer.weight or 0) ** 2 for layer in later.layers) ** 0.5
    assert found.share == pytest.approx((total(later, "update") or 0) / weight)
    assert (found.dead, found.weight) == (0.0, first.layers[0].weight)
    assert share(replace(first.layers[0], weight=0.0)) is None
    assert total(replace(first, layers=[replace(first.layers[0], update=None)]), "update") is None


# What the texts say of the patients

Claim = Callable[[History, Signs], bool]


def losses(course: History, *names: str) -> list[float]:
    return [getattr(row, name) for row in course.epochs for name in names]


def accuracies(course: History) -> list[str]:
    return [f"{100 * row.validation_accuracy:.0f}%" for row in course.epochs]


def steps(course: History, last: int) -> list[float]:
    return [point.loss for point in course.points if point.step <= last and point.loss is not None]


STORIES: dict[str, tuple[tuple[str, ...], Claim]] = {
    "lr_low": (
        ("9%",),
        lambda c, s: set(accuracies(c)) == {"9%"} and len({f"{x:.4f}" for x in losses(c, "train_loss")}) == 1,
    ),
    "validation_raw": (
        ("96%", "33%"),
        lambda c, s: (s.train_accuracy, s.validation_accuracy) == pytest.approx((0.96, 0.33), abs=0.005),
    ),
    "weights_zero": (
        ("2.30",),
        lambda c, s: (
            {f"{x:.2f}" for x in losses(c, "train_loss", "validation_loss")} == {"2.30"}
            and c.confusion is not None
            and sum(any(row[k] for row in c.confusion.counts) for k in range(10)) == 1
        ),
    ),
    "no_zero_grad": (
        ("2.3", "10", "171", "10%"),
        lambda c, s: (
            [f"{x:.0f}" for x in losses(c, "train_loss")][1::4] == ["10", "171"]
            and f"{s.first_loss:.1f}" == "2.3"
            and s.validation_accuracy == 0.1
        ),
    ),
    "labels_shuffled": (
        ("2.3", "8%", "11%"),
        lambda c, s: (
            {f"{x:.1f}" for x in losses(c, "train_loss", "validation_loss")} == {"2.3"}
            and (min(e.validation_accuracy for e in c.epochs), max(e.validation_accuracy for e in c.epochs))
            == pytest.approx((0.08, 0.11), abs=0.005)
        ),
    ),
    "pixels_255": (
        ("3.4", "2.3"),
        lambda c, s: (
            f"{s.first_loss:.1f}" == "3.4"
            and f"{steps(c, 12)[-1]:.1f}" == "2.3"
            and {f"{x:.1f}" for x in losses(c, "train_loss", "validation_loss")} == {"2.3"}
        ),
    ),
    "lr_high": (
        (),
        lambda c, s: (
            max(steps(c, 9)) < 2.5 and steps(c, 10)[-1] > 10 and not c.epochs and c.points[-1].loss is None
        ),
    ),
    "double_softmax": (
        ("47%", "2.0"),
        lambda c, s: (
            accuracies(c)[-1] == "47%"
            and {f"{x:.1f}" for x in losses(c, "train_loss", "validation_loss")[-2:]} == {"2.0"}
        ),
    ),
    "class_order": (
        ("0%", "10%"),
        lambda c, s: (
            sum(row.train_accuracy == 0 for row in c.epochs) == 3
            and {row.validation_accuracy for row in c.epochs} == {0.1}
        ),
    ),
    "dead_relus": (
        ("10%", "2.30"),
        lambda c, s: (
            {row.validation_accuracy for row in c.epochs} == {0.1}
            and {f"{x:.2f}" for x in losses(c, "train_loss", "validation_loss")} == {"2.30"}
            and {report.spread for report in c.vitals} == {0.0}
        ),
    ),
}


@pytest.mark.parametrize("fault", PATIENTS)
def test_a_case_history_is_true(fault: str) -> None:
    quoted, claim = STORIES[fault]
    assert claim(patients.course(fault), SIGNS[fault])
    for language in text.LANGUAGES:
        story = text.load(language, "diagnosis")[f"patients.story.{fault}"]
        assert set(re.findall(r"\d[\d.]*\d%?|\d%?", story)) == set(quoted), story


def test_what_the_explanations_say_besides_the_numbers_of_the_run() -> None:
    high, low = (FAULTS[fault].applied(settings(fault)).lr for fault in ("lr_high", "lr_low"))
    assert (settings().lr, high, low) == pytest.approx((0.08, 80, 8e-7))
    sick, mended = patients.course("validation_raw"), patients.course("none")
    assert losses(sick, "train_loss") == losses(mended, "train_loss")  # the network is fine
    assert [layer.activation for layer in sick.vitals[-1].layers] == [
        layer.activation for layer in mended.vitals[-1].layers
    ]
    order = patients.course("class_order").confusion
    assert order is not None and all(row[9] == sum(row) for row in order.counts)
    assert patients.course("class_order").total_steps / EPOCHS / 10 == pytest.approx(7, abs=0.2)
    assert SIGNS["labels_shuffled"].share == pytest.approx(0.001, rel=0.1)
    assert SIGNS["pixels_255"].spread == 0 and SIGNS["dead_relus"].dead == 1
    assert all(
        (SIGNS[fault].gradient, SIGNS[fault].spread) == (0, 0) for fault in ("weights_zero", "dead_relus")
    )
    for course in (
        patients.course("weights_zero"),
        patients.course("dead_relus"),
        patients.course("pixels_255"),
    ):
        assert f"{course.epochs[-1].validation_accuracy:.0%}" == "10%"
    healthy = early(mended)
    assert healthy is not None and all(1e-3 < (share(layer) or 0) < 1e-2 for layer in healthy.layers)
