"""core.pitfalls.training: what the wrong line behind each fault returns, and the right one."""

import math
from ast import literal_eval

import pytest
import torch

from core.diagnosis.patients import PATIENTS, settings
from core.faults.table import FAULTS
from core.pitfalls.training import TRAINING_LINES
from core.pitfalls.wrong_line import tried


def both(fault: str) -> tuple[str, str]:
    """What the two sides return, as a learner reads it."""
    line = TRAINING_LINES[fault]
    sides = [tried(line.wrong), tried(line.right)]
    assert all(side.outcome.error is None and side.outcome.warnings == () for side in sides)
    assert all("type: ignore" not in side.code for side in sides) and sides[0].code != sides[1].code
    return sides[0].outcome.answer, sides[1].outcome.answer


def test_a_line_for_each_fault() -> None:
    assert TRAINING_LINES.keys() == set(PATIENTS)


@pytest.mark.parametrize(
    ("fault", "wrong", "right"),
    [
        ("lr_high", "[-159.0, 25281.0, -4019679.0, 639128960.0]", "[0.84, 0.706, 0.593, 0.498]"),
        ("lr_low", "[1.0, 1.0, 1.0, 1.0]", "[0.84, 0.706, 0.593, 0.498]"),
        ("no_zero_grad", "[2.0, 4.0, 6.0]", "[2.0, 2.0, 2.0]"),
        ("double_softmax", "tensor(1.4621)", "tensor(0.0011)"),
        ("validation_raw", "tensor([0.5020, 0.5020, 0.5020])", "tensor([0.0428, 0.0812, 0.2120])"),
        ("dead_relus", "0.0", "0.5"),
        ("class_order", f"{[1] * 10}", f"{[10] * 10}"),
        ("pixels_255", "tensor([128., 128., 128.])", "tensor([0.0428, 0.0812, 0.2120])"),
    ],
)
def test_what_both_lines_return(fault: str, wrong: str, right: str) -> None:
    assert both(fault) == (wrong, right)


def test_zeros_hand_no_gradient_back_but_to_the_last_bias() -> None:
    wrong, right = map(literal_eval, both("weights_zero"))
    assert wrong[:-1] == [0.0] * 9 and wrong[-1] == pytest.approx(0.949, abs=1e-3)  # sqrt(0.9^2 + 9 * 0.1^2)
    assert all(norm > 0 for norm in right)


def test_two_permutations_part_images_and_labels() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        wrong, right = map(literal_eval, both("labels_shuffled"))
    assert wrong[0] != wrong[1] and right[0] == right[1]


def test_learning_rates_are_those_of_the_faults() -> None:
    for fault, lr in (("lr_high", "80.0"), ("lr_low", "8e-7")):
        assert FAULTS[fault].applied(settings(fault)).lr == pytest.approx(float(lr))
        assert f"lr={lr}" in tried(TRAINING_LINES[fault].wrong).code
        assert f"lr={settings().lr}" in tried(TRAINING_LINES[fault].right).code


def test_the_least_loss_behind_two_softmaxes() -> None:
    share = math.e / (math.e + 9)  # of the class that the first softmax gives 1, and the others 0
    assert share == pytest.approx(0.232, abs=5e-4) and -math.log(share) == pytest.approx(1.461, abs=5e-4)
