"""core.diagnosis.cures: each cure changes what it says and nothing else; the texts say what was measured."""

from statistics import fmean

import pytest

from core.diagnosis.cures import (
    BETWEEN_SEEDS,
    CURES,
    EPOCHS,
    MEASURED,
    OVERFITTING,
    SMALLER,
    UNTREATED,
    effect,
    training,
)
from core.errors import InputError
from core.jobs.history import Epoch, History
from core.shapes.code import from_short
from core.shapes.network import PRESETS
from core.shapes.trainable import trainable
from core.training.config import TrainConfig
from core.training.network import build
from tests.support.visit import words

NOISE = 100 * BETWEEN_SEEDS


@pytest.mark.parametrize("cure", CURES)
def test_a_cure_changes_what_it_says_alone(cure: str) -> None:
    assert OVERFITTING.differences(training(cure)) == list(CURES[cure])
    assert TrainConfig.from_json(training(cure, 7).to_json()) == training(cure, 7)
    assert training(UNTREATED, 7, seed=3).differences(OVERFITTING) == ["epochs", "seed"]


@pytest.mark.parametrize(("cure", "epochs"), [("prayer", 60), ("dropout", 0), ("dropout", EPOCHS.high + 1)])
def test_no_such_cure(cure: str, epochs: int) -> None:
    with pytest.raises(InputError):
        training(cure, epochs)


def test_networks_are_lenet_with_dropout_and_without_hidden_layers() -> None:
    dropout = [layer for layer in from_short(training("dropout").network) if layer.kind != "Dropout"]
    assert dropout == list(PRESETS["lenet"].layers)
    sizes = [sum(part.numel() for part in build(network).parameters()) for network in (SMALLER, "")]
    assert trainable(from_short(SMALLER))
    for language in ("en", "zh"):
        text = words("diagnosis", language)("overfitting.help.smaller")
        assert all(f"{size:,}" in text for size in sizes)


def course(*rows: tuple[float, float, float | None]) -> History:
    """A run with these training and validation accuracies and validation losses."""
    epochs = [Epoch(place, 1.0, *row[:1], row[2], row[1], 1.0) for place, row in enumerate(rows, 1)]
    return History([], epochs, None, 0, 0, 0.0, None, None)


def test_the_effect_is_told_from_the_runs_own_numbers() -> None:
    sick = course((0.5, 0.45, 1.5), (1.0, 0.375, 2.5))
    found = effect(sick, course((0.5, 0.5, 1.5), (0.75, 0.625, 1.25)))
    assert found is not None and (found.gap_before, found.gap_after) == (0.625, 0.125)
    assert found.change == pytest.approx(0.175) and found.verdict == "better"
    assert found.losses == (2.5, 1.25)
    assert effect(sick, course((0.5, 0.45 - BETWEEN_SEEDS / 2, None))).verdict == "same"  # type: ignore[union-attr]
    assert effect(sick, course((0.5, 0.2, None))).verdict == "worse"  # type: ignore[union-attr]
    assert effect(sick, course()) is None and effect(course(), sick) is None


def test_what_the_page_says_is_what_was_measured() -> None:
    gaps = {cure: fmean(gap for gap, _, _ in rows) for cure, rows in MEASURED.items()}
    changes = {
        cure: [best - before for (_, best, _), (_, before, _) in zip(rows, MEASURED[UNTREATED], strict=True)]
        for cure, rows in MEASURED.items()
    }
    means = {cure: fmean(rows) for cure, rows in changes.items()}
    assert MEASURED.keys() == {UNTREATED, *CURES}
    bests = [[best for _, best, _ in rows] for rows in MEASURED.values()]
    assert NOISE - 1 < max(max(row) - min(row) for row in bests) <= NOISE
    # More data helps most, flip and crop come next.
    assert sorted(means, key=means.__getitem__)[-2:] == ["augmentation", "more_data"]
    assert gaps["more_data"] < gaps[UNTREATED] / 2
    assert all(min(changes[cure]) > NOISE for cure in ("more_data", "augmentation"))
    assert all(1.5 <= change < 4.5 for change in changes["dropout"])  # 2 to 4 points
    assert gaps["dropout"] < gaps[UNTREATED] - 5  # a smaller gap, and yet
    assert abs(means["weight_decay"]) < 1 and abs(means["early_stopping"]) < 1
    better, same, worse = sorted(changes["smaller"], reverse=True)
    assert better > 2 > abs(same) and worse < -2
    losses = [[loss for _, _, loss in MEASURED[cure]] for cure in (UNTREATED, "weight_decay")]
    assert all(tamed < loss - 0.5 for loss, tamed in zip(*losses, strict=True))
