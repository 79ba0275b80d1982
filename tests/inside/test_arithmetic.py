"""core.inside.arithmetic: the parts of a unit add up to what torch computed."""

import random
from collections import Counter

import pytest
import torch
from torch import nn

from core.inside.arithmetic import connected, convolved, normalised, pooled
from core.inside.forward_pass import chain, forward_pass
from core.inside.stages import Stage, Stages, Unit, stages
from core.shapes.code import short
from core.training.network import fresh
from tests.shapes.settings import TORCH_WARNS
from tests.support.own_networks import good

pytestmark = [pytest.mark.filterwarnings(warning) for warning in TORCH_WARNS]
# Beside the random ones: each setting of a window.
WINDOWS = [
    "Conv2d(3,4,3,padding=1),Flatten(),Linear(4096,10)",
    "Conv2d(3,6,(3,5),stride=(2,1),padding=(0,3),dilation=(2,1),groups=3,bias=False),Flatten(),Linear(2856,10)",
    "Conv2d(3,4,4,padding='same',padding_mode='circular'),Flatten(),Linear(4096,10)",
    "Conv2d(3,4,3,padding=2,padding_mode='reflect'),Flatten(),Linear(4624,10)",
    "MaxPool2d(3,stride=2,padding=1,dilation=2,ceil_mode=True),Flatten(),Linear(768,10)",
    "AvgPool2d(3,stride=2,padding=1,ceil_mode=True),Flatten(),Linear(867,10)",
    "AvgPool2d(3,stride=2,padding=1,count_include_pad=False),Flatten(),Linear(768,10)",
    "AvgPool2d(2,divisor_override=3),Flatten(),Linear(768,10)",
    "AdaptiveAvgPool2d((5,7)),Flatten(),Linear(105,10)",
    "AdaptiveMaxPool2d(6),Flatten(),Linear(108,10)",
    "Linear(32,5),Flatten(),Linear(480,10)",
    "BatchNorm2d(3,affine=False),Flatten(2),BatchNorm1d(3),Flatten(),Linear(3072,10)",
]


def trained(network: str, seed: int) -> nn.Module:
    """The network with statistics as after some training."""
    model = fresh(network, seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    return model


def total(found: Stages, stage: Stage, module: nn.Module, x: torch.Tensor, unit: Unit) -> float | None:
    """The unit's value from its parts; None for a kind without arithmetic."""
    index = stage.index(unit)
    if isinstance(module, nn.Conv2d):
        return convolved(module, stage, x, unit).total
    if isinstance(module, nn.Linear):
        return connected(module, found, stage, x[0], index).total
    if stage.kind == "pooling":
        return pooled(module, stage, x[0, unit.channel], unit).total
    if stage.function.startswith("BatchNorm"):
        channel = index * stage.output[0] // stage.count
        return normalised(module, channel)(float(x.flatten()[index]))
    return float(x.flatten()[index]) if stage.kind == "flatten" else None


def checked(network: str, seed: int) -> Counter[str]:
    """Compare three units of each stage with torch; counts the kinds."""
    draw, found, model = random.Random(seed), stages(network), trained(network, seed)
    modules, counts = chain(model), Counter[str]()
    with torch.no_grad():
        passed = forward_pass(model, torch.randn(1, 3, 32, 32))
    for stage in list(found.values())[1:-1]:
        for index in (0, draw.randrange(stage.count), stage.count - 1):
            unit = stage.unit(index)
            expected = passed[stage.name][0].flatten()[index]
            value = total(found, stage, modules[stage.name], passed[stage.reads], unit)
            if value is not None and expected.isfinite():
                torch.testing.assert_close(torch.tensor(value), expected, atol=1e-4, rtol=1e-4)
                counts[stage.kind] += 1
    return counts


@pytest.mark.parametrize("seed", range(60))
def test_a_unit_of_any_list_adds_up(seed: int) -> None:
    assert checked(short(good(seed)), seed)["linear"] >= 3


@pytest.mark.parametrize("network", WINDOWS)
@pytest.mark.parametrize("seed", range(3))
def test_every_setting_of_a_window(network: str, seed: int) -> None:
    assert sum(checked(network, seed).values()) >= 9


def test_the_winner_of_a_window_and_what_ties_with_it() -> None:
    found = stages("MaxPool2d(3,stride=2,padding=1),Flatten(),Linear(768,10)")
    x = torch.zeros(32, 32)
    x[0, 1] = x[1, 0] = 2.0
    window = pooled(nn.MaxPool2d(3, 2, 1), found["pool1"], x, Unit("pool1", 0, 0, 0))
    assert (window.winner, window.ties, window.total) == ((0, 1), 2, 2.0)
    assert window.values.isnan().sum() == 5 and (window.top, window.left) == (-1, -1)


def test_what_a_linear_layer_reads_has_the_shape_of_its_maps() -> None:
    found = stages("")
    layer = nn.Linear(400, 120)
    terms = connected(layer, found, found["fc1"], torch.arange(400.0), 7)
    assert terms.inputs.shape == (16, 5, 5) and torch.equal(terms.weights.flatten(), layer.weight[7])
    assert connected(nn.Linear(120, 84), found, found["fc2"], torch.ones(120), 0).inputs.shape == (1, 1, 120)
