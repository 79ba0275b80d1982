"""core.losses.objective: the penalty, where it acts, and the model left alone."""

import pytest
import torch
import torch.nn.functional as F

from core.lenet import LeNet
from core.losses.objective import LR, objective


@pytest.fixture(scope="module")
def batch() -> tuple[LeNet, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    return (
        LeNet(),
        torch.randn(16, 3, 32, 32, generator=generator),
        torch.randint(10, (16,), generator=generator),
    )


def test_parts(batch: tuple[LeNet, torch.Tensor, torch.Tensor]) -> None:
    model, x, labels = batch
    result = objective(model, x, labels, 0.01)
    assert result.losses.shape == (16,)
    assert result.cost == pytest.approx(F.cross_entropy(model(x), labels).item())
    squares = sum(parameter.detach().double().square().sum().item() for parameter in model.parameters())
    assert result.penalty == pytest.approx(0.005 * squares, rel=1e-5)
    assert result.total == result.cost + result.penalty


def test_weight_decay_of_sgd_is_the_gradient_of_the_penalty_and_that_of_adamw_is_not(
    batch: tuple[LeNet, torch.Tensor, torch.Tensor],
) -> None:
    for decay in (0.005, 0.05):
        result = objective(*batch, decay)
        assert result.largest_step > 1e-4
        assert result.step_difference < 1e-4 * result.largest_step
        assert result.adamw_difference > 0.5 * LR


def test_without_weight_decay_nothing_differs(batch: tuple[LeNet, torch.Tensor, torch.Tensor]) -> None:
    result = objective(*batch, 0.0)
    assert (result.penalty, result.step_difference, result.adamw_difference) == (0.0, 0.0, 0.0)


def test_the_model_stays_as_it_is(batch: tuple[LeNet, torch.Tensor, torch.Tensor]) -> None:
    before = {name: tensor.clone() for name, tensor in batch[0].state_dict().items()}
    objective(*batch, 0.05)
    assert all(torch.equal(before[name], tensor) for name, tensor in batch[0].state_dict().items())
    assert all(parameter.grad is None for parameter in batch[0].parameters())
