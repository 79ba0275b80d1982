"""core.reading: learners' code becomes layers, unreadable lines sentences, and nothing is executed."""

import builtins
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.reading import MOST_CHARACTERS, Pasted, parse
from core.reading.paste import MOST_UNREAD
from core.shapes import Layer, trace
from core.shapes.code import short, source
from core.shapes.network import PRESETS
from core.shapes.trace import MOST_LAYERS
from core.text import LANGUAGES

quietly = settings(derandomize=True, database=None, deadline=None, max_examples=400)
RELU, FLATTEN = Layer("ReLU", {}), Layer("Flatten", {})
CONV = Layer("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 5})
LINEAR = Layer("Linear", {"in_features": 400, "out_features": 10})
LENET = PRESETS["lenet"].layers
TUTORIAL = '''
import torch.nn as nn
import torch.nn.functional as F

class LeNet(nn.Module):
    """The tutorial's network."""
    def __init__(self):
        super(LeNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)   # used twice
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, 16 * 5 * 5)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x

net = LeNet()
'''


def read(text: str) -> tuple[Layer, ...]:
    """The layers of a text that reads without a fault."""
    pasted = parse(text)
    assert not pasted.unread, [str(row.reason) for row in pasted.unread]
    return pasted.layers


def reported(text: str) -> list[tuple[int, str]]:
    """Line and key of each sentence, which exists in both languages."""
    pasted = parse(text)
    for row in pasted.unread:
        for language in LANGUAGES:
            assert 5 < len(row.reason.sentence(language)) < 700
    return [(row.line, row.reason.key) for row in pasted.unread]


# What is read


@pytest.mark.parametrize(
    "text",
    [
        "nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(400, 10))",
        "net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(400, 10),)",
        "torch.nn.Sequential(torch.nn.Conv2d(in_channels=3, kernel_size=5, out_channels=6), "
        "ReLU(), nn.Flatten(), Linear(16*5*5, 10))",
        "Sequential(Conv2d(3, 6, kernel_size=5), ReLU(), "
        "Sequential(Flatten(), Sequential(Linear(400, out_features=10))), nn.Sequential())",
        "nn.Sequential(OrderedDict([('conv', nn.Conv2d(3, 6, 5)), ('a', nn.ReLU()), "
        "('b', nn.Flatten()), ('c', nn.Linear(400, 10))]))",
        "nn.Sequential(collections.OrderedDict({'conv': nn.Conv2d(3, 6, 5), 'a': nn.ReLU(), "
        "'b': nn.Flatten(), 'c': nn.Linear(400, 10)}))",
        "nn.Sequential(*[nn.Conv2d(3, 6, 5), nn.ReLU()], nn.Flatten(), nn.Linear(400, 10))",
        "[nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(400, 10)]",
        "Conv2d(3,6,5),ReLU(),Flatten(),Linear(400,10)",
        "    self.conv = nn.Conv2d(3, 6, 5)\n    self.relu = nn.ReLU()\n"
        "    self.flat = nn.Flatten()\n    self.fc = nn.Linear(400, 10)",
        "        self.conv = nn.Conv2d(3, 6, 5)\n    self.relu = nn.ReLU()\n"
        "self.f = nn.Flatten()\n  self.fc = nn.Linear(400, 10)  # !",
        "n = 10\nk: int = 5\nnn.Conv2d(3, 6, k)\nnn.ReLU()\nnn.Flatten()\nnn.Linear(16 * k * k, n)",
        "class Net(nn.Module):\n  def __init__(self, classes=10, *, wide=400):\n    super().__init__()\n"
        "    self.features = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU())\n"
        "    self.fc = nn.Linear(wide, classes)\n  def forward(self, x):\n    x = self.features(x)\n"
        "    x = torch.flatten(x, 1)\n    return self.fc(x)",
    ],
)
def test_the_same_network_in_many_spellings(text: str) -> None:
    layers = read(text)
    assert [layer.kind for layer in layers] == ["Conv2d", "ReLU", "Flatten", "Linear"]
    assert [layer.values for layer in layers] == [layer.values for layer in (CONV, RELU, FLATTEN, LINEAR)]


def test_the_network_of_the_tutorial_is_read_and_nothing_is_said_of_a_view_that_is_right() -> None:
    pasted = parse(TUTORIAL)
    assert [trace(pasted.layers, (3, 32, 32))[i].output_shape for i in range(12)] == [
        row.output_shape for row in trace(LENET, (3, 32, 32))
    ]
    assert [layer.kind for layer in pasted.layers] == [layer.kind for layer in LENET]
    assert reported(TUTORIAL) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16*5*5", 400),
        ("(3 + 4) * 2 - 1", 13),
        ("33 // 2", 16),
        ("10**2", 100),
        ("int(7 / 2)", 3),
        ("True", None),
        ("7 / 2", None),
        ("4 // 0", None),
    ],
)
def test_sums_of_whole_numbers_are_worked_out(text: str, value: int | None) -> None:
    pasted = parse(f"nn.Linear({text}, 10)")
    assert [layer.params["in_features"] for layer in pasted.layers] == ([] if value is None else [value])
    assert bool(pasted.unread) == (value is None)


