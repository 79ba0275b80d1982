"""Rightful ways of Python that few learners use, each as a small network; `net` is what they make."""

# ruff: noqa: E501  (the lines of learners are as they are)

from collections.abc import Mapping, Sequence

from tests.support.learners.plan import Part
from tests.support.learners.scenes import FLAT, POOL, POOL2, RELU, conv, linear, norm

PLAIN: Sequence[Part] = (conv(3, 8, 3), RELU, FLAT, linear(7200, 10))
STACK = (conv(3, 8, 3, padding=1), RELU, POOL, conv(8, 16, 3, padding=1), RELU, POOL, FLAT, linear(1024, 10))
CLASS = """
class Net(nn.Module):
    def __init__(self, act="relu"):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(7200, 10)
        {init}
    def forward(self, x):
        {forward}
        return self.fc(x.flatten(1))
net = Net()
"""


def of_class(init: str = "pass", forward: str = "x = F.relu(self.conv(x))") -> str:
    return CLASS.format(init=init, forward=forward)


def in_sequential(before: str, layers: str) -> str:
    return f"{before}\nnet = nn.Sequential({layers})\n"


ODD: Mapping[str, tuple[Sequence[Part], str]] = {
    "match": (
        PLAIN,
        of_class(
            'match act:\n            case "tanh" | "sigmoid":\n                self.act = nn.Tanh()\n'
            '            case "relu":\n                self.act = nn.ReLU()\n            case _:\n                self.act = None',
            "x = self.act(self.conv(x))",
        ),
    ),
    "walrus": (PLAIN, of_class(forward="x = F.relu(y) if (y := self.conv(x)) is not None else x")),
    "half-known condition": (
        PLAIN,
        of_class(forward="if x.is_cuda and False:\n            x = x * 2\n        x = F.relu(self.conv(x))"),
    ),
    "try": (
        PLAIN,
        of_class(
            forward="try:\n            x = self.conv(x).relu()\n        except RuntimeError:\n            raise"
        ),
    ),
    "with": (
        PLAIN,
        of_class(forward="with torch.set_grad_enabled(True):\n            x = self.conv(x).relu()"),
    ),
    "modules by name": (PLAIN, of_class(forward="x = self._modules['conv'](x)\n        x = x.relu()")),
    "getattr by hand": (PLAIN, of_class(forward="x = self.__getattr__('conv')(x).relu()")),
    "a list of steps": (PLAIN, of_class(forward="for step in [self.conv, F.relu]:\n            x = step(x)")),
    "a nested function": (
        PLAIN,
        of_class(forward="def act(t):\n            return F.relu(t)\n        x = act(self.conv(x))"),
    ),
    "a recursive function": (
        STACK,
        in_sequential(
            "def stack(chs):\n    if len(chs) < 2:\n        return []\n"
            "    return [nn.Conv2d(chs[0], chs[1], 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)] + stack(chs[1:])",
            "*stack([3, 8, 16]), nn.Flatten(), nn.Linear(1024, 10)",
        ),
    ),
    "chain": (
        STACK,
        in_sequential(
            "import itertools\nblocks = [[nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)] for a, b in [(3, 8), (8, 16)]]",
            "*itertools.chain(*blocks), nn.Flatten(), nn.Linear(1024, 10)",
        ),
    ),
    "sum of lists": (
        STACK,
        in_sequential(
            "blocks = [[nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)] for a, b in [(3, 8), (8, 16)]]",
            "*sum(blocks, []), nn.Flatten(), nn.Linear(1024, 10)",
        ),
    ),
    "an empty star": (
        PLAIN,
        in_sequential(
            "extra = []", "nn.Conv2d(3, 8, 3), *extra, nn.ReLU(), *(), nn.Flatten(), nn.Linear(7200, 10)"
        ),
    ),
    "a named tuple": (
        PLAIN,
        in_sequential(
            "from typing import NamedTuple\nclass Conf(NamedTuple):\n    wide: int = 4\n    classes: int = 2\nc = Conf(8, classes=10)",
            "nn.Conv2d(3, c.wide, 3), nn.ReLU(), nn.Flatten(), nn.Linear(c.wide * 900, c.classes)",
        ),
    ),
    "a dataclass with a factory": (
        PLAIN,
        in_sequential(
            "from dataclasses import dataclass, field\n@dataclass\nclass Conf:\n    classes: int\n"
            "    wide: list = field(default_factory=lambda: [8])\nc = Conf(10)",
            "nn.Conv2d(3, c.wide[0], 3), nn.ReLU(), nn.Flatten(), nn.Linear(c.wide[-1] * 900, c.classes)",
        ),
    ),
    "a namespace": (
        PLAIN,
        in_sequential(
            "from types import SimpleNamespace\nargs = SimpleNamespace(wide=8)",
            "nn.Conv2d(3, args.wide, 3), nn.ReLU(), nn.Flatten(), nn.Linear(args.wide * 900, 10)",
        ),
    ),
    "options of a command line": (
        PLAIN,
        in_sequential(
            "import argparse\nparser = argparse.ArgumentParser(description='x')\n"
            "parser.add_argument('--wide', type=int, default=8)\n"
            "parser.add_argument('-n', '--num-classes', type=int, default=10, metavar='N')\n"
            "parser.add_argument('--bn', action='store_true')\nargs = parser.parse_args([])",
            "nn.Conv2d(3, args.wide, 3), *([nn.BatchNorm2d(8)] if args.bn else []), nn.ReLU(), nn.Flatten(), nn.Linear(7200, args.num_classes)",
        ),
    ),
    "a cast": (
        PLAIN,
        in_sequential(
            "from typing import cast\nwide = cast(int, 8)",
            "nn.Conv2d(3, wide, 3), nn.ReLU(), nn.Flatten(), nn.Linear(7200, 10)",
        ),
    ),
    "a subclass of a layer": (
        (conv(3, 8, 3, padding=1), RELU, POOL, FLAT, linear(2048, 10)),
        in_sequential(
            "class Conv(nn.Conv2d):\n    def __init__(self, i, o):\n        super().__init__(i, o, 3, padding=1)\n"
            "    def forward(self, x):\n        return F.relu(super().forward(x))",
            "Conv(3, 8), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2048, 10)",
        ),
    ),
    "keyword arguments handed on": (
        (conv(3, 8, 3, bias=False, padding=1), norm(8), RELU, POOL2, FLAT, linear(2048, 10)),
        in_sequential(
            "class ConvBN(nn.Module):\n    def __init__(self, *args, **kwargs):\n        super().__init__()\n"
            "        self.conv = nn.Conv2d(*args, bias=False, **kwargs)\n"
            "        self.bn = nn.BatchNorm2d(self.conv.out_channels)\n"
            "    def forward(self, x):\n        return F.relu(self.bn(self.conv(x)))",
            "ConvBN(3, 8, 3, padding=1), nn.MaxPool2d(2, 2), nn.Flatten(), nn.Linear(2048, 10)",
        ),
    ),
}
