"""What PyTorch refuses in a pasted network is told in its own words; what it runs isn't called broken."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn

from core.errors import InputError
from core.reading import parse
from core.shapes import trace
from core.shapes.trace import failing

IMAGE = (3, 32, 32)


def network(forward: str, init: str = "super().__init__()", returned: str = "return x") -> str:
    """A class with a convolution and a linear layer, and these lines in its forward."""
    lines = "\n".join(f"        {line}" for line in (*forward.splitlines(), *returned.splitlines()))
    return f"""class Net(nn.Module):
    def __init__(self):
        {init}
        self.conv = nn.Conv2d(3, 6, 5, stride=4)
        self.fc = nn.Linear(6 * 7 * 7, 10)

    def forward(self, x):
        x = self.conv(x)
{lines}
"""


def refusal(text: str, made: str = "Net()", use: str = "net(torch.zeros(1, 3, 32, 32)).shape") -> str | None:
    """What PyTorch says of the learner's own code; None where it runs."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional}
    try:
        exec(text, names)
        names["net"] = eval(made, names)
        eval(use, names)
    except (AttributeError, TypeError, RuntimeError, NotImplementedError, ValueError) as error:
        return str(error)
    return None


FLAT = network("x = self.fc(x.flatten(1))")
UNABLE: Mapping[str, tuple[str, str]] = {
    "no super": (network("x = self.fc(x.flatten(1))", init="pass"), "paste_no_super"),
    "super too late": (
        FLAT.replace("        super().__init__()\n", "").replace(
            "7, 10)\n", "7, 10)\n        super().__init__()\n"
        ),
        "paste_no_super",
    ),
    "init without underscores": (FLAT.replace("def __init__", "def init"), "paste_init_eaten"),
    "forward in __init__": (
        re.sub(r"(?m)^(    def forward|        x|        return)", r"    \1", FLAT),
        "paste_forward_missing",
    ),
    "forward misspelt": (FLAT.replace("def forward", "def foward"), "paste_forward_missing"),
    "a layer never made": (network("x = self.fc2(x.flatten(1))"), "paste_no_attribute"),
    "an argument that is missing": (
        FLAT.replace("def __init__(self)", "def __init__(self, width)") + "\nnet = Net()\n",
        "paste_argument_missing",
    ),
    "an argument of another name": (FLAT + "\nnet = Net(classes=3)\n", "paste_argument_unknown"),
    "a kernel that is missing": (
        FLAT.replace("nn.Conv2d(3, 6, 5, stride=4)", "nn.Conv2d(3, 6)"),
        "layer_argument_missing",
    ),
    "a sum of two sizes": (network("x = x + self.conv(x)\nx = self.fc(x.flatten(1))"), "layer_channels"),
    "a view of another size": (network("x = self.fc(x.view(x.size(0), 6 * 5 * 5))"), "paste_view_size"),
    "a view that regroups": (network("x = self.fc(x.view(-1, 147))"), "paste_view_rows"),
    "an error of its own": (
        network("if x.shape[1] != 3:\n    raise ValueError('three channels')"),
        "paste_raises",
    ),
}


@pytest.mark.parametrize(("text", "key"), UNABLE.values(), ids=list(UNABLE))
def test_what_pytorch_refuses_is_said(text: str, key: str) -> None:
    said = refusal(text)
    assert said is not None
    pasted = parse(text)
    traced = trace(pasted.layers, IMAGE)
    at = failing(traced)
    reasons = [*(row.reason for row in pasted.unread), *([] if at is None else [traced[at].refusal])]
    keys = [reason.key for reason in reasons if reason is not None]
    assert key in keys


@pytest.mark.parametrize(
    "name", ["no super", "super too late", "forward in __init__", "forward misspelt", "a layer never made"]
)
def test_the_words_are_those_of_pytorch(name: str) -> None:
    text, key = UNABLE[name]
    said = refusal(text)
    sentence = next(str(row.reason) for row in parse(text).unread if row.reason.key == key)
    quoted = [
        words for pair in re.findall(r"“([^”]+)”|`([^`]+)`", sentence) for words in pair if len(words) > 20
    ]
    assert said is not None and any(words in said for words in quoted), (said, sentence)


def test_a_forward_without_return_is_said_and_still_read() -> None:
    text = network("x = self.fc(x.flatten(1))", returned="")
    assert "NoneType" in (refusal(text) or "")
    pasted = parse(text)
    assert [layer.kind for layer in pasted.layers] == ["Conv2d", "Flatten", "Linear"]
    assert [row.reason.key for row in pasted.unread] == ["paste_no_return"]


