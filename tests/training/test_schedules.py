"""core.training.schedules: closed forms and torch's own schedulers."""

import math

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from core.training import schedules

LR = 0.08


def rates(name: str, total: int) -> list[float]:
    """The learning rate of each of `total` steps."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    schedule = schedules.build(name, optimizer, LR, total)
    found = []
    for step in range(total):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if step + 1 < total:
            schedule.step()
    return found


@pytest.mark.parametrize("total", [1, 2, 7, 100])
def test_constant(total: int) -> None:
    assert rates("constant", total) == [LR] * total


@pytest.mark.parametrize("total", [4, 10, 100])
def test_step_falls_to_a_tenth_at_half_and_again_at_three_quarters(total: int) -> None:
    expected = [LR * 0.1 ** ((step >= total // 2) + (step >= total * 3 // 4)) for step in range(total)]
    assert rates("step", total) == pytest.approx(expected)


@pytest.mark.parametrize("total", [1, 2, 7, 100])
def test_cosine(total: int) -> None:
    expected = [LR * (1 + math.cos(math.pi * step / total)) / 2 for step in range(total)]
    assert rates("cosine", total) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("total", [10, 50, 100])
def test_one_cycle(total: int) -> None:
    """Smith's policy as in torch: a cosine from lr / 25 up to lr at 30%, then one down to lr / 250,000."""
    peak = 0.3 * total - 1

    def bent(start: float, end: float, share: float) -> float:
        return end + (start - end) * (1 + math.cos(math.pi * share)) / 2

    expected = [
        bent(LR / 25, LR, step / peak)
        if step <= peak
        else bent(LR, LR / 25e4, (step - peak) / (total - 1 - peak))
        for step in range(total)
    ]
    assert rates("one-cycle", total) == pytest.approx(expected, rel=1e-6)
    assert max(rates("one-cycle", total)) == pytest.approx(LR)


def test_one_cycle_is_torchs() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    assert type(schedules.build("one-cycle", optimizer, LR, 4)) is OneCycleLR


@pytest.mark.parametrize("total", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", ["constant", "step", "cosine", "one-cycle"])
def test_short_runs_never_exceed_lr_and_have_a_step_that_learns(name: str, total: int) -> None:
    found = rates(name, total)
    assert (
        len(found) == total and all(0 <= rate <= LR * (1 + 1e-9) for rate in found) and max(found) > LR / 30
    )


def test_momentum_is_left_alone() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR, momentum=0.9)
    schedule = schedules.build("one-cycle", optimizer, LR, 10)
    for _ in range(9):
        optimizer.step()
        schedule.step()
        assert optimizer.param_groups[0]["momentum"] == 0.9
