"""Networks that everybody writes, numbers and spelling drawn: VGG, ResNet, MobileNet, LeNet and others."""

# ruff: noqa: E501, UP031, E731  (the lines of learners are as they are)

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from core.shapes.layers import LAYERS
from tests.support.learners.draw import Group, Plan, has
from tests.support.learners.plan import Branch, Part, Shape, Step

Scene = tuple[Plan, str, str]
HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def conv(inside: int, outside: int, kernel: Any, **rest: Any) -> Step:
    return Step("Conv2d", {"in_channels": inside, "out_channels": outside, "kernel_size": kernel, **rest})


def norm(channels: int) -> Step:
    return Step("BatchNorm2d", {"num_features": channels})


def linear(inside: int, outside: int) -> Step:
    return Step("Linear", {"in_features": inside, "out_features": outside})


RELU, FLAT, INPLACE = Step("ReLU"), Step("Flatten"), Step("ReLU", {"inplace": True})
POOL, POOL2 = Step("MaxPool2d", {"kernel_size": 2}), Step("MaxPool2d", {"kernel_size": 2, "stride": 2})


def made(image: Shape, parts: Sequence[Part], code: str, make: str) -> Scene:
    return Plan(image, (Group((tuple(parts),)),), ()), HEAD + code, make


def vgg(rng: Random) -> Scene:
    """The list of numbers and 'M' of torchvision and of pytorch-cifar."""
    plan = [
        each
        for _ in range(rng.randint(1, 3))
        for each in [*[rng.choice([4, 8, 12])] * rng.randint(1, 2), "M"]
    ]
    bn = rng.random() < 0.5
    parts: list[Part] = []
    channels, side = 3, 32
    for each in plan:
        if each == "M":
            parts.append(POOL2)
            side //= 2
        else:
            parts += [conv(channels, int(each), 3, padding=1), *([norm(int(each))] if bn else []), INPLACE]
            channels = int(each)
    count = channels * side * side
    parts += [FLAT, linear(count, 10)]
    layers = rng.choice(
        [
            "layers += [nn.Conv2d(in_channels, x, kernel_size=3, padding=1),\n                           {norm}nn.ReLU(inplace=True)]",
            "layers.append(nn.Conv2d(in_channels, x, 3, padding=1))\n                {line}\n                layers.append(nn.ReLU(inplace=True))",
        ]
    )
    layers = layers.format(
        norm="nn.BatchNorm2d(x),\n                           " if bn else "",
        line="if batch_norm: layers.append(nn.BatchNorm2d(x))",
    )
    code = f"""
cfg = {{
    'VGG11': [64, 'M', 128, 'M'],
    'mine': {plan!r},
}}

class VGG(nn.Module):
    def __init__(self, vgg_name{rng.choice(["", ": str"])}, batch_norm={bn}):
        super(VGG, self).__init__()
        self.features = self._make_layers(cfg[vgg_name], batch_norm)
        self.classifier = nn.Linear({count}, 10)

    def forward(self, x):
        out = self.features(x)
        out = {rng.choice(["out.view(out.size(0), -1)", "torch.flatten(out, 1)"])}
        out = self.classifier(out)
        return out

    def _make_layers(self, cfg, batch_norm=False):
        layers = []
        in_channels = 3
        for {rng.choice(["x in cfg", "i, x in enumerate(cfg)"])}:
            if x == 'M':
                layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
            else:
                {layers}
                in_channels = x
        return nn.Sequential(*layers)
"""
    return made((3, 32, 32), parts, code, "VGG('mine')")


