"""A network is found in what learners paste around it, and what they damage on the way."""

import re

import pytest

from core.reading import parse

NETWORK = """class Birds(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(6 * 14 * 14, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv(x)))
        x = torch.flatten(x, 1)
        return self.fc(x)
"""
KINDS = ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]


def prompted(first: str, more: str) -> str:
    """The network with a prompt before each line."""
    lines = enumerate(NETWORK.splitlines())
    return "".join(f"{more if number else first}{line}\n" for number, line in lines)


WRAPPED = {
    "shell": "!pip install torch torchvision\n!nvidia-smi\n" + NETWORK,
    "magic": "%matplotlib inline\n%%time\n" + NETWORK + "%timeit Birds()(x)\n",
    "help": "nn.Conv2d?\n" + NETWORK + "Birds??\n",
    "prompts": prompted(">>> ", "... ") + ">>> Birds()\n<repr>\n",
    "IPython": prompted("In [12]: ", "    ...: ") + "\nOut[12]: 42\n",
    "notebook": "In [3]:\n" + NETWORK + "Out[3]:\n",
    "fence": "Here is my model:\n\n```python\n" + NETWORK + "```\nWhy does it not learn (it worked).\n",
    "an open fence": "```\n" + NETWORK,
    "prose": "Hello,\nI'm new to PyTorch: here's the code!\n\n" + NETWORK + "\nThanks :) John's brother\n",
    "quotation": "".join(f"> {line}\n" for line in NETWORK.splitlines()),
    "line numbers": "".join(f"{at:3d}  {line}\n" for at, line in enumerate(NETWORK.splitlines(), 1)),
    "a diff": "".join(f"+{line}\n" for line in NETWORK.splitlines()),
    "Python 2": NETWORK + "net = Birds()\nprint net\nprint 'done'\n",
    "a cut-off end": NETWORK + "\nfor epoch in range(2):\n    for x, y in data:\n        loss = f(net(x), y",
    "a cut-off beginning": "rms.Normalize((0.5,), (0.5,))])\n" + NETWORK,
    "indentation lost": re.sub(r"(?m)^ +", "", NETWORK) + "net = Birds()\n",
    "indentation in tabs": NETWORK.replace("    ", "\t"),
    "tabs and blanks": NETWORK.replace("        self.pool", "\tself.pool"),
    "one blank off": NETWORK.replace("        self.pool", "         self.pool"),
    "one blank short": NETWORK.replace("        self.pool", "       self.pool"),
    "full-width signs": NETWORK.replace("Conv2d(3, 6, 5)", "Conv2d（3，6，５）").replace("(x):", "(x)："),
    "typographic quotes": "print(“hello”)\n" + NETWORK,
    "blanks that don't break": NETWORK.replace("    ", "\u00a0\u00a0\u00a0\u00a0"),
    "invisible signs": "\ufeff" + NETWORK.replace("self.fc =", "self.\u200bfc ="),
    "entities": NETWORK.replace("class Birds", "if 3 &gt; 2: pass\nclass Birds").replace("'", "&#39;"),
    "bold underscores": NETWORK.replace("__init__", "**init**"),
    "Windows": NETWORK.replace("\n", "\r\n"),
    "indented": "".join(f"      {line}\n" for line in NETWORK.splitlines()),
    "a traceback": NETWORK + '\nTraceback (most recent call last):\n  File "a.py", line 3, in <module>\n'
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x1176 and 400x10)\n",
    "Chinese": "# 我的网络\n大家好，这个网络为什么报错？\n"
    + NETWORK.replace("self.pool =", "# 池化层\n        self.pool ="),
    "a missing colon": NETWORK.replace("def __init__(self):", "def __init__(self)"),
    "a missing bracket": NETWORK.replace("nn.MaxPool2d(2)", "nn.MaxPool2d(2"),
}


@pytest.mark.parametrize("text", WRAPPED.values(), ids=list(WRAPPED))
def test_the_network_is_found_in_what_surrounds_it(text: str) -> None:
    pasted = parse(text)
    assert [layer.kind for layer in pasted.layers] == KINDS
    assert pasted.layers[0].params == {"in_channels": 3, "out_channels": 6, "kernel_size": 5}


@pytest.mark.parametrize("name", sorted(set(WRAPPED) - {"a missing colon", "a missing bracket"}))
def test_nothing_is_said_of_what_makes_no_layer(name: str) -> None:
    assert [str(row.reason) for row in parse(WRAPPED[name]).unread] == []


@pytest.mark.parametrize(("name", "line"), [("a missing colon", 2), ("a missing bracket", 5)])
def test_a_slip_is_mended_and_said(name: str, line: int) -> None:
    assert [(row.line, row.reason.key) for row in parse(WRAPPED[name]).unread] == [(line, "paste_syntax")]
