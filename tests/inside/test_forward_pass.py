"""core.inside.forward_pass against functional calls, and against the modules of any list of layers."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.inside.forward_pass import chain, forward_pass
from core.inside.stages import stages
from core.lenet import LeNet
from core.shapes.code import short
from core.training.network import fresh
from tests.shapes.settings import TORCH_WARNS
from tests.support.own_networks import good

pytestmark = [pytest.mark.filterwarnings(warning) for warning in TORCH_WARNS]


def by_hand(model: LeNet, x: Tensor) -> dict[str, Tensor]:
    found = {"input": x, "conv1": F.conv2d(x, model.conv1.weight, model.conv1.bias)}
    found["relu1"] = found["conv1"].clamp(min=0)
    found["pool1"] = F.max_pool2d(found["relu1"], 2)
    found["conv2"] = F.conv2d(found["pool1"], model.conv2.weight, model.conv2.bias)
    found["relu2"] = found["conv2"].clamp(min=0)
    found["pool2"] = F.max_pool2d(found["relu2"], 2)
    found["flat"] = found["pool2"].reshape(len(x), 400)
    for number, (name, before) in enumerate((("fc1", "flat"), ("fc2", "relu3")), start=3):
        layer = getattr(model, name)
        found[name] = found[before] @ layer.weight.T + layer.bias
        found[f"relu{number}"] = found[name].clamp(min=0)
    found["logits"] = found["relu4"] @ model.fc3.weight.T + model.fc3.bias
    found["softmax"] = found["logits"].exp() / found["logits"].exp().sum(1, keepdim=True)
    return found


@pytest.mark.parametrize("training", [True, False])
def test_every_stage_is_what_torch_computes_without_us(training: bool) -> None:
    torch.manual_seed(3)
    model, x = LeNet().train(training), torch.randn(7, 3, 32, 32)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    passed = forward_pass(model, x)
    for name, expected in by_hand(model, x).items():
        torch.testing.assert_close(passed[name], expected, atol=1e-6, rtol=1e-5)
    assert torch.equal(passed.logits, model(x))
    assert model.training is training and all(
        torch.equal(value, before[name]) for name, value in model.state_dict().items()
    )


def test_the_mode_is_restored_when_the_pass_fails() -> None:
    model = LeNet().train()
    with pytest.raises(RuntimeError):
        forward_pass(model, torch.zeros(1, 3, 28, 28))
    assert model.training


@pytest.mark.parametrize("seed", range(40))
def test_a_list_of_layers_is_kept_module_by_module(seed: int) -> None:
    network = short(good(seed))
    model, x = fresh(network, seed), torch.randn(3, 3, 32, 32)
    outputs: list[Tensor] = []
    for module in model.children():  # a copy: the next module may change it in place
        module.register_forward_hook(lambda module, inputs, output: outputs.append(output.clone()))
    with torch.no_grad():
        logits = model.eval()(x.clone())
        expected = [x, *outputs, logits.softmax(1)]
        passed = forward_pass(model, x)
    found = stages(network)
    assert [*chain(model)] == list(found)[1:-1] and torch.equal(passed.logits, logits)
    for stage, value in zip(found.values(), expected, strict=True):
        assert torch.equal(passed[stage.name], value) and value.shape[1:] == stage.output


def test_what_is_changed_in_place_is_kept_as_it_was() -> None:
    model = nn.Sequential()
    model.add_module("flatten1", nn.Flatten())
    model.add_module("relu1", nn.ReLU(inplace=True))
    model.add_module("fc1", nn.Linear(3072, 10))
    x = torch.randn(2, 3, 32, 32)
    passed = forward_pass(model, x.clone())
    assert torch.equal(passed["input"], x) and torch.equal(passed["flat"], x.flatten(1))
    assert torch.equal(passed["relu1"], x.flatten(1).clamp(min=0)) and list(passed.values)[-1] == "logits"
