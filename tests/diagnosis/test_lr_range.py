"""core.diagnosis.lr_range: made-up curves with known ranges, torch's steps by hand, and real trainings."""

import math
from collections.abc import Generator, Sequence
from dataclasses import asdict, replace
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from core.diagnosis.lr_range import (
    HIGH,
    LOW,
    STEPS,
    RangeTest,
    WorkingRange,
    for_test,
    lr_at,
    range_test,
    require_short,
    smoothed_with,
    working_range,
)
from core.errors import InputError
from core.optimizers import OPTIMIZERS
from core.progress import Progress
from core.training.config import TrainConfig, recipe
from core.training.loop import EpochResult, StepResult
from core.training.run import Training, fit
from tests.support.sample_data import made_splits

SPLITS = made_splits(train=300, validation=60)
FAST = recipe("fast", batch_size=20, seed=3)
TINY = replace(FAST, network="Flatten(),Linear(3072,16),ReLU(),Dropout(0.2),Linear(16,10)")
PLAIN = replace(FAST, network="Flatten(),Linear(3072,16),ReLU(),Linear(16,10)")
LRS = [lr_at(step) for step in range(STEPS)]


@cache
def of_fast() -> RangeTest:
    return finished(FAST)[0]


def finished(config: TrainConfig) -> tuple[RangeTest, list[Progress]]:
    return drained(range_test(config, SPLITS))


def drained(work: Generator[Progress, None, RangeTest]) -> tuple[RangeTest, list[Progress]]:
    progress = []
    while True:
        try:
            progress.append(next(work))
        except StopIteration as stop:
            return stop.value, progress


def found_on(losses: Sequence[float]) -> WorkingRange | None:
    return working_range(LRS[: len(losses)], losses, losses)


# Known curves


def test_the_learning_rate_rises_by_the_same_factor_from_end_to_end() -> None:
    assert LRS[0] == LOW and math.isclose(LRS[-1], HIGH)
    factors = {round(after / before, 9) for before, after in pairwise(LRS)}
    assert len(factors) == 1
    for kind in OPTIMIZERS.values():
        assert LOW < kind.lr < HIGH


def test_the_range_begins_after_a_tenth_of_the_fall_and_ends_at_the_lowest_loss() -> None:
    flat, fall, rise = [2.3] * 100, [2.3 - 0.01 * n for n in range(1, 101)], [1.3 + 0.1 * n for n in range(9)]
    found = found_on([*flat, *fall, *rise])
    # The fall is 1.0; after ten of its steps the loss is 2.2, a tenth of the way down.
    assert found is not None and found.low in (LRS[109], LRS[110]) and found.high == LRS[199]
    assert found.suggested == float(f"{LRS[199] / 5:.2g}")


def test_a_dip_before_the_fall_does_not_begin_the_range() -> None:
    found = found_on([*[2.3] * 50, *[2.0] * 5, *[2.3] * 45, *[2.3 - 0.02 * n for n in range(51)]])
    assert found is not None and found.low > LRS[99] and found.high == LRS[150]


def test_a_loss_that_falls_from_the_first_step() -> None:
    found = found_on([10 - 0.02 * n for n in range(STEPS)])
    assert found is not None and found.high == LRS[-1]


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [2.3] * 5,  # too few to know where it began
        [2.3] * STEPS,
        [2.3 + 0.01 * n for n in range(STEPS)],
        [2.303, 2.297] * 200,
        [2.3] * 200 + [2.26] * 200,  # less than 2%
        [3.0, 2.0] * 5 + [2.1] * 100,  # less than the batches differ
    ],
)
def test_no_range_is_invented_where_nothing_falls(losses: list[float]) -> None:
    assert found_on(losses) is None


def test_the_moving_average_is_adams_without_the_square() -> None:
    """Oracle: torch's Adam keeps the same average of the gradients in exp_avg."""
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    parameter = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([parameter], betas=(0.9, 0.999))
    smoothed: list[float] = []
    for step, value in enumerate(values, start=1):
        parameter.grad = torch.tensor([value], dtype=torch.float64)
        adam.step()
        smoothed.append(smoothed_with(value, smoothed))
        assert math.isclose(smoothed[-1], float(adam.state[parameter]["exp_avg"]) / (1 - 0.9**step))
    assert smoothed[0] == values[0]


# Real runs


