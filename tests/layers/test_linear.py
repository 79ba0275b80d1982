"""core.layers.linear: flatten's order, one unit as a sum, and the convolution that a linear layer equals."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core.layers.linear import as_convolution, compare, flat_index, place, unit_terms

SHAPES = st.tuples(st.integers(1, 16), st.integers(1, 6), st.integers(1, 6))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SHAPES)
def test_flatten_counts_map_by_map_and_row_by_row(shape: tuple[int, int, int]) -> None:
    x = torch.randn(shape)
    flat = x.flatten()
    for index in range(len(flat)):
        where = place(index, shape)
        assert flat_index(*where, shape) == index
        assert flat[index] == x[where]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SHAPES, st.integers(1, 20), st.integers(0, 999))
def test_a_linear_layer_is_a_sum_and_a_convolution(
    shape: tuple[int, int, int], outputs: int, seed: int
) -> None:
    torch.manual_seed(seed)
    maps, linear = torch.randn(2, *shape), nn.Linear(shape[0] * shape[1] * shape[2], outputs)
    output = linear(maps.flatten(1))
    for unit in {0, outputs - 1}:
        terms = unit_terms(maps[1], linear, unit)
        assert terms.products.shape == shape and len(terms.sums) == shape[0]
        assert terms.total == pytest.approx(float(output[1, unit].detach()), abs=1e-5)
    assert torch.allclose(as_convolution(linear, shape)(maps).flatten(1), output, atol=1e-5)
    result = compare(maps, linear)
    assert result.linear_shape == (2, outputs) and result.convolution_shape == (2, outputs, 1, 1)
    assert result.close and result.difference < 1e-4 and result.difference_double < 1e-12
    assert result.equal == (result.difference == 0)


def test_the_comparison_notices_a_difference() -> None:
    linear = nn.Linear(18, 4)
    wrong = as_convolution(linear, (2, 3, 3))
    with torch.no_grad():
        wrong.weight[0, 0, 0, 0] += 1
    assert not torch.allclose(wrong(torch.ones(1, 2, 3, 3)).flatten(1), linear(torch.ones(1, 18)))
