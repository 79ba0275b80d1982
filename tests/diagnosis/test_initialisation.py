"""core.diagnosis.initialisation: variances by the papers' formulas, torch's own bits, seeds."""

import math

import pytest
import torch
from torch import Tensor, nn

from core.diagnosis.initialisation import INITIALISATIONS, initialise, weighted_layers
from core.lenet import LeNet
from core.training.network import fresh

BATCH_NORM = "Conv2d(3,8,3,bias=False),BatchNorm2d(8),ReLU(),Flatten(),Linear(7200,10)"


def weights(name: str, seed: int = 0) -> dict[str, Tensor]:
    model = LeNet()
    initialise(model, name, seed)
    return {key: value.detach() for key, value in model.state_dict().items()}


def fans(weight: Tensor) -> tuple[int, int]:
    """Inputs and outputs of a unit, counted by hand."""
    field = math.prod(weight.shape[2:])
    return weight.shape[1] * field, weight.shape[0] * field


EXPECTED = {
    "zeros": lambda fan_in, fan_out: 0.0,
    "large": lambda fan_in, fan_out: 1.0,
    "default": lambda fan_in, fan_out: 1 / (3 * fan_in),
    "xavier": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "kaiming": lambda fan_in, fan_out: 2 / fan_in,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_variances_are_those_of_the_papers(name: str) -> None:
    for key, value in weights(name).items():
        if key.endswith("weight"):
            expected = EXPECTED[name](*fans(value))
            scatter = 4 * math.sqrt(2 / value.numel())  # four standard errors of a variance
            assert math.isclose(float(value.square().mean()), expected, rel_tol=scatter), key


@pytest.mark.parametrize(
    ("name", "fill"), [("kaiming", nn.init.kaiming_normal_), ("xavier", nn.init.xavier_uniform_)]
)
def test_weights_are_torchs_bit_for_bit(name: str, fill: object) -> None:
    model = LeNet()
    torch.manual_seed(7)
    for layer in (model.conv1, model.conv2, model.fc1, model.fc2, model.fc3):
        if name == "kaiming":
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        else:
            nn.init.xavier_uniform_(layer.weight)
    found = weights(name, 7)
    assert all(torch.equal(found[key], value) for key, value in model.state_dict().items() if "weight" in key)


@pytest.mark.parametrize("seed", [0, 3])
def test_the_default_is_what_a_training_begins_with(seed: int) -> None:
    found, expected = weights("default", seed), fresh("", seed).state_dict()
    assert all(torch.equal(found[key], value) for key, value in expected.items())


def test_biases_are_0_but_for_the_default() -> None:
    for name in INITIALISATIONS:
        biases = [value for key, value in weights(name).items() if key.endswith("bias")]
        assert all(bool(value.any()) == (name == "default") for value in biases) and len(biases) == 5
    assert bool((weights("constant")["fc1.weight"] == 0.005).all())


def test_the_same_seed_gives_the_same_weights_and_leaves_the_callers_state_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for name, row in INITIALISATIONS.items():
        first, second, other = weights(name, 1), weights(name, 1), weights(name, 2)
        assert all(torch.equal(first[key], second[key]) for key in first)
        assert torch.equal(first["fc1.weight"], other["fc1.weight"]) == (name in ("zeros", "constant"))
        assert row.source
    torch.manual_seed(5)
    LeNet()
    torch.set_rng_state(before)
    initialise(fresh("", 0), "large", 0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_other_layers_stay_as_they_are(name: str) -> None:
    model = fresh(BATCH_NORM, 0)
    initialise(model, name, 0)
    norm = next(layer for layer in model if isinstance(layer, nn.BatchNorm2d))  # type: ignore[union-attr]
    assert bool((norm.weight == 1).all()) and bool((norm.bias == 0).all())
    assert [layer.bias is None for layer in weighted_layers(model).values()] == [True, False]


def test_no_row_of_the_table() -> None:
    with pytest.raises(KeyError):
        initialise(LeNet(), "none", 0)
