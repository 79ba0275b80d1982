"""core.layers.activations: functions against torch.nn, slopes against textbook formulas, shares counted."""

import math

import pytest
import torch
from torch import nn

from core.layers.activations import ACTIVATIONS, SATURATED, Pieces, apply, curve, derivative

MODULES = {
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "elu": nn.ELU(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
}
Z = torch.linspace(-6, 6, 200)  # no kink among them


def slopes(name: str, z: torch.Tensor) -> torch.Tensor:
    """Slopes worked out by hand, in float64."""
    sigmoid = 1 / (1 + (-z).exp())
    normal = (-(z**2) / 2).exp() / math.sqrt(2 * math.pi)
    return {
        "sigmoid": sigmoid * (1 - sigmoid),
        "tanh": 1 - torch.tanh(z) ** 2,
        "relu": (z > 0).double(),
        "leaky_relu": torch.where(z > 0, 1.0, 0.01).double(),
        "elu": torch.where(z > 0, 1.0, z.exp()),
        "gelu": 0.5 * (1 + torch.erf(z / math.sqrt(2))) + z * normal,
        "silu": sigmoid * (1 + z * (1 - sigmoid)),
    }[name]


def test_the_table_is_whole() -> None:
    assert set(ACTIVATIONS) == {*MODULES, "maxout"}
    for row in ACTIVATIONS.values():
        assert row.name and row.formula and row.source and "z" in row.call


@pytest.mark.parametrize("name", MODULES)
def test_functions_and_slopes(name: str) -> None:
    function = ACTIVATIONS[name].function
    assert torch.equal(function(Z), MODULES[name](Z))
    assert torch.allclose(derivative(function, Z).double(), slopes(name, Z.double()), atol=1e-5)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "maxout"])
def test_the_call_that_is_shown_is_the_one_that_runs(name: str) -> None:
    row = ACTIVATIONS[name]
    shown = eval(
        row.call, {"torch": torch, "F": nn.functional, "z": Z}
    )  # our own table, not a learner's words
    assert torch.equal(shown, row.function(Z))


def test_maxout_becomes_relu_and_the_absolute_value() -> None:
    assert torch.equal(Pieces(0, 1)(Z), torch.relu(Z))
    assert torch.equal(Pieces(-1, 1)(Z), Z.abs())
    pieces = Pieces(1.5, -0.5, 2.0)
    assert pieces(Z).tolist() == pytest.approx([max(1.5 * z, -0.5 * z + 2) for z in Z.tolist()], abs=1e-5)
    assert set(derivative(pieces, Z).tolist()) == {1.5, -0.5}


def test_shares_are_counted() -> None:
    before = torch.tensor([[-3.0, -0.5], [0.0, 2.0]])
    effect = apply(ACTIVATIONS["relu"].function, before)
    assert (effect.negative, effect.dead, effect.saturated) == (0.5, 0.75, 0.75)
    effect = apply(ACTIVATIONS["leaky_relu"].function, before)
    assert (effect.dead, effect.saturated) == (0.25, 0.0)
    effect = apply(ACTIVATIONS["sigmoid"].function, torch.tensor([-10.0, -1.0, 1.0, 10.0]))
    assert (effect.dead, effect.saturated) == (0.0, 0.5)
    assert SATURATED == 0.005


def test_a_dead_relu_gets_no_gradient() -> None:
    effect = apply(ACTIVATIONS["relu"].function, torch.rand(28, 28) - 10)
    assert (effect.negative, effect.dead, effect.saturated) == (1, 1, 1)
    assert not effect.slope.any()


def test_a_curve_reaches_from_minus_six_to_six() -> None:
    drawn = curve(torch.tanh)
    assert (float(drawn.z[0]), float(drawn.z[-1]), len(drawn.z)) == (-6, 6, 241)
    assert torch.equal(drawn.value, torch.tanh(drawn.z))


def test_histograms_count_every_cell_over_one_range() -> None:
    before = torch.linspace(-3, 5, 100).view(10, 10)
    found = apply(torch.relu, before).histograms(bins=8)
    assert found.middles.tolist() == pytest.approx([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5])
    assert found.before.sum() == found.after.sum() == 100
    assert (
        found.after[:3].sum() == 0 and found.after[3] == found.before[:4].sum()
    )  # what was negative lies at 0 now
    assert found.after[4:].tolist() == found.before[4:].tolist()


def test_histograms_of_equal_values() -> None:
    found = apply(torch.relu, torch.zeros(3, 3)).histograms(bins=4)
    assert found.before.tolist() == found.after.tolist() and found.before.sum() == 9