RIGHT = [
    "x = self.fc(x.view(-1, 6 * 7 * 7))",
    "x = self.fc(x.view(x.size(0), -1))",
    "x = self.fc(x.reshape(len(x), 6 * 7 * 7))",
    "b, c, h, w = x.shape\nx = self.fc(x.view(b, c * h * w))",
    "x = self.fc(torch.flatten(x, start_dim=1))",
    "x = self.fc(x.flatten(start_dim=-3))",
    "x = self.fc(x.view(x.shape[:1] + (-1,)))",
    "size = x.size()[1:]\nn = 1\nfor s in size:\n    n *= s\nx = self.fc(x.view(-1, n))",
    "x = x.contiguous().to(x.device).view(x.size(0), -1)\nassert len(x)\nprint(x.shape)\nx = self.fc(x)",
    "if x.shape[2] > 100:\n    raise ValueError('too large')\nx = self.fc(x.flatten(1))",
    "try:\n    x = x.flatten(1)\nexcept RuntimeError:\n    pass\nx = self.fc(x)",
    "with torch.no_grad():\n    x = x.flatten(1)\nx = self.fc(x)",
]


@pytest.mark.parametrize("forward", RIGHT)
def test_of_what_pytorch_runs_nothing_is_said(forward: str) -> None:
    text = network(forward)
    assert refusal(text) is None
    pasted = parse(text)
    assert [str(row.reason) for row in pasted.unread] == []
    assert [layer.kind for layer in pasted.layers] == ["Conv2d", "Flatten", "Linear"]
    assert failing(trace(pasted.layers, IMAGE)) is None


def test_an_image_of_another_size_is_found_by_what_fits() -> None:
    digits = (
        "net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 12 * 12, 10))"
    )
    pasted = parse(digits)
    assert pasted.image == (1, 28, 28)
    assert failing(trace(pasted.layers, pasted.image)) is None


def test_an_image_that_the_text_sends_through_tells_its_size() -> None:
    text = "net = nn.Sequential(nn.LazyConv2d(6, 5), nn.Flatten(), nn.LazyLinear(10))\n{}"
    assert parse(text.format("net(torch.randn(8, 1, 28, 28))")).layers[0].params["in_channels"] == 1
    assert parse(text.format("summary(net, (4, 64, 64))")).image == (4, 64, 64)
    assert parse(text.format("")).layers[-1].params["in_features"] == 6 * 28 * 28


SEVERAL = """class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(3072, 10)

    def forward(self, x):
        return self.f(x.flatten(1))


class B(A):
    pass


one = nn.Sequential(nn.Flatten(), nn.Linear(3072, 7))
"""


def test_of_several_networks_the_one_built_last_is_taken_and_others_can_be_chosen() -> None:
    last = parse(SEVERAL)
    assert last.networks[last.chosen] == "one"
    assert [layer.kind for layer in last.layers] == ["Flatten", "Linear"]
    other = parse(SEVERAL, network=last.networks.index("B"))
    assert other.layers[-1].params["out_features"] == 10
    built = parse(SEVERAL + "net = A()\n")
    assert built.networks[built.chosen] == "net (A)"


def test_a_loop_that_does_not_end_is_said_and_the_network_before_it_is_read() -> None:
    pasted = parse(FLAT + "\nnet = Net()\nstep = 0\nwhile True:\n    step += 1\n")
    assert [layer.kind for layer in pasted.layers] == ["Conv2d", "Flatten", "Linear"]
    assert [row.reason.key for row in pasted.unread] == ["paste_endless"]


BLOCK = """class Block(nn.Module):
    def __init__(self, width, out):
        super().__init__()
        self.conv1 = nn.Conv2d(width, out, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(out)
        self.skip = nn.Conv2d(width, out, 1, stride=2)

    def forward(self, x):
        return F.relu(self.bn(self.conv1(x)) + self.skip(x))


net = nn.Sequential(nn.Conv2d(3, 16, 3), Block(16, 32), nn.Flatten(), nn.Linear(7200, 10))
"""


def test_a_branch_is_one_row_with_its_size_and_parameters_and_its_neighbours_stay() -> None:
    names: dict[str, Any] = {"nn": nn, "F": nn.functional}
    exec(BLOCK, names)
    block = names["net"][1]
    pasted = parse(BLOCK)
    assert [layer.kind for layer in pasted.layers] == ["Conv2d", "Other", "ReLU", "Flatten", "Linear"]
    row = pasted.layers[1]
    assert row.params["name"] == "Block"
    assert row.params["shape"] == tuple(block(torch.zeros(1, 16, 30, 30)).shape[1:])
    assert row.params["parameters"] == sum(weight.numel() for weight in block.parameters())
    assert [unread.reason.key for unread in pasted.unread] == ["paste_branch"]
    assert failing(trace(pasted.layers, IMAGE)) is None


