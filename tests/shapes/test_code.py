"""core.shapes.code: written code runs and builds what the table says; the short form reads back unchanged."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.errors import InputError
from core.reading import parse
from core.shapes import Layer, trace
from core.shapes.code import MOST_CHARACTERS, call, from_short, read_short, short, source
from core.shapes.network import PRESETS
from core.shapes.trace import MOST_LAYERS, failing
from core.text import LANGUAGES
from tests.shapes.settings import REFUSALS, SINGLE, STRICTER, TORCH_WARNS
from tests.shapes.test_layers import Image, random_network

LENIENT = (*STRICTER, SINGLE, "layer_transposed_small", "layer_upsample_small")  # torch runs on
pytestmark = pytest.mark.filterwarnings(*TORCH_WARNS)


def built(layers: tuple[Layer, ...], image: Image, name: str = "Net") -> nn.Module:
    """The module defined by the written code."""
    names: dict[str, Any] = {}
    exec(source(layers, trace(layers, image), name), names)
    module: nn.Module = names[name]()
    return module.eval()


def holds(layers: tuple[Layer, ...], image: Image) -> bool:
    """Whether the written network runs; if so, its size, parameters and FLOPs must be the table's."""
    rows = trace(layers, image)
    try:
        network = built(layers, image)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            output = network(torch.zeros(7, *image))
    except REFUSALS:
        assert failing(rows) is not None, layers
        return False
    broken = failing(rows)
    if broken is not None:
        refusal = rows[broken].refusal
        assert refusal is not None and refusal.key in LENIENT, layers
        return False
    assert tuple(output.shape[1:]) == (rows[-1].output_shape if rows else image)
    assert sum(p.numel() for p in network.parameters()) == sum(row.parameters for row in rows)
    assert counter.get_total_flops() == 2 * 7 * sum(row.macs for row in rows)
    assert [name for name, _ in network.named_children()] == [row.name for row in rows]
    return True


@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_a_preset_is_the_network_of_the_table(name: str) -> None:
    assert holds(PRESETS[name].layers, PRESETS[name].input_shape)


def test_the_code_of_random_networks_runs_where_the_table_says_so() -> None:
    ran = [holds(tuple(layers), image) for layers, image in map(random_network, range(2000, 2300))]
    assert 50 < sum(ran) < 250


def test_text_and_list_are_the_same_for_random_networks() -> None:
    """Arguments at their defaults may be dropped; the layers' effect never changes."""
    for seed in range(3000, 3500):
        layers, image = random_network(seed, most=20)
        for text in (short(layers), source(layers, trace(layers, image))):
            pasted = parse(text)
            assert not pasted.unread, text
            assert [(layer.kind, layer.values) for layer in pasted.layers] == [
                (layer.kind, layer.values) for layer in layers
            ]
            assert short(pasted.layers) == short(layers) and " " not in short(layers)


def test_the_code_says_the_sizes_up_to_the_layer_that_fails() -> None:
    layers = PRESETS["lenet"].layers
    lines = source(layers, trace(layers, (3, 28, 28)), "LeNet").splitlines()
    assert "class LeNet(nn.Module):" in lines
    assert (
        "        x = self.pool2(x)  # [N, 16, 4, 4]" in lines
        and "        x = self.flatten1(x)  # [N, 256]" in lines
    )
    assert "        x = self.fc1(x)" in lines and "        x = self.fc3(x)" in lines
    assert len([line for line in lines if "#" in line]) == 7


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Conv2d(3,6,5,stride=1,padding=0)", "Conv2d(3, 6, kernel_size=5)"),
        (
            "Conv2d(3,6,(5,3),2,padding='same',bias=False)",
            "Conv2d(3, 6, kernel_size=(5, 3), stride=2, padding='same', bias=False)",
        ),
        ("MaxPool2d(2,3,ceil_mode=True)", "MaxPool2d(2, stride=3, ceil_mode=True)"),
        ("Linear(400,120,False)", "Linear(400, 120, bias=False)"),
        ("Dropout()", "Dropout()"),
        ("Dropout(0.5)", "Dropout(0.5)"),
        ("ReLU(True)", "ReLU(True)"),
        ("Flatten(1,-1)", "Flatten()"),
        ("GroupNorm(8,64,affine=False)", "GroupNorm(8, 64, affine=False)"),
        ("Unflatten(1,(16,5,5))", "Unflatten(1, (16, 5, 5))"),
        ("Upsample(None,2)", "Upsample(scale_factor=2)"),
        ("ConvTranspose2d(8,4,2,2)", "ConvTranspose2d(8, 4, kernel_size=2, stride=2)"),
    ],
)
def test_a_layer_is_written_as_a_learner_would(text: str, written: str) -> None:
    assert call(from_short(text)[0]) == written