def test_values_of_every_kind() -> None:
    text = (
        "nn.Conv2d(3, 6, (5, 3), stride=[2, 1], padding='same', bias=False, device='cuda', dtype=torch.half)"
    )
    assert read(text)[0].params == {
        **CONV.params,
        "kernel_size": (5, 3),
        "stride": (2, 1),
        "padding": "same",
        "bias": False,
    }
    assert read("nn.LeakyReLU(-0.5), nn.MaxPool2d(2, None), nn.Flatten(1, -1)") == (
        Layer("LeakyReLU", {"negative_slope": -0.5}),
        Layer("MaxPool2d", {"kernel_size": 2, "stride": None}),
        Layer("Flatten", {"start_dim": 1, "end_dim": -1}),
    )


@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_a_list_is_read_back(name: str) -> None:
    layers = PRESETS[name].layers
    code = source(layers, trace(layers, PRESETS[name].input_shape))
    assert read(code) == layers
    assert read(code.replace("\n", "\r\n")) == layers
    assert read(short(layers)) == layers


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n\t\n", "# a comment", "import torch", '"""words"""', "pass", "\ufeff"]
)
def test_nothing_is_no_layer(text: str) -> None:
    assert parse(text).layers == ()


# What is not


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nn.Conv2d(3, 6, 5)\nnn.Conv3d(6, 6, 3)\nnn.ReLU()", [(2, "paste_module_unknown")]),
        (
            "nn.Sequential(\n  nn.Conv2d(3, 6, 5),\n  nn.LSTM(3, 4),\n  nn.ReLU(),\n)",
            [(3, "paste_module_unknown")],
        ),
        ("nn.Conv2d(3, 6, 5)\n\nnn.ReLU(\n    inplace=maybe)", [(3, "paste_value")]),
        ("nn.Conv2d(3, 6, 5)\nnn.ReLU(1, 2)", [(2, "paste_arguments")]),
        ("nn.Conv2d(3, 6, 5)\nnn.MaxPool2d()", [(2, "layer_argument_missing")]),
        ("nn.Conv2d(3, 6, 5)\nnn.MaxPool2d(2, kernel=3)", [(2, "layer_argument_unknown")]),
        ("nn.Conv2d(3, 6, 5)\nnn.MaxPool2d(-2)", [(2, "shape_number")]),
        ("nn.Conv2d(3, 6, 5)\nnn.MaxPool2d(**many)", [(2, "paste_value")]),
        ("nn.Conv2d(3, 6, 5)\nself.x = nn.ReLU( + *\nnn.ReLU()", [(2, "paste_syntax")]),
        ("nn.Conv2d(3, 6, 5)\nnn.Linear(9999999 * 9999999 * 9, 1)", [(2, "shape_number")]),
        ("nn.Conv2d(3, 6, 5)\nx = self.layers(x) + y", []),
        ("nn.Conv2d(3, 6, 5)\nthis is no Python\nnn.ReLU()", []),
        ("nn.Conv2d(3, 6, 5)\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)", []),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line_and_the_rest_is_read(
    text: str, expected: list[tuple[int, str]]
) -> None:
    assert reported(text) == expected
    assert parse(text).layers[:1] == (CONV,)
    if text.endswith(("nn.ReLU()", "nn.ReLU(),\n)")):
        assert parse(text).layers[-1] == RELU