def test_what_the_text_does_not_decide_is_said() -> None:
    text = FLAT.replace("def __init__(self):", "def __init__(self, widths):").replace(
        "self.conv = nn.Conv2d(3, 6, 5, stride=4)",
        "for width in widths:\n            self.conv = nn.Conv2d(3, 6, 5, stride=4)",
    )
    assert [row.reason.key for row in parse(text).unread] == ["paste_loop"]
    text = FLAT.replace("def __init__(self):", "def __init__(self, deep):").replace(
        "self.fc =", "if deep:\n            self.fc ="
    )
    assert [row.reason.key for row in parse(text).unread] == ["paste_condition"]
    outputs = network("y = self.fc(x.flatten(1))", returned="return y, x")
    assert [row.reason.key for row in parse(outputs).unread] == ["paste_outputs"]
    assert [layer.kind for layer in parse(outputs).layers] == ["Conv2d", "Flatten", "Linear"]


def test_of_functions_that_nothing_calls_the_last_that_a_list_can_hold_is_taken() -> None:
    text = "def deep(count):\n    return nn.Sequential(*[nn.ReLU() for _ in range(count)])\n" + "\n".join(
        f"def net{count}():\n    return deep({count})\n" for count in (30, 80, 150, 3000)
    )
    pasted = parse(text)
    assert pasted.networks[pasted.chosen] == "net80()"
    assert len(pasted.layers) == 80
    with pytest.raises(InputError):
        parse(text, network=pasted.chosen + 1)
    with pytest.raises(InputError):
        parse(text + "net = net150()\n")


def test_lists_of_tensors_are_joined_and_not_added() -> None:
    text = network("kept = [x] + [x]\nx = torch.cat(kept, dim=1)\nx = self.fc(x[:, :6].flatten(1))")
    assert refusal(text) is None
    pasted = parse(text)
    assert "paste_sum" not in [row.reason.key for row in pasted.unread]
    joined = next(layer for layer in pasted.layers if layer.kind == "Other")
    assert joined.params["shape"] == (12, 7, 7)


# Each makes a value of a million million items out of forty small ones.
NESTED = {
    "list": "a = [1]\nfor i in range(40):\n    a = [a, a]\n",
    "empty": "a = []\nfor i in range(40):\n    a = [a, a]\n",
    "tuple": "a = (1,)\nfor i in range(40):\n    a = (a, a)\n",
    "append": "a = [1]\nfor i in range(40):\n    b = []\n    b.append(a)\n    b.append(a)\n    a = b\n",
    "dict": "a = {'x': 1}\nfor i in range(40):\n    a = {'x': a, 'y': a}\n",
    "times": "a = [1]\nfor i in range(40):\n    a = [a] * 2\n",
    "itself": "a = [1]\na.append(a)\na.append(a)\n",
}
USES = (
    *(
        "nn.Conv2d(a, a, a)",
        "nn.Sequential(*a)",
        "nn.Sequential(a)",
        "nn.ModuleDict({a: 1})",
        "nn.LayerNorm(a)",
    ),
    *(
        "x = f'{a}'",
        "x = '{}'.format(a)",
        "x = '%s' % (a,)",
        "x = str(a)",
        "x = a.index(a)",
        "x = a.count(a)",
    ),
    *(
        "x = {a: 1}",
        "x = {}\nx[a] = 1",
        "x = {1: 1}[a]",
        "x = {}.get(a)",
        "x = {}.setdefault(a, 1)",
        "x = {a}",
    ),
    *("x = sorted(a)", "x = dict(a)", "x = sum(a, [])", "x = max(a)", "x = a + a\nx = a * 2", "a.extend(a)"),
    *("import copy\nx = copy.deepcopy(a)", "x = torch.randn(a)", "x = torch.zeros(3, 4).view(a)", "del a[0]"),
    "match a:\n    case [b, c]:\n        x = b",
)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("made", NESTED)
def test_lists_that_hold_each_other_twice_are_soon_read(made: str, use: str) -> None:
    text = f"import torch\nfrom torch import nn\n{NESTED[made]}{use}\nnet = nn.Sequential(nn.Linear(3, 4))\n"
    twin = NESTED[made].replace("a", "c").replace("rcnge", "range").replace("cppend", "append")
    for more in ("", f"{twin}if a == c or a < c or a in [c]:\n    x = 1\n"):
        try:
            assert len(parse(text + more).layers) <= 2
        except InputError as error:
            assert error.key in ("layers_too_many", "paste_no_network")


def test_what_damaged_texts_led_to() -> None:
    """A layer for a tensor of the batch alone, lines of a forward that assign nothing, an item taken away."""
    one = "class M(nn.Module):\n    def __init__(self):\n        self.f = nn.Linear(3, 4)\n"
    assert parse(one + "    def forward(self, x):\n        return self.f(x[:, 0, 0, 0])\n").layers
    assert parse("self.f = nn.Linear(3, 4)\nself.f(x)[0] = 1\n").layers
    kept = parse("l = [nn.Linear(3, 4), nn.ReLU()]\ndel l[1]\nnet = nn.Sequential(*l)\n")
    assert [layer.kind for layer in kept.layers] == ["Linear"]
