"""core.losses.squared_error: reductions, gradient, and the broadcast that PyTorch only warns of."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.losses.squared_error import broadcast, squared_error

NUMBERS = st.integers(1, 8).flatmap(
    lambda n: st.tuples(*[st.lists(st.floats(-20, 20, width=32), min_size=n, max_size=n)] * 2)
)


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(NUMBERS)
def test_reductions_and_gradient(pair: tuple[list[float], list[float]]) -> None:
    predictions, targets = pair
    result, n = squared_error(predictions, targets), len(targets)
    error = torch.tensor(predictions, dtype=torch.float64) - torch.tensor(targets, dtype=torch.float64)
    torch.testing.assert_close(result.squares.double(), error**2, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(result.gradient.double(), 2 * error / n, rtol=1e-4, atol=1e-4)
    assert result.sum == pytest.approx(result.squares.sum().item(), rel=1e-5)
    assert result.mean == pytest.approx(result.sum / n, rel=1e-5)


def test_as_many_targets_as_predictions() -> None:
    with pytest.raises(ValueError, match="2 predictions, 1 targets"):
        squared_error([1, 2], [1])


def test_a_column_against_a_row_compares_everything() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PyTorch's warning is caught there, and leaks nowhere
        result = broadcast([1, 2, 3, 4], [1, 2, 3, 4])
    assert (result.loss, result.meant) == (2.5, 0.0)
    assert result.squares.shape == (4, 4)
    assert result.squares.diagonal().tolist() == [0.0] * 4
    assert result.warning.startswith(
        "Using a target size (torch.Size([4])) that is different to the input size (torch.Size([4, 1]))"
    )
    assert broadcast([3], [1]).loss == broadcast([3], [1]).meant == 4.0