def test_a_bracket_in_a_comment_is_no_bracket() -> None:
    text = "what is this?\nself.conv = nn.Conv2d(3, 6, 5)  # hard :(\nself.relu = nn.ReLU()  # (easy"
    assert parse(text).layers == (CONV, RELU)
    assert reported(text) == []


def test_a_missing_bracket_is_closed_at_the_end_of_its_line() -> None:
    text = "self.conv = nn.Conv2d(3, 6, 5\nself.relu = nn.ReLU()\nself.flatten = nn.Flatten()"
    assert parse(text).layers == (CONV, RELU, FLATTEN)
    assert reported(text) == [(1, "paste_syntax")]


def test_what_forward_does_beside_the_straight_line_is_said() -> None:
    text = (
        "class Net(nn.Module):\n    def __init__(self):\n"
        "        self.conv = nn.Conv2d(3, 6, 5)\n        self.spare = nn.ReLU()\n"
        "    def forward(self, x):\n        y = self.conv(x)\n        return x + y"
    )
    assert reported(text) == [(3, "paste_no_super"), (4, "paste_unused"), (7, "paste_sum")]


# Nothing is executed, nothing grows

EVIL = [
    "__import__('os').system('touch {made}')",
    "eval(\"open('{made}', 'w')\")",
    "open('{made}', 'w')",
    "nn.Conv2d(3, 6, open('{made}', 'w'))",
    "nn.Conv2d(3, 6, __import__('os').mkdir('{made}'))",
    "nn.Sequential(*[open('{made}', 'w') for _ in range(3)])",
    "self.x = (lambda: open('{made}', 'w'))()",
    "(y := open('{made}', 'w'))",
    "nn.ReLU(f\"{{open('{made}', 'w')}}\")",
    "nn.ReLU.__init__.__globals__['__builtins__']['open']('{made}', 'w')",
    "().__class__.__base__.__subclasses__()[0]('{made}')",
    "import os; os.mkdir('{made}')",
    "@open('{made}', 'w')\nclass Net(nn.Module):\n    x = open('{made}', 'w')",
    "class Net(nn.Module):\n    def __init__(self, x=open('{made}', 'w')):\n"
    "        open('{made}', 'w')\n        self.a = nn.ReLU()\n"
    "    def forward(self, x):\n        open('{made}', 'w')\n"
    "        x = self.a(open('{made}', 'w'))\n        return x",
]


