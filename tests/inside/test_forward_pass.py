"""core.inside.forward_pass against functional calls without hooks, receptive fields against autograd."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.inside.forward_pass import forward_pass, recorded
from core.inside.stages import MAPS, receptive_field
from core.lenet import LeNet


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
def test_every_stage_is_what_torch_computes_without_hooks(training: bool) -> None:
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
    assert not any(layer._forward_hooks for layer in model.modules())


def test_nothing_is_left_when_the_pass_fails() -> None:
    model = LeNet().train()
    with pytest.raises(RuntimeError):
        forward_pass(model, torch.zeros(1, 3, 28, 28))
    assert model.training and not any(layer._forward_hooks for layer in model.modules())


def test_the_one_pooling_is_called_twice() -> None:
    model = LeNet()
    with recorded(model) as calls:
        model(torch.zeros(1, 3, 32, 32))
    assert [tuple(call.output.shape[1:]) for call in calls] == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120,),
        (84,),
        (10,),
    ]


@pytest.mark.parametrize("stage", MAPS)
def test_a_unit_reads_the_pixels_that_its_field_says(stage: str) -> None:
    """Pooling passes the gradient to one element only: the union over many images is what a unit can read."""
    torch.manual_seed(0)
    model, x = LeNet(), torch.randn(400, 3, 32, 32, requires_grad=True)
    with torch.no_grad():
        for layer in (model.conv1, model.conv2):
            layer.bias.fill_(10.0)  # nothing is cut off by ReLU
    values = forward_pass(model, x)[stage]
    row, column = values.shape[2] - 1, 1
    (gradient,) = torch.autograd.grad(values[:, 0, row, column].sum(), x)
    rows, columns = (gradient.abs().sum((0, 1, axis)).nonzero().flatten() for axis in (3, 2))
    field = receptive_field(stage)
    assert (int(rows[0]), int(rows[-1])) == (row * field.step, row * field.step + field.size - 1)
    assert (int(columns[0]), int(columns[-1])) == (field.step, field.step + field.size - 1)


def test_the_last_maps_see_a_quarter_of_the_image() -> None:
    assert (receptive_field("pool2").size, receptive_field("input").size) == (16, 1)
