"""core.losses.criteria: formulas, the second softmax's bounds, and gradients that vanish or don't."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.losses.criteria import CRITERIA, HIGH, LOW, best_second_softmax, judged, sweep

quietly = settings(derandomize=True, database=None, deadline=None, max_examples=60)
LOGITS = st.lists(st.floats(-30, 30, width=32), min_size=10, max_size=10)


@pytest.mark.parametrize("name", CRITERIA)
@quietly
@given(z=LOGITS, target=st.integers(0, 9))
def test_gradients_are_those_of_finite_differences(name: str, z: list[float], target: int) -> None:
    exact, h = torch.tensor(z, dtype=torch.float64), 1e-4
    targets = torch.full((10,), target)
    step = h * torch.eye(10, dtype=torch.float64)
    slope = (CRITERIA[name](exact + step, targets) - CRITERIA[name](exact - step, targets)) / (2 * h)
    result = judged(name, torch.tensor([z]), target)
    torch.testing.assert_close(result.gradients[0].double(), slope, rtol=1e-3, atol=1e-4)
    assert result.losses.isfinite().all()


def test_each_sample_gets_pytorchs_own_loss() -> None:
    z = torch.randn(5, 10, generator=torch.Generator().manual_seed(0))
    targets, one_hot = torch.full((5,), 4), F.one_hot(torch.full((5,), 4), 10).float()
    assert judged("cross_entropy", z, 4).losses.mean().item() == pytest.approx(
        F.cross_entropy(z, targets).item()
    )
    assert judged("second_softmax", z, 4).losses.mean().item() == pytest.approx(
        F.cross_entropy(z.softmax(1), targets).item()
    )
    assert judged("mse_softmax", z, 4).losses.mean().item() == pytest.approx(
        10 * F.mse_loss(z.softmax(1), one_hot).item()
    )
    assert judged("mse_logits", z, 4).losses.mean().item() == pytest.approx(
        10 * F.mse_loss(z, one_hot).item()
    )


@quietly
@given(LOGITS, st.integers(0, 9))
def test_a_second_softmax_stays_between_its_bounds(z: list[float], target: int) -> None:
    best = best_second_softmax()
    assert best == pytest.approx(math.log(math.e + 9) - 1, abs=1e-6)
    assert round(best, 4) == 1.4612
    assert best - 1e-5 <= judged("second_softmax", torch.tensor([z]), target).losses.item() <= best + 1 + 1e-5


def test_sure_and_wrong_only_cross_entropy_pulls() -> None:
    z = torch.zeros(1, 10)
    z[0, 5] = 12.0
    pulls = {name: -judged(name, z, 3).gradients[0, 3].item() for name in CRITERIA}
    assert pulls["cross_entropy"] > 0.999
    assert 0 < pulls["mse_softmax"] < 1e-4
    assert 0 < pulls["second_softmax"] < 1e-4
    assert pulls["mse_logits"] == 2.0
    z[0, 3], z[0, 5] = 8.0, 0.0  # a very good answer, which the squared error of logits wants to undo
    assert judged("mse_logits", z, 3).gradients[0, 3].item() == 14.0


@pytest.mark.parametrize("name", CRITERIA)
def test_a_sweep_moves_one_logit(name: str) -> None:
    z = [0.5 * index for index in range(10)]
    swept = sweep(name, z, 2)
    assert (swept.x[0].item(), swept.x[-1].item()) == (LOW, HIGH)
    result = judged(name, torch.tensor([[*z[:2], swept.x[30].item(), *z[3:]]]), 2)
    assert swept.loss[30].item() == pytest.approx(result.losses.item(), rel=1e-5)
    assert swept.norm[30].item() == pytest.approx(result.norms.item(), rel=1e-4)
    assert swept.pull[30].item() == pytest.approx(-result.gradients[0, 2].item(), rel=1e-4)