def test_the_steps_are_torchs() -> None:
    """Oracle: a plain loop over the same batches, the learning rate set by hand."""
    found, progress = finished(PLAIN)
    training = Training(replace(for_test(PLAIN), epochs=STEPS), SPLITS)
    optimizer = torch.optim.SGD(training.model.parameters(), LOW, 0.9, weight_decay=5e-4, nesterov=True)
    for step in range(40):
        optimizer.param_groups[0]["lr"] = found.lrs[step]
        images, labels = training.batch(*divmod(step, 15))
        loss = F.cross_entropy(training.model(images), labels)
        assert math.isclose(loss.item(), found.losses[step], rel_tol=1e-5)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert list(found.lrs) == LRS[: len(found.lrs)] and len(found.lrs) == len(found.losses)
    assert [(row.done, row.total) for row in progress[:2]] == [(1, STEPS), (2, STEPS)]
    assert all(map(math.isfinite, [*found.losses, *found.smoothed]))


def test_the_same_settings_give_the_same_curve_whatever_lr_they_had() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    changes = ({"lr": 0.1}, {"lr": 9.0, "epochs": 7, "schedule": "cosine"}, {"seed": 4})
    first, second, other = (asdict(finished(replace(TINY, **change))[0]) for change in changes)
    assert first == second != other and torch.equal(torch.get_rng_state(), before)


def test_the_suggested_lr_learns_and_ten_times_the_upper_end_does_not() -> None:
    found = of_fast()
    assert found.working is not None and found.working.low < found.working.high < 1

    def accuracy(lr: float) -> float:
        last = 0.0
        for result in fit(replace(FAST, lr=lr, schedule="constant", epochs=8), SPLITS):
            last = result.validation_accuracy if isinstance(result, EpochResult) else last
        return last

    assert accuracy(found.working.suggested) > 0.6 > 0.2 > accuracy(10 * found.working.high)


def test_a_test_that_takes_too_long_is_refused() -> None:
    wide = (
        "Conv2d(3,512,3,padding=1),ReLU(),Conv2d(512,512,3,padding=1),MaxPool2d(32),Flatten(),Linear(512,10)"
    )
    for config in (
        recipe("fast"),
        recipe("fast", batch_size=8192),
        recipe("fast", network=wide, batch_size=4),
    ):
        require_short(config, "sketches")
    with pytest.raises(InputError) as refused:
        require_short(recipe("fast", network=wide), "sketches")
    assert (
        refused.value.key == "lr_range_slow"
        and refused.value.values["most"] == 15 < refused.value.values["minutes"]
    )


def test_the_range_of_adam_begins_more_than_ten_times_lower() -> None:
    nesterov, adam = of_fast().working, finished(replace(FAST, optimizer="adam"))[0].working
    assert nesterov is not None and adam is not None and 10 * adam.low < nesterov.low


def test_it_stops_where_the_loss_explodes() -> None:
    network = "Flatten(),Linear(3072,10)"
    found, _ = finished(replace(FAST, optimizer="sgd", network=network))
    assert len(found.lrs) < STEPS and found.smoothed[-1] > 4 * min(found.smoothed) and found.working
    assert all(value <= 4 * min(found.smoothed[: n + 1]) for n, value in enumerate(found.smoothed[:-1]))


def test_a_network_whose_output_is_constant_has_no_range() -> None:
    # Softmax over one number is 1 whatever the weights are: ten logits of the same value.
    network = "Flatten(),Linear(3072,10),Unflatten(1,(10,1)),Softmax(2),Flatten()"
    found, _ = finished(replace(FAST, network=network))
    assert found.working is None and len(found.lrs) == STEPS
    assert all(math.isclose(loss, math.log(10), rel_tol=1e-5) for loss in found.losses)


def test_a_loss_that_is_not_finite_is_no_value_of_the_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Training.step

    def ill(self: Training, *, inspect: bool = False) -> StepResult:
        result = step(self, inspect=inspect)
        return replace(result, loss=math.nan, diverged=True) if result.step == 30 else result

    monkeypatch.setattr(Training, "step", ill)
    found, _ = finished(TINY)
    assert len(found.lrs) == len(found.losses) == len(found.smoothed) == 29


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"batch_size": 301}, "batch_too_large"),
        ({"batch_size": 1, "network": "Flatten(),Linear(3072,10),BatchNorm1d(10)"}, "batch_of_one"),
        ({"network": "Flatten(),Linear(3072,10),Sigmoid(),ReLU(inplace=True)"}, "network_refused"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as refused:
        finished(replace(FAST, **changes))
    assert refused.value.key == key
