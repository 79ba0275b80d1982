"""core.trainer: a hand-written torch loop as the oracle, same bits from same seed, resuming at any step."""

import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from core.dataset import ImageSet, Splits
from core.errors import InputError
from core.files import whole as files
from core.lenet import LeNet
from core.normalise import normalise
from core.optimizers import OPTIMIZERS
from core.training import checkpoints
from core.training.config import SCHEDULES, TrainConfig, recipe
from core.training.loop import EpochResult, StepResult
from core.training.run import Training, fit
from tests.support.sample_data import made_splits, noise, same

SPLITS = made_splits(train=50, validation=20)
# 4 steps an epoch, 2 images in the last.
AUGMENTED = TrainConfig(epochs=2, batch_size=16, lr=0.01, flip=True, crop=3, seed=7)


def run(config: TrainConfig, splits: Splits = SPLITS) -> tuple[Training, list[StepResult | EpochResult]]:
    training = Training(config, splits)
    return training, list(training)


def steps_of(results: list[StepResult | EpochResult]) -> list[StepResult]:
    return [result for result in results if isinstance(result, StepResult)]


# Learning


def test_the_loss_falls() -> None:
    splits = made_splits(train=300, validation=60)
    _, results = run(recipe("fast", epochs=4, batch_size=20, optimizer="adam", lr=0.005), splits)
    epochs = [result for result in results if isinstance(result, EpochResult)]
    assert [result.epoch for result in epochs] == [1, 2, 3, 4] and [result.step for result in epochs] == [
        15,
        30,
        45,
        60,
    ]
    assert epochs[0].train_loss > 1.5 and epochs[-1].train_loss < 0.3
    assert epochs[-1].validation_accuracy > 0.9 and epochs[-1].train_accuracy > 0.9


def test_one_batch_of_noise_is_learned_by_heart() -> None:
    images, labels = noise(16)
    batch = ImageSet(images, labels, "train")
    config = TrainConfig(epochs=80, batch_size=16, optimizer="adam", lr=0.003)
    _, results = run(config, Splits(batch, batch, batch))
    last = results[-1]
    assert isinstance(last, EpochResult) and last.validation_loss < 0.01 and last.validation_accuracy == 1.0


# The oracle


@pytest.mark.parametrize("name", ["tutorial", "fast"])
def test_equals_a_hand_written_loop_over_the_same_batches(name: str) -> None:
    config = recipe(name, epochs=2, batch_size=16, seed=3)
    training = Training(config, SPLITS)
    torch.manual_seed(3)
    model = LeNet()
    if name == "tutorial":
        optimizer: Any = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
        scheduler: Any = None
    else:
        optimizer = torch.optim.SGD(
            model.parameters(), lr=0.08, momentum=0.9, nesterov=True, weight_decay=5e-4
        )
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.08, 8, cycle_momentum=False)
    mean, std = torch.tensor(config.mean).view(3, 1, 1), torch.tensor(config.std).view(3, 1, 1)
    for epoch in range(2):
        loss_sum = hits = 0.0
        seen: list[torch.Tensor] = []
        for index in range(4):
            x, y = training.batch(epoch, index)
            seen.append(x)
            logits = model(x)
            loss = F.cross_entropy(logits, y)
            optimizer.zero_grad()
            loss.backward()
            ours = training.step()
            assert ours.loss == pytest.approx(loss.item(), abs=1e-6) and ours.lr == pytest.approx(
                optimizer.param_groups[0]["lr"]
            )
            optimizer.step()
            if scheduler and 4 * epoch + index < 7:
                scheduler.step()
            loss_sum += loss.item() * len(y)
            hits += int((logits.argmax(1) == y).sum())
        fed = torch.cat(seen)  # every training image once, normalised
        plain = (SPLITS.train.images.float() / 255 - mean) / std
        distances = torch.cdist(plain.flatten(1), fed.flatten(1), compute_mode="donot_use_mm_for_euclid_dist")
        assert distances.min(1).values.max() < 1e-3 and sorted(distances.argmin(1).tolist()) == list(
            range(50)
        )
        judged = training.judge()
        assert judged.train_loss == pytest.approx(
            loss_sum / 50, abs=1e-6
        ) and judged.train_accuracy == pytest.approx(hits / 50)
        with torch.no_grad():
            logits = model(normalise(SPLITS.validation.images, config.mean, config.std))
        assert judged.validation_loss == pytest.approx(
            F.cross_entropy(logits, SPLITS.validation.labels).item(), abs=1e-5
        )
    for parameter, expected in zip(training.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected, rtol=0, atol=1e-6)