@pytest.mark.parametrize("text", EVIL)
def test_nothing_is_executed(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("executed")

    parse("nn.Conv3d(1)")  # loads the sentences
    made = tmp_path / "made"
    with monkeypatch.context() as patch:
        for name in ("eval", "exec", "open"):
            patch.setattr(builtins, name, never)
        for name in ("system", "mkdir"):
            patch.setattr(os, name, never)
        pasted = parse(text.format(made=made))
    assert not made.exists()
    assert not pasted.layers or pasted.layers == (RELU,)
    assert pasted.unread or "import os" in text


@pytest.mark.parametrize(
    "text",
    [
        "nn.Linear(9**9**9, 10)",
        "nn.Linear(" + "*".join(["999999999999"] * 1000) + ", 10)",
        "nn.Linear('a' * 10**12, 10)",
        "nn.Linear((1,) * 10**12, 10)",
        "nn.Linear(1 << 10**12, 10)",
        "nn.Linear(" + "9" * 19_000 + ", 10)",
        "nn.Linear(0x" + "f" * 19_000 + ", 10)",
        "nn.Linear(1e999, 10)",
        "nn.Linear(1j, 10)",
        "nn.Linear(" + "-" * 15_000 + "1, 10)",
        "(" * 9_000 + ")" * 9_000,
        "nn.Sequential(" * 1_000 + ")" * 1_000,
        "nn.Sequential(" * 1_400,
        "[" * 19_999,
        "x" + ".x" * 9_000,
        "x" + "()" * 9_000,
        "nn.Sequential(*[nn.ReLU()] * 10**9)",
        "\0",
        "nn.ReLU(\0)",
        "nn.\ud800()",
        "nn.Dropout('\\d')\n)",
        "\f\v\x1c\u2028(",
    ],
    ids=lambda text: text[:24].encode("ascii", "replace").decode(),
)
def test_hostile_text_is_refused_with_a_sentence(text: str) -> None:
    pasted = parse(text)
    assert pasted.layers == () and (pasted.unread or text.startswith("nn.Sequential(" * 1_000))
    assert all(str(row.reason) for row in pasted.unread)


def test_a_text_too_long_is_not_even_parsed() -> None:
    for text in ("x" * 20_000_000, "nn.ReLU()\n" * 100_000, "(" * (MOST_CHARACTERS + 1)):
        with pytest.raises(InputError) as refused:
            parse(text)
        assert refused.value.key == "paste_too_long"


def layers_or_refusal(text: str) -> Pasted | None:
    try:
        return parse(text)
    except InputError as error:
        assert error.key == "layers_too_many"
        return None


def test_never_more_layers_than_a_list_has() -> None:
    doubling = "\n".join(
        ["a0 = nn.Sequential(nn.ReLU(), nn.ReLU())"]
        + [f"a{i + 1} = nn.Sequential(a{i}, a{i})" for i in range(60)]
    )
    calls = "\n".join(["        x = self.b(x)"] * 600)
    block = (
        f"class N:\n    def __init__(self):\n        self.b = nn.Sequential({'nn.ReLU(), ' * 60})\n"
        f"    def forward(self, x):\n{calls}"
    )
    for text in (
        "nn.ReLU()\n" * 1900,
        "nn.Sequential(" + "nn.ReLU()," * 1900 + ")",
        "nn.ReLU()," * 1900,
        doubling,
        block,
    ):
        pasted = layers_or_refusal(text)
        assert pasted is None or (len(pasted.layers) <= MOST_LAYERS and pasted.unread)
    assert len(read("nn.ReLU()\n" * MOST_LAYERS)) == MOST_LAYERS


def test_a_text_that_is_no_network_ends_soon() -> None:
    assert MOST_UNREAD <= len(reported("no layer\n" * 2000)) <= MOST_UNREAD + 1


BITS = (
    "3 6 -1 , , ( ) ) [ ] { } = x self.a * ** + // : . ' # "
    "def class return lambda for in __init__ @ True None 0.5 1e9 await match \\"
)
CALLS = "nn.Conv2d( nn.ReLU( nn.Sequential( nn.Flatten() OrderedDict padding= 'same' x.view( F.relu( forward"
WORDS = st.sampled_from([*BITS.split(" "), *CALLS.split(" "), "\n", "\n ", "\t", '"'])


@quietly
@given(
    st.lists(WORDS, max_size=40).map(" ".join)
    | st.text(max_size=60)
    | st.lists(WORDS, max_size=30).map("".join)
)
def test_any_text_is_answered(text: str) -> None:
    pasted = layers_or_refusal(text)
    assert pasted is not None
    lines = text.count("\n") + text.count("\r") + len(text.splitlines()) + 1
    assert all(1 <= row.line <= lines and str(row.reason) for row in pasted.unread)
    trace(pasted.layers, (3, 32, 32))