def resnet(rng: Random) -> Scene:
    """pytorch-cifar's ResNet, small."""
    width, blocks = rng.choice([4, 8]), [rng.randint(1, 2) for _ in range(rng.randint(1, 3))]
    parts: list[Part] = [conv(3, width, 3, stride=1, padding=1, bias=False), norm(width), RELU]
    channels, side = width, 32
    for at, count in enumerate(blocks):
        planes = width * 2**at
        for number in range(count):
            stride = 2 if number == 0 and at else 1
            parts += _basic(channels, planes, stride)
            channels, side = planes, side // stride
    parts += [Step("AvgPool2d", {"kernel_size": side}), FLAT, linear(channels, 10)]
    stages = "\n".join(
        f"        self.layer{at + 1} = self._make_layer(block, {width * 2**at}, num_blocks[{at}], stride={1 if at == 0 else 2})"
        for at in range(len(blocks))
    )
    calls = "\n".join(f"        out = self.layer{at + 1}(out)" for at in range(len(blocks)))
    how = rng.choice(
        [
            "strides = [stride] + [1]*(num_blocks-1)\n        layers = []\n        for stride in strides:\n"
            "            layers.append(block(self.in_planes, planes, stride))\n"
            "            self.in_planes = planes * block.expansion",
            "layers = [block(self.in_planes, planes, stride)]\n        self.in_planes = planes * block.expansion\n"
            "        for i in range(1, num_blocks):\n            layers.append(block(self.in_planes, planes))",
        ]
    )
    code = f"""
class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes, planes, stride=1):
        super(BasicBlock, self).__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)

        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion*planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, self.expansion*planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(self.expansion*planes)
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        out = F.relu(out)
        return out

class ResNet(nn.Module):
    def __init__(self, block, num_blocks, num_classes=10):
        super(ResNet, self).__init__()
        self.in_planes = {width}

        self.conv1 = nn.Conv2d(3, {width}, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d({width})
{stages}
        self.linear = nn.Linear({channels}*block.expansion, num_classes)

    def _make_layer(self, block, planes, num_blocks, stride):
        {how}
        return nn.Sequential(*layers)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
{calls}
        out = F.avg_pool2d(out, {side})
        out = out.view(out.size(0), -1)
        out = self.linear(out)
        return out

def ResNetMine():
    return ResNet(BasicBlock, {blocks})
"""
    return made((3, 32, 32), parts, code, rng.choice(["ResNetMine()", f"ResNet(BasicBlock, {blocks})"]))


def _basic(channels: int, planes: int, stride: int) -> list[Part]:
    main = (
        conv(channels, planes, 3, stride=stride, padding=1, bias=False),
        norm(planes),
        RELU,
        conv(planes, planes, 3, stride=1, padding=1, bias=False),
        norm(planes),
    )
    changed = stride != 1 or channels != planes
    short = (conv(channels, planes, 1, stride=stride, bias=False), norm(planes)) if changed else ()
    return [Branch((main, short), "add", "BasicBlock"), RELU]


def mobilenet(rng: Random) -> Scene:
    """Depthwise and pointwise convolutions."""
    cfg = [rng.choice([8, (16, 2), 16, (32, 2)]) for _ in range(rng.randint(1, 3))]
    parts: list[Part] = [conv(3, 8, 3, stride=1, padding=1, bias=False), norm(8), RELU]
    channels, side = 8, 32
    for each in cfg:
        outside, stride = each if isinstance(each, tuple) else (each, 1)
        parts += [
            conv(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False),
            norm(channels),
            RELU,
        ]
        parts += [conv(channels, outside, 1, stride=1, padding=0, bias=False), norm(outside), RELU]
        channels, side = outside, side // stride
    parts += [Step("AvgPool2d", {"kernel_size": side}), FLAT, linear(channels, 10)]
    code = f"""
class Block(nn.Module):
    '''Depthwise conv + Pointwise conv'''
    def __init__(self, in_planes, out_planes, stride=1):
        super(Block, self).__init__()
        self.conv1 = nn.Conv2d(in_planes, in_planes, kernel_size=3, stride=stride, padding=1, groups=in_planes, bias=False)
        self.bn1 = nn.BatchNorm2d(in_planes)
        self.conv2 = nn.Conv2d(in_planes, out_planes, kernel_size=1, stride=1, padding=0, bias=False)
        self.bn2 = nn.BatchNorm2d(out_planes)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return out

class MobileNet(nn.Module):
    # (128,2) means conv planes=128, conv stride=2, by default conv stride=1
    cfg = {cfg!r}

    def __init__(self, num_classes=10):
        super(MobileNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layers = self._make_layers(in_planes=8)
        self.linear = nn.Linear({channels}, num_classes)

    def _make_layers(self, in_planes):
        layers = []
        for x in self.cfg:
            out_planes = x if isinstance(x, int) else x[0]
            stride = 1 if isinstance(x, int) else x[1]
            layers.append(Block(in_planes, out_planes, stride))
            in_planes = out_planes
        return nn.Sequential(*layers)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layers(out)
        out = F.avg_pool2d(out, {side})
        out = out.view(out.size(0), -1)
        out = self.linear(out)
        return out
"""
    return made((3, 32, 32), parts, code, "MobileNet()")