def test_order_changes_from_epoch_to_epoch_and_with_the_seed() -> None:
    orders = {
        tuple(Training(replace(AUGMENTED, seed=seed, flip=False, crop=0), SPLITS).batch(epoch, 0)[1].tolist())
        for seed in (1, 2)
        for epoch in (0, 1)
    }
    assert len(orders) == 4


def test_inspecting_tells_the_truth_and_changes_nothing() -> None:
    plain, looked_at = Training(AUGMENTED, SPLITS), Training(AUGMENTED, SPLITS)
    for index in range(4):
        x, y = looked_at.batch(0, index)
        gradients = torch.autograd.grad(
            F.cross_entropy(looked_at.model(x), y), list(looked_at.model.parameters())
        )
        result, quiet = looked_at.step(inspect=True), plain.step()
        with torch.no_grad():
            after = F.cross_entropy(looked_at.model(x), y).item()
        assert (
            result.loss_after == after
            and result.loss == quiet.loss
            and quiet.loss_after is quiet.gradient_norms is None
        )
        assert result.gradient_norms is not None and list(result.gradient_norms) == [
            "conv1",
            "conv2",
            "fc1",
            "fc2",
            "fc3",
        ]
        expected = [
            math.hypot(weight.norm(), bias.norm())
            for weight, bias in zip(gradients[::2], gradients[1::2], strict=True)
        ]
        assert list(result.gradient_norms.values()) == pytest.approx(expected, rel=1e-5)
    assert same(plain.state().model, looked_at.state().model)


# Determinism and resuming


def test_same_seed_same_bits_and_another_seed_differs() -> None:
    first, results = run(AUGMENTED)
    second, again = run(AUGMENTED)
    other, others = run(replace(AUGMENTED, seed=8))
    assert results == again and same(vars(first.state()), vars(second.state()))
    assert results != others and not same(first.state().model, other.state().model)


def test_the_random_state_of_torch_is_neither_used_nor_changed() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, _ = run(AUGMENTED)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    other, _ = run(AUGMENTED)
    assert same(first.state().model, other.state().model)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resumed_at_any_step_ends_with_the_same_bits(optimizer: str, schedule: str, tmp_path: Path) -> None:
    config = replace(
        AUGMENTED, optimizer=optimizer, lr=OPTIMIZERS[optimizer].lr, schedule=schedule, weight_decay=0.01
    )
    straight, expected = run(config)
    # 4: the epoch's last step is done but not judged.
    cuts = set(range(11)) if optimizer == "nesterov" else {2, 4, 8}
    running = Training(config, SPLITS)
    for position, result in enumerate([*expected, None]):
        if position in cuts:
            path = tmp_path / f"{position}.pt"
            checkpoints.save(path, config, running.state(), "made")
            kept = checkpoints.load(path)
            resumed = Training(kept.config, SPLITS, kept.state)
            assert list(resumed) == expected[position:]
            assert same(vars(resumed.state()), vars(straight.state()))
        if result is not None:
            assert (running.judge() if running.epoch_ended else running.step()) == result


def test_a_state_is_a_copy() -> None:
    training = Training(replace(AUGMENTED, optimizer="adam"), SPLITS)
    training.step()
    state = training.state()
    kept = {name: tensor.clone() for name, tensor in state.model.items()}
    moments = state.optimizer["state"][0]["exp_avg"].clone()
    list(training)
    list(Training(training.config, SPLITS, state))
    assert same(state.model, kept) and torch.equal(state.optimizer["state"][0]["exp_avg"], moments)


