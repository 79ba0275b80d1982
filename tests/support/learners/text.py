"""Whole texts: a network, how it is made, and what stands around it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.support.learners import write
from tests.support.learners.draw import Plan, plan
from tests.support.learners.plan import Branch, Part
from tests.support.learners.scenes import SCENES

IMPORTS = [
    ["import torch", "import torch.nn as nn", "import torch.nn.functional as F"],
    ["import torch", "from torch import nn", "from torch.nn import functional as F"],
    ["import torch, math", "from torch import nn, optim", "import torch.nn.functional as F"],
    ["from torch import nn", "import torch", "from torch.nn import functional as F", "import numpy as np"],
]
ORDERED = ["from collections import OrderedDict"]
ALIASES = [("nn", "neural"), ("F", "TF"), ("F", "fn"), ("nn", "N"), ("torch", "th")]


@dataclass(frozen=True)
class Case:
    """A text as pasted, the same as code that torch runs, and the network that both are."""

    seed: int
    text: str
    code: str
    make: str  # the expression that makes the network once the code has run
    plan: Plan

    @property
    def parts(self) -> list[Part]:
        return self.plan.parts


def case(seed: int) -> Case:
    """The network of this seed."""
    rng = Random(seed)
    if rng.random() < 0.25:
        drawn, code, make = rng.choice(SCENES)(rng)
    else:
        drawn, code, make = _written(rng)
    lines = code.splitlines()
    if rng.random() < 0.15:
        lines = _aliased(rng, lines)
    told = make.endswith("()") and "class CNN" not in code  # a class alone says enough
    lines = lines if told and rng.random() < 0.4 else _built(rng, lines, make)
    code = "\n".join(lines) + "\n"
    return Case(seed, surrounded(rng, code), code, make, drawn)


def _written(rng: Random) -> tuple[Plan, str, str]:
    drawn = plan(rng)
    text = write.Text(rng)
    body, make = rng.choices([_class, _sequential, _function], [6, 2, 1])[0](text, drawn)
    lines = [*rng.choice(IMPORTS), *ORDERED, "", *text.top, *body]
    groups = tuple(
        replace(group, stages=tuple(tuple(_named(text, part) for part in stage) for stage in group.stages))
        for group in drawn.groups
    )
    return replace(drawn, groups=groups), "\n".join(lines), make


def _named(text: write.Text, part: Part) -> Part:
    if isinstance(part, Branch) and id(part) in text.branches:
        return replace(part, name=text.branches[id(part)])
    return part


def _class(text: write.Text, drawn: Plan) -> tuple[list[str], str]:
    name = text.fresh("Net", "Net", "CNN", "LeNet", "Model", "MyNet", "ConvNet", "SimpleCNN", "网络")
    net = write.ClassText(text, name, drawn.image, text.rng.choice([0, 0, 0.15, 0.4]))
    for group in drawn.groups:
        write.part(net, group)
    text.rng.choice([write.inline, write.inline, write.as_sequential, *write.WAYS])(net, drawn.head)
    return net.code(), net.call()


def _sequential(text: write.Text, drawn: Plan) -> tuple[list[str], str]:
    """A network without a class of its own."""
    rng = text.rng
    calls = write.modules(text, drawn.parts, text.sum)
    way = rng.choice(["once", "lines", "list", "add", "ordered", "lambda", "plus"])
    if way == "lines":
        return ["model = nn.Sequential(", *(f"    {call}," for call in calls), ")"], "model"
    if way == "list":
        body = [
            "layers = []",
            *(f"layers.append({call})" for call in calls),
            "model = nn.Sequential(*layers)",
        ]
        return body, "model"
    if way == "plus":
        body = [f"layers = [{calls[0]}]", *(f"layers = layers + [{call}]" for call in calls[1:])]
        return [*body, "model = nn.Sequential(*layers)"], "model"
    if way == "add":
        body = ["model = nn.Sequential()"]
        body += [f"model.add_module('{at}{rng.choice(['', '_l'])}', {call})" for at, call in enumerate(calls)]
        return body, "model"
    if way == "ordered":
        body = ["parts = OrderedDict()", *(f"parts['l{at}'] = {call}" for at, call in enumerate(calls))]
        return [*body, "model = nn.Sequential(parts)"], "model"
    if way == "lambda":
        return [f"get_net = lambda: {write.sequential(text, calls)}", "model = get_net()"], "model"
    return [f"model = {write.sequential(text, calls)}"], "model"


def _function(text: write.Text, drawn: Plan) -> tuple[list[str], str]:
    """A function that builds the network."""
    name = text.fresh("build_model", "create_net", "get_model", "lenet")
    body, made = _sequential(text, drawn)
    called = text.rng.choice([f"{name}()"] * 2 + [f"{name}(verbose=False)"])
    head = f"def {name}({'' if called.endswith('()') else 'verbose=True'}):"
    said = [] if called.endswith("()") else ["    if verbose:", "        print(model)"]
    return [head, *(f"    {line}" for line in body), *said, f"    return {made}", ""], called


def _aliased(rng: Random, lines: Sequence[str]) -> list[str]:
    """Another name for one of torch's packages."""
    name, other = rng.choice(ALIASES)
    code = "\n".join(lines)
    head = {
        "nn": "import torch.nn as {}",
        "F": "import torch.nn.functional as {}",
        "torch": "import torch as {}",
    }
    code = re.sub(rf"(?<![\w.]){name}\.", f"{other}.", code)
    first = next(at for at, line in enumerate(lines) if not line.startswith(("import", "from")))
    return [*lines[:first], head[name].format(other), *code.splitlines()[first:]]


