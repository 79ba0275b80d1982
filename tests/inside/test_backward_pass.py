"""core.inside.backward_pass against loss.backward(); occlusion against a plain loop."""

import pytest
import torch
import torch.nn.functional as F

from core.cifar10 import MEAN, STD
from core.inside.backward_pass import (
    backward_pass,
    laid_over,
    occlusion,
    saliency,
    times_input,
)
from core.inside.stages import stages
from core.lenet import LeNet
from core.normalise import normalise
from core.shapes.code import short
from core.training.network import fresh
from tests.shapes.settings import TORCH_WARNS
from tests.support.own_networks import good
from tests.support.sample_data import noise

pytestmark = [pytest.mark.filterwarnings(warning) for warning in TORCH_WARNS]
LENET = stages("")


@pytest.mark.parametrize("of", ["loss", "logit"])
@pytest.mark.parametrize("training", [True, False])
def test_gradients_are_those_of_backward(of: str, training: bool) -> None:
    torch.manual_seed(0)
    model, x = LeNet().train(training), torch.randn(1, 3, 32, 32)
    found = backward_pass(model, LENET, x, 4, of)  # type: ignore[arg-type]
    assert x.grad is None and not x.requires_grad and model.training is training
    assert all(parameter.grad is None for parameter in model.parameters()) and not any(
        m._forward_hooks for m in model.modules()
    )

    kept = {"input": x.clone().requires_grad_()}
    kept["conv1"] = model.conv1(kept["input"])
    kept["pool1"] = F.max_pool2d(kept["conv1"].relu(), 2)
    kept["conv2"] = model.conv2(kept["pool1"])
    kept["pool2"] = F.max_pool2d(kept["conv2"].relu(), 2)
    kept["fc1"] = model.fc1(kept["pool2"].flatten(1))
    kept["fc2"] = model.fc2(kept["fc1"].relu())
    kept["logits"] = model.fc3(kept["fc2"].relu())
    for value in kept.values():
        value.retain_grad()
    value = F.cross_entropy(kept["logits"], torch.tensor([4])) if of == "loss" else kept["logits"][0, 4]
    value.backward()  # type: ignore[no-untyped-call]
    assert abs(found.value - float(value.detach())) < 1e-6
    assert found.gradients.keys() == kept.keys()
    for stage in kept:
        torch.testing.assert_close(found.gradients[stage], kept[stage].grad[0], atol=1e-6, rtol=1e-5)  # type: ignore[index]
    for name, norm in found.norms.items():
        layer = getattr(model, name)
        expected = (layer.weight.grad.square().sum() + layer.bias.grad.square().sum()).sqrt()
        assert abs(norm - float(expected)) < 1e-4 * max(1, norm)


@pytest.mark.parametrize("seed", range(30))
def test_gradients_of_any_list_are_those_of_backward(seed: int) -> None:
    network = short(good(seed))
    found, model = stages(network), fresh(network, seed)
    x = torch.randn(1, 3, 32, 32)
    gradients = backward_pass(model, found, x, 4, "loss").gradients
    values = [x.clone().requires_grad_()]
    for module in model.eval().children():
        values.append(module(values[-1].clone()))  # the clone may be changed in place
    for value in values:
        value.retain_grad()
    F.cross_entropy(values[-1], torch.tensor([4])).backward()  # type: ignore[no-untyped-call]
    kept = dict(zip(list(found)[:-1], values, strict=True))
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, kept[name].grad[0], atol=1e-6, rtol=1e-5)  # type: ignore[index]
    assert "input" in gradients and found.output.name in (*gradients, *found)
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_gradient_at_the_logits_is_softmax_minus_one_hot() -> None:
    torch.manual_seed(1)
    model, x = LeNet(), torch.randn(1, 3, 32, 32)
    gradient = backward_pass(model, LENET, x, 7, "loss").gradients["logits"]
    torch.testing.assert_close(
        gradient, model(x)[0].detach().softmax(0) - F.one_hot(torch.tensor(7), 10), atol=1e-6, rtol=1e-5
    )


def test_a_frozen_model_has_gradients_of_its_maps_all_the_same() -> None:
    model = LeNet()
    x = torch.randn(1, 3, 32, 32)
    expected = backward_pass(model, LENET, x, 0, "loss").gradients["conv1"]
    with pytest.raises(RuntimeError):
        backward_pass(model.requires_grad_(False), LENET, x, 0, "loss")
    torch.testing.assert_close(
        backward_pass(model.requires_grad_(True), LENET, x, 0, "loss").gradients["conv1"], expected
    )


def test_maps_over_the_pixels() -> None:
    gradient, x = torch.tensor([[[1.0]], [[-3.0]], [[2.0]]]), torch.tensor([[[2.0]], [[1.0]], [[0.5]]])
    assert saliency(gradient).item() == 3.0
    assert times_input(gradient, x).item() == 2.0 - 3.0 + 1.0


@pytest.mark.parametrize("size", [1, 5, 16, 32])
def test_occlusion_is_the_mean_over_the_squares_that_cover_a_pixel(size: int) -> None:
    torch.manual_seed(2)
    model, image = LeNet(), noise(1)[0]
    found = occlusion(model, image, 3, MEAN, STD, size)
    x = normalise(image, MEAN, STD)
    before = float(model(x).softmax(1)[0, 3].detach())
    for row, column in ((0, 0), (13, 20), (31, 31)):
        drops = []
        for top in range(max(0, row - size + 1), min(row, 32 - size) + 1):
            for left in range(max(0, column - size + 1), min(column, 32 - size) + 1):
                covered = x.clone()
                covered[:, :, top : top + size, left : left + size] = 0
                drops.append(before - float(model(covered).softmax(1)[0, 3].detach()))
        assert abs(float(found[row, column]) - sum(drops) / len(drops)) < 1e-6


def test_an_image_stays_bright_where_the_map_is_large() -> None:
    image = torch.full((1, 3, 1, 3), 100, dtype=torch.uint8)
    assert laid_over(image, torch.tensor([[2.0, 1.0, -5.0]]))[0, 0, 0].tolist() == [100, 60, 20]
    assert laid_over(image, torch.zeros(1, 3))[0, 0, 0].tolist() == [20, 20, 20]