# Edges


@pytest.mark.parametrize("inspect", [False, True])
def test_a_loss_that_is_no_number_ends_the_run_and_changes_nothing(inspect: bool) -> None:
    training = Training(TrainConfig(epochs=50, batch_size=16, optimizer="sgd", lr=100.0), SPLITS)
    before, result = training.state(), training.step()
    while not result.diverged:
        before = training.state() if not training.epoch_ended or training.judge() else before
        result = training.step(inspect=inspect)
    assert (
        not math.isfinite(result.loss)
        and training.done
        and training.diverged_at == result.step == before.steps_done + 1
    )
    assert list(training) == []
    after = training.state()
    assert after.steps_done == before.steps_done
    assert all(
        torch.equal(after.model[name].view(torch.int32), tensor.view(torch.int32))
        for name, tensor in before.model.items()
    )


def test_fit_ends_with_the_diverged_step() -> None:
    *before, last = fit(TrainConfig(epochs=50, batch_size=5, optimizer="sgd", lr=100.0), SPLITS)
    assert isinstance(last, StepResult) and last.diverged and not math.isfinite(last.loss)
    assert 0 < len(before) < 10  # of the first epoch
    assert all(isinstance(result, StepResult) and not result.diverged for result in before)


def test_fit_ends_with_the_epoch_whose_weights_diverged() -> None:
    *steps, last = fit(TrainConfig(epochs=50, batch_size=16, optimizer="sgd", lr=100.0), SPLITS)
    assert isinstance(last, EpochResult) and math.isnan(last.validation_loss)
    assert all(isinstance(result, StepResult) and not result.diverged for result in steps)


def test_a_validation_loss_that_is_no_number_ends_the_run() -> None:
    training = Training(replace(AUGMENTED, batch_size=50, epochs=3), SPLITS)
    training.step()
    assert training.finite()
    with torch.no_grad():
        training.model.fc3.bias.fill_(math.nan)
    assert not training.finite()
    assert math.isnan(training.judge().validation_loss) and training.done and training.diverged_at == 1


@pytest.mark.parametrize(
    ("batch_size", "train_size", "sizes"),
    [
        (50, None, [50]),
        (16, None, [16, 16, 16, 2]),
        (1, 10, [1] * 10),
        (16, 17, [16, 1]),
        (10, 50, [10] * 5),
        (10, 1000, [10] * 5),
    ],
)
def test_batches_cover_the_split_once(batch_size: int, train_size: int | None, sizes: list[int]) -> None:
    training = Training(replace(AUGMENTED, batch_size=batch_size, train_size=train_size), SPLITS)
    batches = [training.batch(0, index) for index in range(training.steps_per_epoch)]
    assert [len(labels) for _, labels in batches] == sizes == [len(images) for images, _ in batches]
    assert sorted(torch.cat([labels for _, labels in batches]).tolist()) == sorted(
        training.train.labels.tolist()
    )


def test_a_batch_larger_than_the_split_is_refused() -> None:
    with pytest.raises(InputError, match=r"51.*50") as refused:
        Training(replace(AUGMENTED, batch_size=51), SPLITS)
    assert refused.value.key == "batch_too_large"
    with pytest.raises(InputError, match=r"11.*10"):
        Training(replace(AUGMENTED, batch_size=11, train_size=10), SPLITS)


def test_train_size_draws_from_the_seed() -> None:
    def drawn(seed: int) -> torch.Tensor:
        return Training(replace(AUGMENTED, train_size=20, seed=seed), SPLITS).train.images

    assert len(drawn(1)) == 20 and torch.equal(drawn(1), drawn(1)) and not torch.equal(drawn(1), drawn(2))
    distances = torch.cdist(drawn(1).flatten(1).double(), SPLITS.train.images.flatten(1).double())
    # Images of the split, none twice.
    assert (distances == 0).any(1).all() and len(distances.argmin(1).unique()) == 20


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="cuda"):
        Training(replace(AUGMENTED, device="cuda"), SPLITS)


