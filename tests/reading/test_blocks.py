"""Residual blocks as learners write them: one row where they are exactly a BasicBlock, else as they were."""

from random import Random

import pytest
import torch
from torch import nn

from core.reading import Pasted, parse
from core.shapes.code import from_short, short, source
from core.shapes.network import PRESETS
from core.shapes.torch_check import layer_class
from core.shapes.trace import trace
from tests.support.learners import scenes

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n"
ENDS = "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))\n"

KUANGLIU = """class ResidualBlock(nn.Module):
    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)
"""
IDENTITY = """class Block(nn.Module):
    def __init__(self, inplanes, planes, stride=1):
        super(Block, self).__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride > 1 or inplanes != planes:
            project = nn.Conv2d(inplanes, planes, 1, stride, bias=False)
            self.downsample = nn.Sequential(project, nn.BatchNorm2d(planes))

    def forward(self, x):
        identity = x
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        out = self.relu(out)
        return out
"""
BODY = """class Residual(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(cin, cout, (3, 3), (stride, stride), (1, 1), bias=False),
            nn.BatchNorm2d(cout), nn.ReLU(),
            nn.Conv2d(cout, cout, 3, padding="same", bias=False), nn.BatchNorm2d(cout))
        if cin == cout and stride == 1:
            self.skip = nn.Identity()
        else:
            self.skip = nn.Sequential(
                nn.Conv2d(cin, cout, 1, stride=stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        return torch.relu(self.skip(x) + self.body(x))
"""
ADDED = KUANGLIU.replace("out += self.shortcut(x)", "out = torch.add(self.shortcut(x), out)")
HELPER = IDENTITY.replace(
    "nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)", "conv3x3(inplanes, planes, stride)"
)
HELPER = (
    "def conv3x3(inside, outside, stride=1):\n"
    "    return nn.Conv2d(inside, outside, kernel_size=3, stride=stride, padding=1, bias=False)\n\n" + HELPER
)
FIRST = KUANGLIU.replace(  # the shortcut is computed before the rest
    "        out = F.relu(self.bn1", "        short = self.shortcut(x)\n        out = F.relu(self.bn1"
).replace("out += self.shortcut(x)", "out = short + out")
WRITTEN = {
    "kuangliu": KUANGLIU,
    "identity": IDENTITY,
    "body": BODY,
    "added": ADDED,
    "helper": HELPER,
    "first": FIRST,
}
SEQUENTIAL = "net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), {0}(16, 16), {0}(16, 32, stride=2), " + ENDS
LOOP = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)
        self.blocks = nn.ModuleList()
        inside = 16
        for outside, stride in ((16, 1), (32, 2)):
            self.blocks.append({0}(inside, outside, stride))
            inside = outside
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = self.conv(x)
        for block in self.blocks:
            x = block(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.fc(x)
"""
MAKE_LAYER = """class ResNet(nn.Module):
    def __init__(self, block, layers, num_classes=10):
        super().__init__()
        self.inside = 16
        self.conv = nn.Conv2d(3, 16, 3, padding=1)
        self.layer1 = self._make_layer(block, 16, layers[0], 1)
        self.layer2 = self._make_layer(block, 32, layers[1], 2)
        self.fc = nn.Linear(32, num_classes)

    def _make_layer(self, block, planes, blocks, stride):
        layers = []
        for stride in [stride] + [1] * (blocks - 1):
            layers.append(block(self.inside, planes, stride))
            self.inside = planes
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.layer2(self.layer1(self.conv(x)))
        x = nn.functional.adaptive_avg_pool2d(x, (1, 1))
        x = torch.flatten(x, 1)
        return self.fc(x)

net = ResNet({0}, [1, 1])
"""
PLACES = {"sequential": SEQUENTIAL, "loop": LOOP, "make_layer": MAKE_LAYER}
READ = (
    "Conv2d(3,16,3,padding=1),BasicBlock(16,16),BasicBlock(16,32,stride=2),"
    "AdaptiveAvgPool2d({}),Flatten(),Linear(32,10)"
)


def text(block: str, place: str) -> str:
    name = block[block.index("class ") + 6 :].partition("(")[0]
    return HEAD + block + "\n\n" + PLACES[place].replace("{0}", name)


def kinds(pasted: Pasted) -> list[str]:
    return [layer.kind for layer in pasted.layers]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("block", WRITTEN)
def test_a_hand_written_block_is_one_row(block: str, place: str) -> None:
    pasted = parse(text(WRITTEN[block], place))
    assert short(pasted.layers) == READ.format("(1,1)" if place == "make_layer" else "1")
    assert pasted.unread == ()


@pytest.mark.parametrize("block", WRITTEN)
def test_the_rows_compute_what_the_text_computes(block: str) -> None:
    """Weights given over in order of use: those of the shortcut come last in a row."""
    names: dict[str, object] = {}
    exec(text(WRITTEN[block], "sequential"), names)
    theirs = names["net"]
    assert isinstance(theirs, nn.Module)
    ours = nn.Sequential(
        *(
            layer_class(layer.kind)(**layer.params)
            for layer in parse(text(WRITTEN[block], "sequential")).layers
        )
    )
    weights = theirs.state_dict()
    for name in weights:
        weights[name] = torch.rand_like(weights[name], dtype=torch.float) + 0.1
    theirs.load_state_dict(weights)
    assert len(weights) == len(ours.state_dict())
    ours.load_state_dict(dict(zip(ours.state_dict(), weights.values(), strict=True)))
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(ours.eval()(x), theirs.eval()(x))


CHANGES = {
    "a bias": ("padding=1, bias=False)\n        self.bn1", "padding=1)\n        self.bn1"),
    "another activation": ("out = F.relu(self", "out = F.gelu(self"),
    "no ReLU at the end": ("return F.relu(out)", "return out"),
    "no second BatchNorm": ("self.bn2(self.conv2(out))", "self.conv2(out)"),
    "one BatchNorm for both": ("self.bn2(self.conv2(out))", "self.bn1(self.conv2(out))"),
    "pre-activation": ("F.relu(self.bn1(self.conv1(x)))", "self.conv1(F.relu(self.bn1(x)))"),
    "a third convolution": ("self.bn2(self.conv2(out))", "self.bn2(self.conv2(self.conv2(out)))"),
    "a factor": ("out += self.shortcut(x)", "out = torch.add(out, self.shortcut(x), alpha=0.5)"),
    "a weighted sum": ("out += self.shortcut(x)", "out = out + 0.5 * self.shortcut(x)"),
    "a shortcut by chance": (
        "        out += self.shortcut(x)",
        "        if torch.rand(1) < 0.8:\n            out += self.shortcut(x)",
    ),
    "a product": ("out += self.shortcut(x)", "out = out * self.shortcut(x)"),
    "dropout within": ("out = self.bn2(", "out = F.dropout(out, 0.1)\n        out = self.bn2("),
    "another momentum": (
        "self.bn2 = nn.BatchNorm2d(planes)",
        "self.bn2 = nn.BatchNorm2d(planes, momentum=0.9)",
    ),
    "a wider kernel": ("kernel_size=3, stride=1, padding=1", "kernel_size=5, stride=1, padding=2"),
    "the stride behind": (
        "stride=stride, padding=1, bias=False)\n        self.bn1",
        "padding=1, bias=False)\n        self.bn1",
    ),
    "a shortcut without need": ("if stride != 1 or in_planes != planes:", "if True:"),
    "a shortcut without BatchNorm": ("                nn.BatchNorm2d(planes),\n", ""),
    "a biased shortcut": ("kernel_size=1, stride=stride, bias=False", "kernel_size=1, stride=stride"),
}
# Those that leave one of the two blocks what it was.
HALF = ("a shortcut without need", "a shortcut without BatchNorm", "a biased shortcut", "the stride behind")


@pytest.mark.parametrize("change", CHANGES)
def test_a_block_that_does_anything_else_stays_what_it_was(change: str) -> None:
    before, after = CHANGES[change]
    assert KUANGLIU.count(before) == 1
    pasted = parse(text(KUANGLIU.replace(before, after), "sequential"))
    assert kinds(pasted).count("BasicBlock") == (change in HALF)
    assert "Other" in kinds(pasted)


def test_shared_weights_are_told() -> None:
    twice = SEQUENTIAL.replace("{0}(16, 16)", "block, block").replace("net =", "block = {0}(16, 16)\nnet =")
    pasted = parse(HEAD + KUANGLIU + "\n" + twice.replace("{0}", "ResidualBlock"))
    assert kinds(pasted).count("BasicBlock") == 3
    assert {"paste_shared"} == {unread.reason.key for unread in pasted.unread}


def test_a_block_that_breaks_is_a_row_that_breaks() -> None:
    pasted = parse(text(KUANGLIU, "sequential").replace("ResidualBlock(16, 16)", "ResidualBlock(8, 16)"))
    assert kinds(pasted)[:3] == ["Conv2d", "BasicBlock", "BasicBlock"]
    refusal = trace(pasted.layers, pasted.image)[1].refusal
    assert refusal is not None and refusal.key == "layer_channels"


IMPORTED = HEAD + "from torchvision.models.resnet import BasicBlock\n"
SHORTCUT = "nn.Sequential(nn.Conv2d(16, 32, 1, {stride}, bias=False), nn.BatchNorm2d(32))"


@pytest.mark.parametrize(
    ("call", "row"),
    [
        ("BasicBlock(16, 16)", "BasicBlock(16,16)"),
        ("BasicBlock(inplanes=16, planes=16, stride=1, norm_layer=None)", "BasicBlock(16,16)"),
        (f"BasicBlock(16, 32, 2, {SHORTCUT.format(stride=2)})", "BasicBlock(16,32,stride=2)"),
        (f"BasicBlock(16, 32, downsample={SHORTCUT.format(stride=1)})", "BasicBlock(16,32)"),
        (f"BasicBlock(16, 32, 2, {SHORTCUT.format(stride=1)})", "Other('BasicBlock')"),
        (f"BasicBlock(16, 16, 1, {SHORTCUT.format(stride=1)})", "Other('BasicBlock')"),
        ("BasicBlock(16, 32, 2)", "Other('BasicBlock')"),  # torchvision's own fits no shortcut
        ("BasicBlock(16, 16, norm_layer=nn.InstanceNorm2d)", "Other('BasicBlock')"),
        ("BasicBlock(16, 16, dilation=2)", "Other('BasicBlock')"),
        ("BasicBlock(16, 16, 1, None, 1, 64, 1, None, 7)", "Other('BasicBlock')"),
        ("BasicBlock(16, 16, colour=3)", "Other('BasicBlock')"),
        ("BasicBlock(16)", "Other('BasicBlock')"),
    ],
)
def test_the_block_of_torchvision(call: str, row: str) -> None:
    pasted = parse(f"{IMPORTED}net = nn.Sequential(nn.Conv2d(3, 16, 3), {call}, nn.Flatten())\n")
    assert short(pasted.layers) == f"Conv2d(3,16,3),{row},Flatten()"
    assert bool(pasted.unread) == row.startswith("Other")


@pytest.mark.parametrize("path", ["torchvision.models.resnet", "torchvision.models"])
def test_the_block_by_its_path(path: str) -> None:
    pasted = parse(
        f"{HEAD}import torchvision\nnet = nn.Sequential(nn.Conv2d(3,16,3), {path}.BasicBlock(16, 16))"
    )
    assert short(pasted.layers) == "Conv2d(3,16,3),BasicBlock(16,16)"


@pytest.mark.parametrize("line", ["from mylib import BasicBlock\n", "from nets.blocks import BasicBlock\n"])
def test_another_block_of_the_name_is_not_taken_for_it(line: str) -> None:
    pasted = parse(
        f"{HEAD}{line}net = nn.Sequential(nn.Conv2d(3, 16, 3), BasicBlock(16, 16), nn.Flatten())\n"
    )
    assert "BasicBlock" not in kinds(pasted)
    pasted = parse(f"{HEAD}net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BasicBlock(16, 16), nn.Flatten())\n")
    assert "BasicBlock" not in kinds(pasted) and pasted.unread


def test_the_calculators_own_forms_are_read_back() -> None:
    layers = PRESETS["resnet"].layers
    assert parse(PRESETS["resnet"].text).layers == layers
    pasted = parse(source(layers, trace(layers, (3, 32, 32))))
    assert pasted.layers == from_short(PRESETS["resnet"].text) and pasted.unread == ()


@pytest.mark.parametrize("seed", range(8))
def test_the_resnet_that_everybody_copies_is_a_list_of_blocks(seed: int) -> None:
    _, code, make = scenes.resnet(Random(seed))
    pasted = parse(f"{code}\nnet = {make}\n")
    assert "BasicBlock" in kinds(pasted) and "Other" not in kinds(pasted) and pasted.unread == ()