# The short form, read back


def test_a_short_form_is_read_back() -> None:
    for seed in range(3000, 3500):
        layers, _ = random_network(seed, most=20)
        read = from_short(short(layers))
        assert [(layer.kind, layer.values) for layer in read] == [
            (layer.kind, layer.values) for layer in layers
        ]
        assert short(read) == short(layers)
    assert from_short("") == () and from_short("ReLU(),") == (Layer("ReLU", {}),)


DAMAGED = [
    ("nonsense", "layers_unread"),
    ("ReLU", "layers_unread"),
    ("ReLU(", "layers_unread"),
    ("ReLU()]+[Tanh()", "layers_unread"),
    ("nn.ReLU()", "layers_unread"),
    ("print('x')", "layer_unknown"),
    ("__import__('os').system('touch hacked')", "layers_unread"),
    ("ReLU(open('hacked','w'))", "layers_unread"),
    ("ReLU(*[True])", "layers_unread"),
    ("ReLU(**{'inplace':True})", "layers_unread"),
    ("ReLU({[]:1})", "layers_unread"),
    ("Dropout(0.5,p=0.25)", "layers_unread"),
    ("Dropout(p=0.5,p=0.25)", "layers_unread"),
    ("Linear(4*4,10)", "layers_unread"),
    ("Linear(9,10", "layers_unread"),
    ("Linear(9)", "layer_argument_missing"),
    ("Linear(9,10,width=3)", "layer_argument_unknown"),
    ("Linear(0,10)", "shape_number"),
    ("Linear(3j,10)", "shape_number"),
    ("ReLU(True,False)", "layer_arguments"),
    ("%00", "layers_unread"),
    ("\0", "layers_unread"),
    ("\ud800", "layers_unread"),
    ("(" * 19_000, "layers_unread"),
    ("ReLU(" + "(" * 19_000, "layers_unread"),
    ("ReLU(" + "-" * 19_000 + "1)", "layers_unread"),
    ("Linear(" + "9" * 19_000 + ",1)", "layers_unread"),
    (",".join(["ReLU()"] * (MOST_LAYERS + 1)), "layers_too_many"),
    ("x" * (MOST_CHARACTERS + 1), "layers_text_long"),
]


@pytest.mark.parametrize(("text", "key"), DAMAGED, ids=range(len(DAMAGED)))
def test_any_other_text_is_one_sentence(text: str, key: str) -> None:
    with pytest.raises(InputError) as refused:
        from_short(text)
    assert refused.value.key == key
    for language in LANGUAGES:
        sentence = refused.value.sentence(language)
        assert 10 < len(sentence) < 700 and "\n" not in sentence


def test_a_damaged_list_keeps_the_layers_that_can_be_read() -> None:
    form = read_short("ReLU(),nonsense,Conv2d(0,1,1),Tanh()")
    assert form.layers == (Layer("ReLU", {}), Layer("Tanh", {}))
    assert [reason.key for reason in form.unread] == ["layers_unread", "shape_number"]
    assert "nonsense" in str(form.unread[0])