@pytest.mark.parametrize("total", range(1, 6))
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_short_runs(schedule: str, total: int) -> None:
    config = replace(AUGMENTED, epochs=1, batch_size=10, train_size=10 * total, schedule=schedule)
    training, results = run(config)
    assert [type(result) for result in results] == [StepResult] * total + [EpochResult] and training.done
    assert all(0 <= result.lr <= config.lr for result in results) and results[-1].lr == results[-2].lr


# Early stopping

NOISE = Splits(
    *[ImageSet(*noise(count), name) for name, count in (("train", 40), ("validation", 30), ("test", 10))]
)
RESTLESS = TrainConfig(
    epochs=14, batch_size=20, lr=0.01, flip=True, network="MaxPool2d(4),Flatten(),Dropout(0.2),Linear(192,10)"
)


def scores(results: list[StepResult | EpochResult]) -> list[float]:
    return [result.validation_accuracy for result in results if isinstance(result, EpochResult)]


def expected_end(accuracies: list[float], patience: int) -> int:
    """The epoch after which a run with these accuracies ends, by the rule in its plainest form."""
    for epoch in range(1, len(accuracies) + 1):
        if epoch > patience and max(accuracies[:epoch]) == max(accuracies[: epoch - patience]):
            return epoch
    return len(accuracies)


@pytest.mark.parametrize("patience", [1, 2, 3, 5, 1000])
def test_stops_after_so_many_epochs_without_a_better_one(patience: int) -> None:
    _, whole = run(RESTLESS, NOISE)
    training, results = run(replace(RESTLESS, patience=patience), NOISE)
    end = expected_end(scores(whole), patience)
    assert end < 14 or patience > 3  # or this would show nothing
    assert results == whole[: 3 * end]  # two steps and an epoch each, and the same numbers
    assert training.done and training.stopped_early == (end < 14)
    assert training.best_epoch == 1 + scores(results).index(max(scores(results)))


def test_without_patience_nothing_changes() -> None:
    plain, _ = run(RESTLESS, NOISE)
    patient, _ = run(replace(RESTLESS, patience=1000), NOISE)
    assert not plain.stopped_early and same(plain.model.state_dict(), patient.model.state_dict())
    assert "patience" not in RESTLESS.to_json()


@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5, 8])
def test_a_wait_goes_on_where_it_was_interrupted(stop: int, tmp_path: Path) -> None:
    config = replace(RESTLESS, patience=2)
    whole, results = run(config, NOISE)
    first, path = Training(config, NOISE), tmp_path / "run.pt"
    for _ in range(min(stop, len(results))):
        first.judge() if first.epoch_ended else first.step()
    checkpoints.save(path, config, first.state(), "sketches")
    resumed = Training(config, NOISE, checkpoints.load(path).state)
    assert list(resumed) == results[stop:] and resumed.best_epoch == whole.best_epoch
    assert resumed.stopped_early and same(resumed.model.state_dict(), whole.model.state_dict())
    again = Training(config, NOISE, resumed.state())
    assert again.done and list(again) == []  # one that has ended isn't trained on


def test_a_checkpoint_of_an_earlier_version_begins_to_wait_anew(tmp_path: Path) -> None:
    config, path = replace(RESTLESS, patience=2), tmp_path / "run.pt"
    training = Training(RESTLESS, NOISE)
    for _ in range(9):
        training.judge() if training.epoch_ended else training.step()
    old = {key: value for key, value in vars(training.state()).items() if not key.startswith("best_")}
    buffer = io.BytesIO()
    torch.save({"format": 1, "config": RESTLESS.to_json(), "data_set": "sketches", "state": old}, buffer)
    files.write_with_digest(path, buffer.getvalue())
    resumed = Training(config, NOISE, checkpoints.load(path).state)
    assert not resumed.done and resumed.best_epoch == resumed.epochs_judged == 3
    after = scores(list(resumed))
    assert len(after) == expected_end([-1.0, *after], 2) - 1
