"""core.diagnosis.beginnings: torch's own sums as the oracle, and what the page says of each row."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from core.dataset import splits
from core.dataset.splits import SPLIT_SEED
from core.diagnosis.beginnings import STEPS, Beginning, beginnings, distinct_units, settings, signs
from core.diagnosis.initialisation import INITIALISATIONS, initialise
from core.errors import InputError
from core.files.locations import FOLDER
from core.progress import Progress
from core.training.run import Training
from tests.support.sample_data import made_splits

HIDDEN = ("conv1", "conv2", "fc1", "fc2")
UNITS = {"conv1": 6, "conv2": 16, "fc1": 120, "fc2": 84, "fc3": 10}


@cache
def found(root: Path) -> tuple[Mapping[str, Beginning], list[Progress]]:
    work, progress = beginnings(splits(root, SPLIT_SEED), 0), []
    while True:
        try:
            progress.append(next(work))
        except StopIteration as stop:
            return {row.name: row for row in stop.value}, progress


@pytest.fixture
def rows(small_sketches: Path) -> Mapping[str, Beginning]:
    return found(small_sketches / FOLDER)[0]


def test_each_row_of_the_table_in_its_order(rows: Mapping[str, Beginning], small_sketches: Path) -> None:
    assert list(rows) == list(INITIALISATIONS) and all(row.units == UNITS for row in rows.values())
    progress = found(small_sketches / FOLDER)[1]
    assert STEPS == 50 and progress[-1] == Progress(6 * STEPS, 6 * STEPS)  # the notice says 50
    done = [row.done for row in progress]
    assert done == sorted(set(done))


def test_signs_are_torchs() -> None:
    data = made_splits(train=200, validation=20)
    training = Training(settings(1), data)
    initialise(training.model, "kaiming", 1)
    given = signs(training)
    assert all(parameter.grad is None for parameter in training.model.parameters())
    assert not any(layer._forward_hooks for layer in training.model.modules())
    images, labels = training.batch(0, 0)
    model = training.model
    first = model.conv1(images)  # type: ignore[operator]
    loss = F.cross_entropy(model(images), labels)
    loss.backward()  # type: ignore[no-untyped-call]
    assert given.loss == loss.item() and math.isclose(
        given.activations["conv1"], float(first.detach().std()), rel_tol=1e-5
    )
    for layer, norm in given.gradients.items():
        parts = [
            p.grad.flatten()
            for name, p in model.named_parameters()
            if name.startswith(f"{layer}.") and p.grad is not None
        ]
        assert math.isclose(norm, float(torch.cat(parts).norm()), rel_tol=1e-6) and len(parts) == 2


def test_zeros_stop_every_gradient_but_the_last_layers(rows: Mapping[str, Beginning]) -> None:
    row = rows["zeros"]
    assert row.after is not None and row.distinct is not None
    assert (
        math.isclose(row.before.loss, math.log(10), rel_tol=1e-6)
        and abs(row.after.loss - math.log(10)) < 0.02
    )
    assert set(row.before.activations.values()) == {0.0}
    for point in (row.before, row.after):
        assert [point.gradients[layer] for layer in HIDDEN] == [0.0] * 4 and point.gradients["fc3"] > 0
    assert [row.distinct[layer] for layer in HIDDEN] == [1] * 4


def test_a_constant_keeps_the_units_of_a_layer_alike(rows: Mapping[str, Beginning]) -> None:
    row = rows["constant"]
    assert row.distinct is not None and [row.distinct[layer] for layer in HIDDEN] == [1] * 4
    assert row.distinct["fc3"] == 10  # told apart by the labels
    assert sum(UNITS[layer] for layer in HIDDEN) == 226
    assert all(row.before.gradients[layer] < 1e-6 for layer in HIDDEN)


def test_too_large_weights(rows: Mapping[str, Beginning]) -> None:
    row = rows["large"]
    sizes = list(row.before.activations.values())
    assert row.before.loss > 10_000 and sizes == sorted(sizes)
    dead = row.after is not None and row.after.gradients["conv1"] == 0
    assert row.diverged or dead


def test_the_default_shrinks_and_the_others_keep_their_size(rows: Mapping[str, Beginning]) -> None:
    sizes = {name: list(row.before.activations.values()) for name, row in rows.items()}
    assert sizes["default"][0] > 4 * sizes["default"][-1] and sizes["default"][-1] < 0.1
    for name in ("xavier", "kaiming"):
        assert max(sizes[name]) < 4 * min(sizes[name])
        assert rows[name].after.loss < rows["default"].after.loss - 0.2  # type: ignore[union-attr]
        assert sum((rows[name].distinct or {}).values()) == sum(UNITS.values())


def test_the_same_seed_gives_the_same_numbers() -> None:
    data = made_splits(train=130, validation=20)
    before = torch.get_rng_state()

    def first_of(seed: int) -> list[Progress]:
        work = beginnings(data, seed)
        return [next(work) for _ in range(3)]

    assert first_of(0) == first_of(0) and torch.equal(torch.get_rng_state(), before)
    training = [Training(settings(seed), data) for seed in (0, 0, 1)]
    given = [asdict(signs(run)) for run in training]
    assert given[0] == given[1] != given[2]


def test_too_few_images_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        next(beginnings(made_splits(train=100), 0))
    assert refused.value.key == "batch_too_large"


def test_units_that_rounding_moves_apart_are_alike() -> None:
    row = torch.randn(1, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    assert distinct_units(row.repeat(6, 1, 1, 1) * (1 + 1e-6 * torch.arange(6).view(6, 1, 1, 1))) == 1
    assert distinct_units(torch.cat([row, row, 1.01 * row, 1e9 * row])) == 3
    assert distinct_units(torch.zeros(4, 2)) == 1
