"""core.losses.probabilities: softmax by its formula, along either dimension."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.losses.probabilities import answers, shares

LOGITS = st.lists(st.floats(-30, 30, width=32), min_size=10, max_size=10)
BATCH = [[2.0, 0.5, -1.0], [0.0, 1.5, 0.5], [1.0, 1.0, 1.0], [3.0, -2.0, 0.0]]


def by_hand(z: list[float]) -> list[float]:
    powers = [math.exp(value - max(z)) for value in z]
    return [power / sum(powers) for power in powers]


@given(LOGITS)
def test_softmax_keeps_the_class_and_sums_to_one(z: list[float]) -> None:
    found = answers(z)
    assert found["logits"].values.tolist() == z
    assert found["once"].values.tolist() == pytest.approx(by_hand(z), abs=1e-6)
    assert found["twice"].values.tolist() == pytest.approx(by_hand(by_hand(z)), abs=1e-6)
    for name in ("once", "twice"):
        assert found[name].total == pytest.approx(1, abs=1e-5)
        assert found[name].largest == found[name].values[found["logits"].predicted]  # or a tie by rounding
    assert found["twice"].largest <= math.e / (math.e + 9) + 1e-6


def test_extreme_logits() -> None:
    found = answers([60.0, -60.0, *[0.0] * 8])
    assert found["once"].values[:2].tolist() == [1.0, 0.0]
    assert [answer.predicted for answer in found.values()] == [0, 0, 0]


def test_one_dimension_or_the_other() -> None:
    classes, samples = shares(BATCH, 1), shares(BATCH, 0)
    for row, z in zip(classes.values.tolist(), BATCH, strict=True):
        assert row == pytest.approx(by_hand(z), abs=1e-6)
    for column, z in zip(samples.values.T.tolist(), zip(*BATCH, strict=True), strict=True):
        assert column == pytest.approx(by_hand(list(z)), abs=1e-6)
    assert classes.rows.tolist() == pytest.approx([1] * 4)
    assert samples.columns.tolist() == pytest.approx([1] * 3)
    assert classes.columns.tolist() == pytest.approx(classes.values.sum(0).tolist())
    assert samples.rows.tolist() == pytest.approx(samples.values.sum(1).tolist())
    assert classes.predicted.tolist() == torch.tensor(BATCH).argmax(1).tolist() == [0, 1, 0, 0]
    assert samples.predicted.tolist() == [0, 1, 2, 0]


def test_a_batch_of_one_is_sure_of_everything_along_the_samples() -> None:
    assert shares(BATCH, 0).alone.tolist() == [[1.0, 1.0, 1.0]]
    assert shares(BATCH, 1).alone.sum().item() == pytest.approx(1)
