"""core.losses.cross_entropy against the formulas and against F.cross_entropy itself."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.losses.cross_entropy import cross_entropy, descend, minus_log, reduced, softmax_terms

LOGITS = st.lists(st.floats(-50, 50, width=32), min_size=10, max_size=10)
TARGET = st.integers(0, 9)
TEMPERATURE = st.floats(0.1, 10)
SMOOTHING = st.floats(0, 0.9)
quietly = settings(derandomize=True, database=None, deadline=None, max_examples=150)


@quietly
@given(LOGITS, TARGET, TEMPERATURE, SMOOTHING)
def test_the_gradient_is_softmax_minus_wanted_over_t(
    z: list[float], target: int, temperature: float, smoothing: float
) -> None:
    result = cross_entropy(z, target, temperature, smoothing)
    exact = torch.softmax(
        torch.tensor(z, dtype=torch.float64) / temperature, dim=0
    )  # the formula, in double precision
    wanted = smoothing / 10 + (1 - smoothing) * F.one_hot(torch.tensor(target), 10)
    torch.testing.assert_close(
        result.gradient.double(), (exact - wanted) / temperature, rtol=1e-4, atol=2e-5 / temperature
    )
    torch.testing.assert_close(result.probabilities.double(), exact, rtol=2e-4, atol=1e-6)
    assert result.wanted.sum().item() == pytest.approx(1, abs=1e-5)
    assert result.gradient.sum().item() == pytest.approx(0, abs=1e-5 / temperature)


@quietly
@given(LOGITS, TARGET, TEMPERATURE, SMOOTHING)
def test_the_loss_is_the_mean_of_minus_log_p_weighted_by_what_is_wanted(
    z: list[float], target: int, temperature: float, smoothing: float
) -> None:
    result = cross_entropy(z, target, temperature, smoothing)
    logs = torch.log_softmax(torch.tensor(z, dtype=torch.float64) / temperature, dim=0)
    assert result.loss == pytest.approx(-(result.wanted.double() * logs).sum().item(), rel=1e-4, abs=1e-4)
    assert math.isfinite(result.loss)
    assert result.gradient.isfinite().all()


@quietly
@given(LOGITS, TARGET)
def test_the_gradient_is_that_of_a_linear_step(z: list[float], target: int) -> None:
    """Compare with finite differences in double precision, without autograd."""
    exact = torch.tensor(z, dtype=torch.float64)
    h = 1e-4
    moved = exact + h * torch.eye(10, dtype=torch.float64)
    back = exact - h * torch.eye(10, dtype=torch.float64)
    targets = torch.full((10,), target)
    slope = (
        F.cross_entropy(moved, targets, reduction="none") - F.cross_entropy(back, targets, reduction="none")
    ) / (2 * h)
    torch.testing.assert_close(cross_entropy(z, target).gradient.double(), slope, rtol=1e-3, atol=1e-5)


def test_a_network_that_knows_nothing_starts_at_ln_10() -> None:
    result = cross_entropy([0.0] * 10, 3)
    assert result.loss == pytest.approx(math.log(10), abs=1e-6)
    assert result.gradient.tolist() == pytest.approx([0.1] * 3 + [-0.9] + [0.1] * 6)
    assert result.p == pytest.approx(0.1)


def test_logits_far_apart_have_a_finite_loss_where_log_of_softmax_has_none() -> None:
    logits = [60.0, -60.0] + [0.0] * 8
    result = cross_entropy(logits, 1)
    assert result.loss == 120.0
    assert result.naive == math.inf
    assert result.p == 0
    z = torch.tensor(logits, requires_grad=True)
    (-torch.log(torch.softmax(z, dim=0))[1]).backward()
    assert z.grad is not None
    assert z.grad.isnan().any()  # as the page says
    assert cross_entropy([50.0, -50.0] + [0.0] * 8, 1).loss == 100.0


def test_a_step_downhill_is_sgd_and_lowers_the_loss() -> None:
    z = [-1.2, -0.8, 0.6, 2.1, 0.3, 2.6, 0.4, -0.2, -1.5, -1.0]
    before = cross_entropy(z, 3, 2.0, 0.1)
    after = descend(z, 3, 2.0, 0.1, lr=0.5)
    assert after == pytest.approx((before.logits - 0.5 * before.gradient).tolist())
    assert cross_entropy(after, 3, 2.0, 0.1).loss < before.loss


def test_the_curve_is_minus_log() -> None:
    curve = minus_log()
    assert curve[0][0] == pytest.approx(0.001)
    assert curve[-1] == (1.0, 0.0)
    assert all(y == pytest.approx(-math.log(p), abs=1e-5) for p, y in curve)


# A batch

ROWS = [[2.0, 0.5, -1.0], [0.0, 1.5, 0.5], [1.0, 1.0, 1.0], [3.0, -2.0, 0.0]]
TARGETS = [0, 1, 2, 1]


@pytest.mark.parametrize("weight", [[1.0, 1.0, 1.0], [1.0, 2.5, 0.5]])
def test_reductions(weight: list[float]) -> None:
    none, mean, total = (reduced(ROWS, TARGETS, reduction, weight) for reduction in ("none", "mean", "sum"))
    assert none.loss.tolist() == pytest.approx(none.losses.tolist())
    assert total.loss.item() == pytest.approx(none.loss.sum().item())
    assert mean.divisor == sum(weight[target] for target in TARGETS)
    assert mean.loss.item() == pytest.approx(total.loss.item() / mean.divisor)
    assert mean.gradient is not None
    assert total.gradient is not None
    torch.testing.assert_close(mean.gradient * mean.divisor, total.gradient)


def test_backward_of_several_losses_is_refused_in_pytorchs_words() -> None:
    result = reduced(ROWS, TARGETS, "none", [1.0, 1.0, 1.0])
    assert result.gradient is None
    assert result.backward.error == "RuntimeError: grad can be implicitly created only for scalar outputs"
    assert reduced(ROWS, TARGETS, "mean", [1.0, 1.0, 1.0]).backward.error is None


def test_a_mean_over_no_weight_is_no_number() -> None:
    assert reduced(ROWS, [0, 0, 0, 0], "mean", [0.0, 1.0, 1.0]).loss.isnan()


def test_the_powers_of_a_softmax() -> None:
    logits = torch.tensor([1000.0, 999.0, -1000.0])
    terms = softmax_terms(logits)
    torch.testing.assert_close(terms.powers / terms.total, logits.double().softmax(0))
    assert terms.powers.max() == 1 and terms.powers.dtype == torch.float64
