"""core.figures.evaluation: numpy bins the answers, and one dot per bin lies where they say."""

import math

import numpy as np
import pytest
import torch

from core.evaluation import Calibration, Evaluation
from core.figures.evaluation import reliability
from core.figures.palette import LEARNING_RATE, VALIDATION
from tests.figures.options import by_name, chart, colour, ends, words

LABELS = {name: name.upper() for name in ("confidence", "accuracy", "model", "ideal")}


def judged(logits: torch.Tensor, labels: torch.Tensor) -> Calibration:
    """The calibration of these answers."""
    return Evaluation(0.0, 0.0, torch.zeros(10, 10), logits, labels).calibration()


def answers() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [600, 10] of a network that is too sure, and the labels."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 10, (600,), generator=generator)
    logits = 2 * torch.randn(600, 10, generator=generator)
    logits[torch.arange(600), labels] += 1.5
    return logits, labels


def test_a_dot_per_bin_at_its_confidence_and_accuracy() -> None:
    logits, labels = answers()
    sure = np.exp(logits.double().numpy())
    sure /= sure.sum(1, keepdims=True)
    confidence, right = sure.max(1), sure.argmax(1) == labels.numpy()
    bins = np.digitize(confidence, np.arange(1, 10) / 10)
    expected = [
        [100 * confidence[bins == which].mean(), 100 * right[bins == which].mean()]
        for which in np.unique(bins)
    ]
    dots = by_name(chart(reliability(judged(logits, labels), LABELS)))["MODEL"]["data"]
    assert 5 < len(dots) < 10  # not every bin has answers
    assert np.array([dot["value"] for dot in dots]) == pytest.approx(np.array(expected), abs=0.006)


def test_a_bin_with_more_answers_has_a_larger_dot() -> None:
    confidence = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    found = Calibration(confidence, confidence, torch.tensor([1, 1000, 10]), 0.0)
    sizes = [dot["symbolSize"] for dot in by_name(chart(reliability(found, LABELS)))["MODEL"]["data"]]
    assert 0 < sizes[0] < sizes[2] < sizes[1] < 30  # of no more than a few pixels


def test_the_diagonal_crosses_two_equal_axes() -> None:
    option = chart(reliability(judged(*answers()), LABELS))
    ideal, model = by_name(option)["IDEAL"], by_name(option)["MODEL"]
    assert list(by_name(option)) == ["IDEAL", "MODEL"]  # the dots lie on the diagonal, not below it
    assert ideal["data"] == [[0, 0], [100, 100]] and ideal["lineStyle"]["type"] == "dashed"
    assert (colour(ideal), colour(model)) == (LEARNING_RATE, VALIDATION)
    assert model["showSymbol"] is True
    assert ends(option["xAxis"]) == ends(option["yAxis"]) == (0, 100)
    assert option["yAxis"]["scale"] is False
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("CONFIDENCE", "ACCURACY")
    assert words(option) == {*LABELS.values()}


def test_a_network_that_is_always_sure_and_right() -> None:
    labels = torch.zeros(50, dtype=torch.int64)
    dots = by_name(chart(reliability(judged(100 * torch.eye(10)[labels], labels), LABELS)))["MODEL"]["data"]
    assert [dot["value"] for dot in dots] == [[100, 100]]


def test_answers_that_are_not_finite_have_no_confidence() -> None:
    logits = torch.full((50, 10), math.nan)
    dots = by_name(chart(reliability(judged(logits, torch.ones(50).long()), LABELS)))["MODEL"]["data"]
    assert [dot["value"] for dot in dots] == [[0, 0]]


def test_empty_bins_have_no_dot() -> None:
    nothing = torch.full((10,), math.nan, dtype=torch.float64)
    option = chart(reliability(Calibration(nothing, nothing, torch.zeros(10), 0.0), LABELS))
    assert by_name(option)["MODEL"]["data"] == []