def lenet(rng: Random) -> Scene:
    """The tutorial's network and its relatives."""
    one, two, channels = rng.choice([6, 10, 32]), rng.choice([16, 20, 8]), rng.choice([1, 3])
    side = 28 if channels == 1 else 32
    left = ((side - 4) // 2 - 4) // 2
    count = two * left * left
    parts = [conv(channels, one, 5), RELU, POOL2, conv(one, two, 5), RELU, POOL2, FLAT]
    parts += [linear(count, 120), RELU, linear(120, 84), RELU, linear(84, 10)]
    view = rng.choice(
        [
            "x = x.view(-1, self.num_flat_features(x))",
            "x = x.view(-1, self.flat)",
            "batch_size = x.size(0)\n        x = x.view(batch_size, -1)",
            "b, c, h, w = x.shape\n        x = x.view(b, c * h * w)",
            "n = x.shape[0]\n        x = x.reshape(n, -1)",
            "x = x.view(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3])",
            "x = x.view(-1, int(x.numel() / x.size(0)))",
            "assert x.shape[1:] == torch.Size([%d, %d, %d])\n        x = x.flatten(1)" % (two, left, left),
            "print(x.shape)\n        x = torch.flatten(x, 1) # flatten all dimensions except batch",
            "x = x.view(x.size(0), self.fc1.in_features)",
            "*_, h, w = x.shape\n        x = x.reshape(-1, %d * h * w)" % two,
            "size = x.size()\n        x = x.view(size[0], -1)",
            "x = x.permute(0, 1, 2, 3).contiguous().view(x.size(0), -1)",
        ]
    )
    start = rng.choice(
        ["self.pool = nn.MaxPool2d(2, 2)", "self.pool = nn.MaxPool2d(kernel_size=2, stride=2)"]
    )
    first = rng.choice(
        [
            "x = self.pool(F.relu(self.conv1(x)))\n        x = self.pool(F.relu(self.conv2(x)))",
            "for conv in (self.conv1, self.conv2):\n            x = self.pool(F.relu(conv(x)))",
            "x = F.max_pool2d(F.relu(self.conv1(x)), kernel_size=2, stride=2)\n        x = self.pool(self.conv2(x).relu())",
            "x = self.conv1(x)\n        x = F.relu(x)\n        x = self.pool(x)\n        x = self.pool(F.relu(self.conv2(x)))",
            "x = self.extract(x)",
            "if (h := self.conv1(x)) is not None:\n            x = self.pool(h.relu())\n        x = self.pool(torch.relu(self.conv2(x)))",
        ]
    )
    code = f"""
class Net(nn.Module):

    def __init__(self{rng.choice(["", ", *args, **kwargs", ", num_classes=10"])}):
        super(Net, self).__init__()
        # {channels} input image channel, {one} output channels, 5x5 square convolution
        self.conv1 = nn.Conv2d({channels}, {one}, 5)
        {start}
        self.conv2 = nn.Conv2d({one}, {two}, {rng.choice(["5", "(5, 5)[0]", "kernel_size=5"])})
        self.flat = self.conv2.out_channels * {left} ** 2
        self.fc1 = nn.Linear({rng.choice([f"{two} * {left} * {left}", "self.flat", str(count)])}, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def extract(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        return self.pool(F.relu(self.conv2(x)))

    def forward(self, x{rng.choice(["", ", mask=None", ", targets=None, **kwargs"])}):
        {first}
        {view}
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x

    def num_flat_features(self, x):
        size = x.size()[1:]  # all dimensions except the batch dimension
        num_features = 1
        for s in size:
            num_features *= s
        return num_features
"""
    return made((channels, side, side), parts, code, "Net()")


def given_activation(rng: Random) -> Scene:
    """An activation handed over as a class, a function, an instance or a name."""
    kind = rng.choice(has("ReLU", "GELU", "Tanh", "SiLU", "ELU", "Sigmoid"))
    name = {"SiLU": "silu"}.get(kind, kind.lower())
    act = Step(kind)
    parts = [conv(3, 8, 3), act, POOL, conv(8, 16, 3), act, POOL, FLAT, linear(576, 32), act, linear(32, 10)]
    argument, kept, call, passed = rng.choice(
        [
            (f"activation=nn.{kind}", "self.act = activation()", "self.act({})", ""),
            ("activation", "self.act = activation", "self.act({})", f"nn.{kind}()"),
            ("activation", "self.act = activation", "self.act({})", f"F.{name}"),
            ("act='" + name + "'", "self.act = ACTS[act]", "self.act({})", f"'{name}'"),
            ("act='" + name + "'", "self.act = ACTS[act.lower()]", "self.act({})", f"act='{name.upper()}'"),
            ("act=None", f"self.act = act or nn.{kind}()", "self.act({})", ""),
            ("act=None", f"self.act = nn.{kind}() if act is None else act()", "self.act({})", ""),
            ("act='" + kind + "'", "self.act = getattr(nn, act)()", "self.act({})", ""),
            ("act='" + name + "'", "self.act = act", "getattr(F, self.act)({})", ""),
            ("act=" + f"lambda t: F.{name}(t)", "self.act = act", "self.act({})", ""),
            ("use_act=True", f"self.act = nn.{kind}() if use_act else nn.Identity()", "self.act({})", "True"),
            (
                "act='" + name + "'",
                f"if act == 'nothing':\n            self.act = None\n        elif act == '{name}':\n            self.act = nn.{kind}()",
                "self.act({})",
                "",
            ),
        ]
    )
    nested = lambda inner: call.format(inner)
    acts = (
        f"ACTS = {{'{name}': nn.{kind}(), 'none': None}}"
        if rng.random() < 0.5
        else f"ACTS = {{'none': None, '{name}': F.{name}}}"
    )
    code = f"""
{acts}

class ConvNet(nn.Module):
    def __init__(self, {argument}):
        super().__init__()
        {kept}
        self.conv1 = nn.Conv2d(3, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 6 * 6, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = self.pool({nested("self.conv1(x)")})
        x = self.pool({nested("self.conv2(x)")})
        x = x.flatten(1)
        return self.fc2({nested("self.fc1(x)")})
"""
    return made((3, 32, 32), parts, code, f"ConvNet({passed})")


def inherited(rng: Random) -> Scene:
    """A base class with the features, a child with the classifier."""
    wide = rng.choice([4, 8, 16])
    parts = [conv(1, wide, 3, padding=1), RELU, POOL, FLAT, linear(wide * 196, 10)]
    how = rng.choice(
        [
            ("def forward(self, x):\n        return self.classifier(torch.flatten(self.features(x), 1))", ""),
            (
                "def forward(self, x):\n        x = self.features(x)\n        return x.flatten(1)",
                "def forward(self, x):\n        x = super().forward(x)\n        return self.classifier(x)",
            ),
            (
                "def forward(self, x):\n        return self.head(self.features(x).flatten(1))\n\n    def head(self, x):\n        raise NotImplementedError",
                "def head(self, x):\n        return self.classifier(x)",
            ),
        ]
    )
    code = f"""
class Base(nn.Module):
    def __init__(self, width, in_channels=3):
        super().__init__()
        self.width = width
        self.features = nn.Sequential(nn.Conv2d(in_channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))

    {how[0]}

class Digits(Base):
    side = 14
    def __init__(self, width={wide}, num_classes=10):
        super({rng.choice(["", "Digits, self"])}).__init__({rng.choice(["width, 1", "width=width, in_channels=1"])})
        self.classifier = nn.Linear(self.width * self.side * self.side, num_classes)

    {how[1] or "pass"}
"""
    return made(
        (1, 28, 28), parts, code, rng.choice(["Digits()", f"Digits({wide})", f"Digits(width={wide})"])
    )


def partial(rng: Random) -> Scene:
    """A norm layer handed over, and functools.partial."""
    eps = rng.choice([1e-3, 1e-5])
    each = Step("BatchNorm2d", {"num_features": 8, "eps": eps})
    parts = [
        conv(3, 8, 3, padding=1, bias=False),
        each,
        RELU,
        conv(8, 8, 3, padding=1, bias=False),
        each,
        RELU,
    ]
    parts += [Step("AvgPool2d", {"kernel_size": 8}), FLAT, linear(128, 10)]
    conv3x3 = rng.choice(
        [
            "conv3x3 = partial(nn.Conv2d, kernel_size=3, padding=1, bias=False)",
            "def conv3x3(i, o, **kw):\n    return nn.Conv2d(i, o, kernel_size=3, padding=1, bias=False, **kw)",
        ]
    )
    code = f"""
from functools import partial
{conv3x3}
norm = partial(nn.BatchNorm2d, eps={eps})

class Net(nn.Module):
    def __init__(self, norm_layer=None):
        super().__init__()
        if norm_layer is None:
            norm_layer = nn.BatchNorm2d
        self._norm = norm_layer
        self.body = nn.Sequential(conv3x3(3, 8), norm_layer(8), nn.ReLU(), conv3x3(8, 8), self._norm(8), nn.ReLU())
        self.pool = nn.AvgPool2d(8)
        self.fc = nn.Linear(8 * 4 ** 2, 10)

    def forward(self, x):
        return self.fc(torch.flatten(self.pool(self.body(x)), 1))
"""
    return made((3, 32, 32), parts, code, "Net(norm_layer=norm)")


def lazy(rng: Random) -> Scene:
    """Layers that PyTorch completes, after a dry run or without one."""
    wide = rng.choice([4, 6, 8])
    parts = [
        conv(1, wide, 5, padding=2),
        RELU,
        POOL,
        conv(wide, 16, 5),
        RELU,
        POOL,
        FLAT,
        linear(400, 32),
        RELU,
        linear(32, 10),
    ]
    loop = (
        "for layer in net:\n    X = layer(X)\n    print(layer.__class__.__name__,'output shape: \\t',X.shape)"
    )
    run = rng.choice(["net(X)", loop])
    code = f"""
net = nn.Sequential(
    nn.LazyConv2d({wide}, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.LazyConv2d(16, kernel_size=5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.LazyLinear(32), nn.ReLU(), nn.LazyLinear(10))
X = torch.{rng.choice(["rand(size=(1, 1, 28, 28), dtype=torch.float32)", "randn(1, 1, 28, 28)", "zeros((2, 1, 28, 28))"])}
{run}
"""
    return made((1, 28, 28), parts, code, "net")


def several(rng: Random) -> Scene:
    """Two networks, the last of which is meant."""
    parts = [FLAT, linear(784, 64), RELU, linear(64, 10)]
    code = """
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 26 * 26, 10)
    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))

class MLP(nn.Module):
    def __init__(self, sizes=(784, 64, 10)):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])])
    def forward(self, x):
        x = x.view(x.size(0), -1)
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i < len(self.layers) - 1:
                x = F.relu(x)
        return x

cnn = CNN()
"""
    return made((1, 28, 28), parts, code, "MLP()")


def inception(rng: Random) -> Scene:
    """Parallel ways and torch.cat."""
    a, b, c = (rng.choice([2, 4, 6]) for _ in range(3))
    ways = (
        (conv(8, a, 1), RELU),
        (conv(8, 4, 1), RELU, conv(4, b, 3, padding=1), RELU),
        (Step("MaxPool2d", {"kernel_size": 3, "stride": 1, "padding": 1}), conv(8, c, 1), RELU),
    )
    total = a + b + c
    parts = [
        conv(3, 8, 3, padding=1),
        RELU,
        POOL,
        Branch(ways, "cat", "Inception"),
        POOL,
        FLAT,
        linear(total * 64, 10),
    ]
    cat = rng.choice(
        ["torch.cat([y1, y2, y3], 1)", "torch.cat((y1, y2, y3), dim=1)", "torch.cat(outputs, 1)"]
    )
    code = f"""
class Inception(nn.Module):
    def __init__(self, in_planes, n1, red, n3, pool_planes):
        super(Inception, self).__init__()
        self.b1 = nn.Sequential(nn.Conv2d(in_planes, n1, kernel_size=1), nn.ReLU())
        self.b2 = nn.Sequential(
            nn.Conv2d(in_planes, red, kernel_size=1), nn.ReLU(),
            nn.Conv2d(red, n3, kernel_size=3, padding=1), nn.ReLU())
        self.b3 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(in_planes, pool_planes, kernel_size=1), nn.ReLU())

    def forward(self, x):
        y1 = self.b1(x)
        y2 = self.b2(x)
        y3 = self.b3(x)
        outputs = [y1, y2, y3]
        return {cat}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.pre = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.a3 = Inception(8, {a}, 4, {b}, {c})
        self.fc = nn.Linear({total}*8*8, 10)

    def forward(self, x):
        x = self.pool(self.pre(x))
        x = self.pool(self.a3(x))
        return self.fc(x.view(x.size(0), -1))
"""
    return made((3, 32, 32), parts, code, "Net()")


def doubling(rng: Random) -> Scene:
    """Channels that double in a while loop, and a side that is worked out in __init__."""
    top = rng.choice([16, 32])
    parts: list[Part] = []
    channels, width, side = 3, 8, 32
    while width <= top:
        parts += [conv(channels, width, 3, padding="same"), INPLACE, POOL]
        channels, width, side = width, width * 2, side // 2
    parts += [FLAT, linear(channels * side**2, 10)]
    code = f"""
class Config:
    image_size = 32
    max_width = {top}

class Net(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.layers = nn.ModuleList()
        ch, width, size = 3, 8, cfg.image_size
        while width <= cfg.max_width:
            self.layers.append(nn.Sequential(
                nn.Conv2d(ch, width, kernel_size=3, padding="same"),
                nn.ReLU(True),
                nn.MaxPool2d(2),
            ))
            ch, width = width, width * 2
            size //= 2
        self.out = nn.Linear(ch * size ** 2, 10)

    @property
    def depth(self):
        return len(self.layers)

    def forward(self, x):
        for i in range(self.depth):
            x = self.layers[i](x)
        return self.out(x.flatten(start_dim=1))
"""
    return made((3, 32, 32), parts, code, rng.choice(["Net(Config())", "Net(Config)", "Net(cfg=Config())"]))


def counted(rng: Random) -> Scene:
    """The size of the first linear layer by a dry run in __init__."""
    wide = rng.choice([4, 8])
    parts = [conv(3, wide, 3, stride=2), RELU, conv(wide, 8, 3, stride=2), RELU, FLAT, linear(392, 10)]
    how = rng.choice(
        [
            "x = torch.randn(3, 32, 32).view(-1, 3, 32, 32)\n        self._to_linear = self.convs(x)[0].shape[0]*self.convs(x)[0].shape[1]*self.convs(x)[0].shape[2]",
            "with torch.no_grad():\n            self._to_linear = self.convs(torch.zeros(1, 3, 32, 32)).flatten(1).shape[1]",
            "self._to_linear = self._get_conv_output((3, 32, 32))",
            "dummy = torch.rand(1, *[3, 32, 32])\n        self._to_linear = self.convs(dummy).numel()",
            "n = self.convs(torch.ones(1, 3, 32, 32)).data.view(1, -1).size(1)\n        self._to_linear = n",
        ]
    )
    code = f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, {wide}, 3, stride=2)
        self.conv2 = nn.Conv2d({wide}, 8, 3, stride=2)
        {how}
        self.fc = nn.Linear(self._to_linear, 10)

    def _get_conv_output(self, shape):
        bs = 1
        input = torch.rand(bs, *shape)
        output_feat = self.convs(input)
        n_size = output_feat.data.view(bs, -1).size(1)
        return n_size

    def convs(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return x

    def forward(self, x):
        x = self.convs(x)
        x = x.view(-1, self._to_linear)
        return self.fc(x)
"""
    return made((3, 32, 32), parts, code, "Net()")


def pooled(rng: Random) -> Scene:
    """Global average pooling in its spellings, where the table has it."""
    kind = "AdaptiveAvgPool2d"
    if kind not in LAYERS:
        return lenet(rng)
    step = rng.choice(
        [
            "x = x.mean([2, 3])",
            "x = x.mean((2, 3))",
            "x = x.mean(dim=(-2, -1))",
            "x = torch.mean(x, dim=[2, 3])",
            "x = F.adaptive_avg_pool2d(x, 1).flatten(1)",
            "x = F.adaptive_avg_pool2d(x, 1).view(x.size(0), -1)",
            "x = F.adaptive_avg_pool2d(x, 1)\n        x = torch.flatten(x, 1)",
            "x = nn.AdaptiveAvgPool2d(1)(x).squeeze(-1).squeeze(-1)",
            "x = F.adaptive_avg_pool2d(x, output_size=1).squeeze()",
            "x = F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]",
            "x = x.mean(3).mean(2)",
            "x = x.mean(-1).mean(-1)",
        ]
    )
    parts = [conv(3, 8, 3), RELU, Step(kind, {"output_size": 1}), FLAT, linear(8, 10)]
    code = f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        {step}
        return self.fc(x)
"""
    return made((3, 32, 32), parts, code, "Net()")


SCENES: Sequence[Callable[[Random], Scene]] = [
    vgg,
    vgg,
    resnet,
    resnet,
    mobilenet,
    lenet,
    lenet,
    lenet,
    given_activation,
    given_activation,
    inherited,
    partial,
    lazy,
    several,
    inception,
    doubling,
    counted,
    pooled,
]
