"""core.inside.filters: colours around grey, histograms around zero, against torch."""

import pytest
import torch

from core.inside.filters import (
    BINS,
    activation_spreads,
    colour_images,
    seen_in_colour,
    spread,
    weight_spreads,
)
from core.inside.forward_pass import forward_pass
from core.inside.stages import stages
from core.lenet import LeNet
from core.training.network import fresh


def test_grey_is_zero_and_each_filter_has_its_own_scale() -> None:
    weight = torch.zeros(3, 3, 5, 5)
    weight[0, 0, 0, 0], weight[0, 1, 0, 0], weight[1, 2, 4, 4] = 0.5, -0.25, -0.001
    images = colour_images(weight)
    assert images.dtype == torch.uint8 and images.shape == weight.shape
    assert (images[0, 0, 0, 0], images[0, 1, 0, 0], images[1, 2, 4, 4]) == (255, 64, 0)
    assert set(images[2].unique().tolist()) == {128}


def test_a_linear_layer_on_the_image_is_a_picture_for_each_unit() -> None:
    linear = "Flatten(),Linear(3072,10)"
    model = fresh(linear, 0)
    seen = seen_in_colour(model, stages(linear))
    assert seen is not None and seen[0].name == "logits" and seen[1].shape == (10, 3, 32, 32)
    x = torch.randn(1, 3, 32, 32)
    bias = model.get_parameter("fc1.bias")
    torch.testing.assert_close((seen[1] * x).sum((1, 2, 3)) + bias, model(x)[0])
    lenet = LeNet()
    kernels = seen_in_colour(lenet, stages(""))
    assert kernels is not None and torch.equal(kernels[1], lenet.conv1.weight)


@pytest.mark.parametrize(
    "network",
    [
        "AvgPool2d(2),Flatten(),Linear(768,10)",
        "Conv2d(3,6,1,groups=3),Flatten(),Linear(6144,10)",
        "Linear(32,1),Flatten(),Linear(96,10)",
    ],
)
def test_other_first_layers_are_no_pictures_in_colour(network: str) -> None:
    assert seen_in_colour(fresh(network, 0), stages(network)) is None


def test_a_spread_is_that_of_torch() -> None:
    values = torch.randn(5000, generator=torch.Generator().manual_seed(0))
    found = spread(values)
    assert found.counts.sum() == found.count == 5000 and len(found.middles) == BINS
    assert (
        abs(found.mean - float(values.mean())) < 1e-6
        and abs(found.std - float(values.std(unbiased=False))) < 1e-6
    )
    assert found.low == -found.high and abs(found.high - float(values.abs().max())) < 1e-6
    assert abs(float(found.counts[BINS // 2 :].sum()) / 5000 - found.positive) < 1e-9


def test_nothing_but_zeros_has_a_spread() -> None:
    assert (spread(torch.zeros(4)).positive, spread(torch.zeros(4)).high, spread(torch.zeros(4)).std) == (
        0.0,
        1.0,
        0.0,
    )


def test_every_layer_has_one() -> None:
    model = LeNet()
    counts = {name: layer.count for name, layer in weight_spreads(model, stages("")).items()}
    assert sum(counts.values()) == 62_006 - sum(
        p.numel() for name, p in model.named_parameters() if "bias" in name
    )
    passed = forward_pass(model, torch.randn(2, 3, 32, 32))
    assert {name: layer.count for name, layer in activation_spreads(passed, stages("")).items()}[
        "conv1"
    ] == 2 * 6 * 28 * 28
