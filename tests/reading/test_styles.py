"""Styles that a generator of networks found, or can't write: each as PyTorch runs it, and what is said."""

import pytest

from core.reading import parse
from core.shapes import Layer, trace
from tests.support.learners.odd import ODD
from tests.support.learners.scenes import made
from tests.support.learners.truth import check_scene

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5)
        self.fc = nn.Linear(4 * 24 * 24, 10)
    def forward(self, x):
        return self.fc(torch.flatten(F.relu(self.conv(x)), 1))
"""
KINDS = ["Conv2d", "ReLU", "Flatten", "Linear"]


@pytest.mark.parametrize("style", ODD)
def test_an_odd_style_is_read_as_pytorch_runs_it(style: str) -> None:
    parts, code = ODD[style]
    check_scene(made((3, 32, 32), parts, code, "net"))


@pytest.mark.parametrize(
    "text",
    [
        NET + "\nnet = Net()\nnet(torch.zeros(1, 1, 28, 28))\nTraceback (most recent call last):\n"
        '  File "train.py", line 9, in <module>\n    result = self.forward(*input\n--> 530  x = nn.Conv2d(\n'
        "RuntimeError: CUDA out of memory\n",
        "Please help, here's the code.\n" + NET.replace("Module):", "Module):  # don't"),
        NET + "\nnet = Net()\nprint(net)\nNet(\n  (conv): Conv2d(1, 4, kernel_size=(5, 5))\n)\nnet.eval()",
        NET + "\nclass EMA(nn.Module):\n    def __init__(self, model):\n        super().__init__()\n"
        "        self.model = model\n    def forward(self, x):\n        return self.model(x)\n",
        "self.conv = nn.Conv2d(1, 4, 5)\nself.fc = nn.Linear(4 * 24 * 24, 10)\n...\n"
        "x = F.relu(self.conv(x))\nx = x.view(x.size(0), -1)\nx = self.fc(x)\n",
        NET + "\ndef helper(conv, width):\n    return nn.Sequential(nn.Conv2d(width, 4, 3), nn.ReLU())\n",
        NET
        + "\nother = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\ndef main():\n    net = Net()\nmain()\n",
        NET.replace("def forward", "def features", 1).replace("self.fc(", "").replace(", 1))", ", 1)")
        + "@d2l.add_to_class(Net)\ndef forward(self, x):\n    return self.fc(self.features(x))\n",
    ],
    ids=[
        "a traceback below",
        "an apostrophe",
        "what print shows",
        "a wrapper",
        "no class at all",
        "a helper never called",
        "made last",
        "a method added",
    ],
)
def test_what_surrounds_a_network_changes_nothing(text: str) -> None:
    pasted = parse(text)
    assert [layer.kind for layer in pasted.layers] == KINDS
    assert not pasted.unread
    assert trace(pasted.layers, pasted.image)[-1].output_shape == (10,)


def test_steps_of_one_module_are_one_row_with_its_name_and_shape() -> None:
    text = (
        "class Shuffle(nn.Module):\n    def forward(self, x):\n        n, c, h, w = x.size()\n"
        "        return x.view(n, 2, c // 2, h, w).permute(0, 2, 1, 3, 4).reshape(n, c, h, w)\n"
        "net = nn.Sequential(nn.Conv2d(3, 8, 1), Shuffle(), nn.Flatten(), nn.Linear(8192, 10))"
    )
    pasted = parse(text)
    assert pasted.layers[1] == Layer("Other", {"name": "Shuffle", "shape": (8, 32, 32)})
    assert [row.reason.key for row in pasted.unread] == ["paste_step_unknown"]


def test_a_size_that_the_text_states_is_the_image() -> None:
    text = "net = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU())\nnet.layer_summary((1, 1, 96, 96))"
    assert parse(text).image == (1, 96, 96)
    assert parse(text).layers[0].params["in_channels"] == 1


@pytest.mark.parametrize("part", ["F.relu", "nn.ReLU"])
def test_what_is_no_module_in_a_sequential_is_said(part: str) -> None:
    pasted = parse(f"net = nn.Sequential(nn.Conv2d(3, 8, 3), {part}, nn.Flatten(), nn.Linear(7200, 10))")
    assert [layer.kind for layer in pasted.layers] == KINDS
    assert [row.reason.key for row in pasted.unread] == ["paste_raises"]
