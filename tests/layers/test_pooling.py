"""core.layers.pooling: windows, winners and gradients against torch."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from core.errors import InputError
from core.layers.pooling import (
    KINDS,
    Kind,
    Pooling,
    corner_of_a_constant,
    gradient_back,
    tied_windows,
    window,
    winners,
)

POOLINGS = st.builds(Pooling, st.sampled_from(KINDS), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    pooling=POOLINGS,
    height=st.integers(6, 14),
    width=st.integers(6, 14),
    levels=st.sampled_from([3, 10**6]),
    seed=st.integers(0, 999),
)
def test_every_window_is_what_torch_pools(
    pooling: Pooling, height: int, width: int, levels: int, seed: int
) -> None:
    assume(2 * pooling.padding <= pooling.kernel_size)
    x = torch.randint(-levels, levels, (height, width), generator=torch.Generator().manual_seed(seed)).float()
    layer = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[pooling.kind](
        pooling.kernel_size, pooling.stride, pooling.padding
    )
    output = layer(x[None, None])[0, 0]
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            cell = window(x, pooling, row, column)
            real = cell.values[~cell.values.isnan()]
            assert cell.total == float(output[row, column])
            if pooling.kind == "average":
                assert cell.winner is None and cell.total == pytest.approx(
                    float(real.sum()) / pooling.kernel_size**2, rel=1e-4, abs=1e-3
                )
            else:
                assert cell.winner is not None
                assert float(real.max()) == cell.total == float(x[cell.winner])
                assert cell.winner[0] in cell.rows and cell.winner[1] in cell.columns
                assert cell.ties == int((real == real.max()).sum())
    with pytest.raises(InputError):
        window(x, pooling, output.shape[0], 0)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(pooling=POOLINGS, levels=st.sampled_from([2, 10**6]), seed=st.integers(0, 999))
def test_the_gradient_goes_to_one_winner_or_to_all_alike(pooling: Pooling, levels: int, seed: int) -> None:
    assume(2 * pooling.padding <= pooling.kernel_size)
    x = torch.randint(-levels, levels, (9, 11), generator=torch.Generator().manual_seed(seed)).float()
    cells = pooling(x[None])[0].shape
    whole = torch.zeros_like(x)
    for row in range(cells[0]):
        for column in range(cells[1]):
            cell, back = window(x, pooling, row, column), gradient_back(x, pooling, (row, column))
            expected = torch.zeros_like(x)
            for place in cell.rows:
                for other in cell.columns:
                    if pooling.kind == "average" and 0 <= place < 9 and 0 <= other < 11:
                        expected[place, other] = 1 / pooling.kernel_size**2
            if cell.winner is not None:
                expected[cell.winner] = 1
            assert torch.allclose(back, expected)
            whole += back
    assert torch.allclose(gradient_back(x, pooling), whole, atol=1e-5)


def test_of_equal_elements_one_gets_it_all() -> None:
    x = torch.zeros(4, 4)
    assert gradient_back(x, Pooling()).sum() == 4
    assert sorted(gradient_back(x, Pooling()).unique().tolist()) == [0, 1]
    assert tied_windows(x, Pooling()) == 4
    assert tied_windows(torch.arange(16.0).view(4, 4), Pooling()) == 0
    assert window(x, Pooling(), 0, 0).ties == 4
    assert winners(torch.arange(16.0).view(4, 4), Pooling()).tolist() == [[5, 7], [13, 15]]


def test_max_pooling_pads_with_minus_infinity() -> None:
    assert corner_of_a_constant(Pooling("max", 2, 2, 1)) == -5
    assert corner_of_a_constant(Pooling("average", 2, 2, 1)) == -1.25
    assert corner_of_a_constant(Pooling("average", 2, 2, 0)) == -5
    values = window(torch.full((4, 4), -5.0), Pooling("max", 2, 2, 1), 0, 0).values
    assert [math.isnan(value) for value in values.flatten().tolist()] == [True, True, True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_an_impossible_padding_is_torchs_own_error(kind: Kind) -> None:
    with pytest.raises(RuntimeError, match="pad should be at most half"):
        Pooling(kind, 2, 2, 3)(torch.zeros(1, 8, 8))


def test_ties_are_counted_as_unfolded_windows_show_them() -> None:
    x = F.relu(torch.randn(12, 12, generator=torch.Generator().manual_seed(3))).round()
    pooling = Pooling("max", 3, 2, 1)
    cells = pooling(x[None])[0].shape
    assert (
        tied_windows(x, pooling)
        == sum(window(x, pooling, r, c).ties > 1 for r in range(cells[0]) for c in range(cells[1]))
        > 0
    )