def _built(rng: Random, lines: list[str], make: str) -> list[str]:
    """The statement that makes the network, unless the text has it already."""
    if make in ("model", "net"):
        return lines
    name = rng.choice(["net", "model", "net", "my_net"])
    return [
        *lines,
        *rng.choice(
            [
                [f"{name} = {make}"],
                [f"{name} = {make}"],
                [f"{name} = {make}", f"print({name})"],
                [
                    "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
                    f"{name} = {make}.to(device)",
                ],
                ["if __name__ == '__main__':", f"    {name} = {make}", f"    print({name})"],
                ["def main():", f"    {name} = {make}", f"    return {name}", "", "main()"],
            ]
        ),
    ]


# What stands around it

LOOP = """
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD({net}.parameters(), lr=0.01, momentum=0.9)
for epoch in range(2):
    running_loss = 0.0
    for i, data in enumerate(trainloader, 0):
        images, labels = data[0].to(device), data[1].to(device)
        optimizer.zero_grad()
        outputs = {net}(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if i % 2000 == 1999:
            print('[%d, %5d] loss: %.3f' % (epoch + 1, i + 1, running_loss / 2000))
print('Finished Training')
""".splitlines()
DATA = """
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
trainset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=4, shuffle=True, num_workers=2)
""".splitlines()


def surrounded(rng: Random, code: str) -> str:
    """The code as it is pasted: with training around it, from a notebook, a terminal or a forum."""
    lines = code.splitlines()
    name = re.findall(r"^ *(net|model|my_net) = ", code, re.MULTILINE)
    if name and rng.random() < 0.3:
        lines += [line.format(net=name[-1]) for line in LOOP]
    if rng.random() < 0.1:
        lines = [*lines[:3], "import torchvision", "from torchvision import transforms", *DATA, *lines[3:]]
    for chance, way in ((0.25, _commented), (0.1, _spaced)):
        if rng.random() < chance:
            lines = way(rng, lines)
    if rng.random() < 0.35:
        lines = rng.choice(AROUND)(rng, lines)
    return rng.choice(["\n", "\n", "\n", "\r\n"]).join(lines) + rng.choice(["", "\n", "\n\n"])


def _commented(rng: Random, lines: list[str]) -> list[str]:
    said = [
        "# 卷积层",
        "# conv -> relu",
        "# TODO: (tune this",
        "# (batch, 16, 5, 5)",
        "#输入通道：3，输出：6",
        "# don't",
    ]
    return [
        f"{line}  {rng.choice(said)}" if line.strip() and rng.random() < 0.2 and not _quoted(line) else line
        for line in lines
    ]


def _quoted(line: str) -> bool:
    return '"""' in line or "'''" in line or "->" in line


def _spaced(rng: Random, lines: list[str]) -> list[str]:
    return [
        new for line in lines for new in ([line, ""] if rng.random() < 0.1 and not _quoted(line) else [line])
    ]


def _fenced(rng: Random, lines: list[str]) -> list[str]:
    return ["Here is my network, why is the accuracy so low?", "", "```python", *lines, "```", "Thanks!"]


def _prompted(rng: Random, lines: list[str]) -> list[str]:
    return [f"... {line}" if line.startswith(" ") or not line else f">>> {line}" for line in lines]


def _notebook(rng: Random, lines: list[str]) -> list[str]:
    return ["!pip install torch torchvision", "%matplotlib inline", *lines]


def _tabbed(rng: Random, lines: list[str]) -> list[str]:
    return [re.sub("^( {4})+", lambda found: "\t" * (len(found.group()) // 4), line) for line in lines]


def _narrow(rng: Random, lines: list[str]) -> list[str]:
    return [re.sub("^( {4})+", lambda found: "  " * (len(found.group()) // 4), line) for line in lines]


def _deeper(rng: Random, lines: list[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]


def _quotation(rng: Random, lines: list[str]) -> list[str]:
    return [f"> {line}" for line in lines]


def _numbered(rng: Random, lines: list[str]) -> list[str]:
    return [f"{at:>3} {line}" for at, line in enumerate(lines, 1)]


def _wide(rng: Random, lines: list[str]) -> list[str]:
    """Full-width commas and brackets, as a Chinese keyboard types them."""
    return [line.replace(", ", "，") if rng.random() < 0.3 and not _quoted(line) else line for line in lines]


def _prose(rng: Random, lines: list[str]) -> list[str]:
    said = [
        "Hi everyone, I have a question about this model:",
        "大家好，这个网络哪里错了？",
        "Please help, here's the code.",
    ]
    return [rng.choice(said), "", *lines]


AROUND = [
    _fenced,
    _prompted,
    _notebook,
    _tabbed,
    _narrow,
    _deeper,
    _quotation,
    _numbered,
    _wide,
    _prose,
]
