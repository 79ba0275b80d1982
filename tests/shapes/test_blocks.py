"""The residual block: its row against the module, and the module against torchvision's of the same name."""

import inspect
import random
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet

from core.errors import InputError
from core.shapes import Layer, trace
from core.shapes.basic_block import BasicBlock
from core.shapes.code import call, from_short, short, source
from core.shapes.fix import fix
from core.shapes.network import PRESETS
from core.shapes.torch_check import judge
from core.shapes.trace import FLOAT32
from core.text import LANGUAGES

BATCH = 2
CASES = [
    (inplanes, planes, stride, size)
    for (inplanes, planes), stride, size in product(
        [(1, 1), (3, 3), (8, 8), (4, 7), (7, 4), (16, 32)], [1, 2, 3, 5], [(1, 1), (2, 9), (8, 8), (13, 6)]
    )
]
RESNET = PRESETS["resnet"].layers


def row(inplanes: int, planes: int, stride: int) -> Layer:
    return Layer("BasicBlock", {"inplanes": inplanes, "planes": planes, "stride": stride})


def torchvisions(inplanes: int, planes: int, stride: int) -> nn.Module:
    """The block as ResNet of torchvision makes it, with the shortcut that it is given there."""
    downsample = None
    if stride != 1 or inplanes != planes:
        downsample = nn.Sequential(resnet.conv1x1(inplanes, planes, stride), nn.BatchNorm2d(planes))
    return resnet.BasicBlock(inplanes, planes, stride, downsample)


def moved(module: nn.Module) -> nn.Module:
    """The module with statistics that BatchNorm doesn't start with."""
    for buffer in module.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    return module


@pytest.mark.parametrize(("inplanes", "planes", "stride", "size"), CASES)
def test_size_parameters_and_multiply_adds_are_those_of_the_module(
    inplanes: int, planes: int, stride: int, size: tuple[int, int]
) -> None:
    block = BasicBlock(inplanes, planes, stride).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = block(torch.zeros(BATCH, inplanes, *size))
    found = trace([row(inplanes, planes, stride)], (inplanes, *size))[0]
    assert found.output_shape == tuple(output.shape[1:])
    assert found.parameters == sum(weight.numel() for weight in block.parameters())
    assert found.macs * 2 * BATCH == counter.get_total_flops()


@pytest.mark.parametrize(("inplanes", "planes", "stride", "size"), CASES)
def test_the_module_is_that_of_torchvision(
    inplanes: int, planes: int, stride: int, size: tuple[int, int]
) -> None:
    ours, theirs = BasicBlock(inplanes, planes, stride), moved(torchvisions(inplanes, planes, stride))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(BATCH, inplanes, *size)
    assert torch.equal(ours.eval()(x), theirs.eval()(x))
    if size != (1, 1):  # where BatchNorm has two numbers at least
        assert torch.equal(ours.train()(x), theirs.train()(x))
        assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))


def test_the_arguments_begin_as_those_of_torchvision() -> None:
    ours = list(inspect.signature(BasicBlock).parameters.values())
    theirs = list(inspect.signature(resnet.BasicBlock).parameters.values())[: len(ours)]
    assert [(each.name, each.default) for each in ours] == [(each.name, each.default) for each in theirs]


