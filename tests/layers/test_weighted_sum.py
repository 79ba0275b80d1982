"""The place of the strongest number, which the layer lab opens first."""

import torch

from core.layers.weighted_sum import strongest


def test_the_strongest_is_furthest_from_zero() -> None:
    values = torch.tensor([[1.0, -7.0, 2.0], [0.0, 6.0, 3.0]])
    assert strongest(values) == (0, 1)
    assert strongest(values.abs().expand(4, 2, 3)) == (0, 0, 1)


def test_of_equal_numbers_the_first_is_taken() -> None:
    assert strongest(torch.tensor([[0.0, 5.0], [-5.0, 5.0]])) == (0, 1)
    assert strongest(torch.zeros(30, 30)) == (0, 0)