@pytest.mark.parametrize(("planes", "stride"), [(1, 1), (2, 1), (1, 2), (2, 3)])
def test_the_receptive_field_is_where_the_gradient_is(planes: int, stride: int) -> None:
    before = Layer("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "stride": 2})
    layers = [before, row(1, planes, stride), Layer("AvgPool2d", {"kernel_size": 2})]
    modules = nn.Sequential(
        nn.Conv2d(1, 1, 3, stride=2), BasicBlock(1, planes, stride), nn.AvgPool2d(2)
    ).eval()
    for parameter in modules.parameters():
        nn.init.constant_(parameter, 0.5)
    image = torch.rand(1, 1, 90, 90, requires_grad=True)
    output = modules(image)
    output[0, 0, 2, 2].backward()
    assert image.grad is not None
    spans = [image.grad[0, 0].sum(1 - axis).nonzero() for axis in (0, 1)]
    field = tuple(int(span.max() - span.min()) + 1 for span in spans)
    assert trace(layers, (1, 90, 90))[-1].receptive_field == field


@pytest.mark.parametrize(("inplanes", "planes", "stride"), [(4, 4, 1), (4, 6, 1), (4, 4, 2)])
def test_memory_counts_every_tensor_within(inplanes: int, planes: int, stride: int) -> None:
    block = BasicBlock(inplanes, planes, stride).eval()
    bytes_: list[int] = []

    def count(module: nn.Module, given: object, output: Tensor) -> None:
        if not list(module.children()):
            bytes_.append(output.nelement() * FLOAT32)

    for module in block.modules():
        module.register_forward_hook(count)
    output = block(torch.zeros(1, inplanes, 8, 8))
    total = sum(bytes_) + output.nelement() * FLOAT32  # the sum is no module
    assert trace([row(inplanes, planes, stride)], (inplanes, 8, 8))[0].memory == total


def test_the_short_form_comes_back() -> None:
    for seed in range(200):
        draw = random.Random(seed)
        layers = (row(draw.randint(1, 900), draw.randint(1, 900), draw.choice([1, 1, 2, 3])),)
        assert from_short(short(layers)) == (layers[0].changed(),)
    assert short([row(16, 16, 1)]) == "BasicBlock(16,16)"
    assert call(row(16, 32, 2)) == "BasicBlock(16, 32, stride=2)"


def test_the_code_shown_is_the_class_that_is_trained() -> None:
    text = source(RESNET, trace(RESNET, (3, 32, 32)))
    assert text.count("class BasicBlock(nn.Module):") == 1 and inspect.getsource(BasicBlock) in text
    assert "= BasicBlock(24, 48, stride=2)" in text
    assert "class BasicBlock" not in source(RESNET[:4], trace(RESNET[:4], (3, 32, 32)))
    names: dict[str, Any] = {}
    exec(text, names)
    net = names["Net"]().eval()
    assert list(net.block2.state_dict()) == list(torchvisions(24, 48, 2).state_dict())
    assert net(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(
    ("before", "key", "words", "fixed"),
    [
        (
            "",
            "layer_channels",
            "expected input[1, 3, 32, 32] to have 8 channels, but got 3 channels",
            "inplanes",
        ),
        ("Conv2d(3,8,5),Flatten(),", "layer_needs_map", "Expected 3D (unbatched) or 4D", "flatten_later"),
        ("Flatten(1,2),", "layer_needs_map", "to have 8 channels, but got 1 channels", "flatten_later"),
        ("Flatten(0,1),", "layer_needs_map", "to have 8 channels, but got 3 channels", "start_dim"),
    ],
)
def test_what_pytorch_refuses_is_refused_in_its_words(before: str, key: str, words: str, fixed: str) -> None:
    layers = from_short(f"{before}BasicBlock(8,16,stride=2)")
    rows = trace(layers, (3, 32, 32))
    refusal = rows[-1].refusal
    assert refusal is not None and refusal.key == key and rows[-1].name == "block1"
    assert all(refusal.sentence(language) for language in LANGUAGES)
    verdict = judge(layers, rows, (3, 32, 32))
    assert verdict.agrees and verdict.message and words in verdict.message
    correction = fix(layers, rows)
    assert correction is not None and correction.key == fixed


@pytest.mark.parametrize(
    "text", ["BasicBlock()", "BasicBlock(3)", "BasicBlock(0,3)", "BasicBlock(3,3,2,None)"]
)
def test_arguments_that_no_block_takes_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"BasicBlock|inplanes|planes"):
        from_short(text)
