"""A module known only by its shape: taken at its word, never called broken, never built."""

import ast
import random
from typing import Any

import pytest
import torch

from core.errors import InputError
from core.figures.shapes import volumes
from core.shapes import Layer, trace
from core.shapes.code import call, from_short, short, source
from core.shapes.fix import fix
from core.shapes.layers import LAYERS, OTHER, Merged, read_numbers
from core.shapes.network import fresh, moved, removed
from core.shapes.torch_check import Verdict, judge, module, sizes
from core.shapes.trace import failing
from core.text import LANGUAGES
from tests.shapes.test_layers import random_network

BLOCK = Layer(OTHER, {"name": "ResidualBlock", "shape": (16, 14, 14), "parameters": 1234})
UNKNOWN = Layer(OTHER, {"name": "layer1.0 + shortcut"})
CONV = Layer("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 5})
NEXT = Layer("Conv2d", {"in_channels": 16, "out_channels": 2, "kernel_size": 3})
IMAGE = (3, 32, 32)


def test_sizes_go_on_from_the_shape_of_the_module() -> None:
    rows = trace([CONV, BLOCK, NEXT], IMAGE)
    assert [row.output_shape for row in rows] == [(6, 28, 28), (16, 14, 14), (2, 12, 12)]
    assert [row.name for row in rows] == ["conv1", "block1", "conv2"]
    assert (rows[1].parameters, rows[1].macs, rows[1].memory) == (1234, 0, 4 * 16 * 14 * 14)
    assert [row.receptive_field for row in rows] == [(5, 5), None, None]
    assert judge([CONV, BLOCK, NEXT], rows, IMAGE) == Verdict(True)


def test_sizes_behind_an_unknown_shape_are_unknown_and_not_broken() -> None:
    wrong = Layer("Linear", {"in_features": 7, "out_features": 2})
    layers = [CONV, UNKNOWN, wrong, BLOCK, NEXT]
    rows = trace(layers, IMAGE)
    shapes = [(6, 28, 28), None, None, (16, 14, 14), (2, 12, 12)]
    assert [row.output_shape for row in rows] == shapes == sizes(layers, IMAGE)
    assert failing(rows) is None and fix(layers, rows) is None
    assert judge(layers, rows, IMAGE) == Verdict(True)


def test_a_layer_that_does_not_fit_the_module_breaks_in_the_words_of_torch() -> None:
    layers = [UNKNOWN, BLOCK, CONV]
    rows = trace(layers, IMAGE)
    verdict = judge(layers, rows, IMAGE)
    assert failing(rows) == 2 and verdict.agrees
    assert verdict.message is not None and "to have 3 channels, but got 16" in verdict.message
    correction = fix(layers, rows)
    assert correction is not None and correction.layers[2].params["in_channels"] == 16


def test_nothing_starts_again_behind_a_layer_that_breaks() -> None:
    rows = trace([NEXT, BLOCK, NEXT], IMAGE)
    assert failing(rows) == 0 and all(row.output_shape is None for row in rows)
    assert rows[1].refusal is None


def test_flatten_is_not_moved_across_it() -> None:
    layers = [Layer("Flatten", {}), Layer(OTHER, {"name": "Block", "shape": (9,)}), NEXT]
    assert fix(layers, trace(layers, IMAGE)) is None


def test_a_shape_too_large_for_any_tensor_is_refused() -> None:
    huge = Layer(OTHER, {"name": "Huge", "shape": (10**15, 10**15)})
    rows = trace([UNKNOWN, huge], IMAGE)
    assert rows[1].refusal is not None and rows[1].refusal.key == "layer_too_large"
    assert judge([UNKNOWN, huge], rows, IMAGE) == Verdict(True) and fix([UNKNOWN, huge], rows) is None
    assert trace([Layer(OTHER, {"name": "Wide", "shape": (10**15,)})], IMAGE)[0].output_shape == (10**15,)


def test_it_is_never_built() -> None:
    with pytest.raises(InputError) as refused:
        module(BLOCK)
    assert refused.value.key == "layer_not_built"
    assert all("ResidualBlock" in refused.value.sentence(language) for language in LANGUAGES)


def test_a_table_that_claims_another_size_behind_it_is_not_confirmed() -> None:
    rows = trace([BLOCK, NEXT], IMAGE)
    other = Layer(OTHER, {"name": "Block", "shape": (16, 9, 9)})
    assert not judge([other, NEXT], rows, IMAGE).agrees


NAMES = ["ResidualBlock", "layer1.0", "x + shortcut", "残差块 2", "a#b", "_", "-", "Ünet", "x" * 40]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [None, (400,), (16, 25), (16, 14, 14)], ids=str)
def test_it_goes_through_a_link_unchanged(name: str, shape: tuple[int, ...] | None) -> None:
    layer = Layer(OTHER, {"name": name, "shape": shape, "parameters": 5})
    text = short([CONV, layer, NEXT])
    read = from_short(text)
    assert [again.values for again in read] == [CONV.values, layer.values, NEXT.values]
    assert text == short(read)


BAD_NAMES = ("", " ", " a", "a ", "a\n", "x" * 41, "a'b", "a<b", "a(b)", 3, None)
BAD: list[tuple[str, Any, str]] = [
    *(("name", value, "layer_name") for value in BAD_NAMES),
    *(("shape", value, "layer_shape") for value in ((), (1, 2, 3, 4), 3, "16", {}, [[1] * 9] * 9)),
    *(("shape", value, "shape_number") for value in ((0,), (1, 2.0), (True,), (10**16,), ("3",), (None,))),
    *(("parameters", value, "shape_number") for value in (-1, 1.5, True, 10**16, None)),
]


@pytest.mark.parametrize(("name", "value", "key"), BAD, ids=range(len(BAD)))
def test_an_argument_that_cannot_be_is_one_sentence(name: str, value: Any, key: str) -> None:
    with pytest.raises(InputError) as refused:
        Layer(OTHER, {"name": "Block", name: value})
    assert refused.value.key == key
    assert all(10 < len(refused.value.sentence(language)) < 250 for language in LANGUAGES)


@pytest.mark.parametrize(
    ("name", "written", "line"),
    [
        ("ResidualBlock", "ResidualBlock(...)", "ResidualBlock(...)  # your own module, not built here"),
        ("models.Block", "models.Block(...)", "models.Block(...)  # your own module, not built here"),
        ("layer1.0", "layer1.0", "...  # layer1.0: your own code goes here"),
        ("x + shortcut", "x + shortcut", "...  # x + shortcut: your own code goes here"),
        ("class", "class", "...  # class: your own code goes here"),
    ],
)
def test_its_code_is_a_line_to_complete(name: str, written: str, line: str) -> None:
    layer = Layer(OTHER, {"name": name, "shape": (16, 14, 14)})
    text = source([CONV, layer, NEXT], trace([CONV, layer, NEXT], IMAGE))
    assert call(layer) == written
    assert f"        self.block1 = {line}" in text.splitlines()
    assert "        x = self.block1(x)  # [N, 16, 14, 14]" in text.splitlines()
    ast.parse(text)


def test_completed_code_runs() -> None:
    def block(_: Any) -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Conv2d(6, 16, 1), torch.nn.MaxPool2d(2))

    names: dict[str, Any] = {"ResidualBlock": block}
    exec(source([CONV, BLOCK, NEXT], trace([CONV, BLOCK, NEXT], IMAGE)), names)
    assert names["Net"]()(torch.zeros(2, *IMAGE)).shape == (2, 2, 12, 12)


def test_it_is_moved_removed_and_added_like_any_row() -> None:
    assert moved((CONV, BLOCK), 1, -1) == (BLOCK, CONV)
    assert removed((CONV, BLOCK), 1) == (CONV,)
    assert fresh(OTHER, (6, 28, 28)).values["shape"] == (6, 28, 28)
    assert fresh(OTHER, None).values["shape"] is None
    assert hash(BLOCK) == hash(Layer(OTHER, dict(BLOCK.params)))


def test_its_box_has_its_own_colour_and_no_shape_where_none_is_known() -> None:
    boxes = volumes(IMAGE, trace([CONV, UNKNOWN, CONV, BLOCK, NEXT], IMAGE), "image")
    assert [(box.group, box.shape) for box in boxes] == [
        ("image", IMAGE),
        ("convolution", (6, 28, 28)),
        ("other", None),
        ("other", (16, 14, 14)),
        ("convolution", (2, 12, 12)),
    ]
    same = Layer(OTHER, {"name": "Same", "shape": (6, 28, 28)})
    alike = volumes(IMAGE, trace([CONV, same], IMAGE), "image")
    assert [box.names for box in alike] == [("image",), ("conv1",), ("block1",)]


TYPED: list[tuple[str, Any, Any]] = [
    ("16, 14, 14", [16, 14, 14], [16, 14, 14]),
    ("(16,14,14)", [16, 14, 14], [16, 14, 14]),
    ("16×14×14", [16, 14, 14], [16, 14, 14]),
    ("４００", [400], 400),
    ("16，-1", [16, -1], [16, -1]),
    ("", None, None),
    ("  ", None, None),
    ("()", None, None),
    ("16, x", [16, "x"], [16, "x"]),
    ("9" * 30, ["9" * 30], "9" * 30),
]


@pytest.mark.parametrize(("text", "shape", "sizes"), TYPED)
def test_typed_numbers_are_read(text: str, shape: Any, sizes: Any) -> None:
    assert read_numbers(text, LAYERS[OTHER].params[1]) == shape
    assert read_numbers(text, LAYERS["LayerNorm"].params[0]) == sizes


def random_block(draw: random.Random) -> Layer:
    shape = (draw.randint(1, 8), draw.randint(1, 9), draw.randint(1, 9))[: draw.randint(1, 3)]
    return Layer(OTHER, {"name": "Block", "shape": draw.choice([None, shape, shape])})


def test_networks_with_modules_and_merged_batches_are_those_of_torch() -> None:
    """Sizes, links and code of random networks; the sizes of one image, as torch computes them."""
    merged = unknown = 0
    for seed in range(7000, 7300):
        draw = random.Random(seed)
        layers, image = random_network(seed)
        layers.insert(draw.randint(0, len(layers)), random_block(draw))
        merging = Layer("Flatten", {"start_dim": 0, "end_dim": draw.randint(-1, 2)})
        layers.insert(draw.randint(0, len(layers)), merging)
        layers.append(random_block(draw))
        rows = trace(layers, image)
        assert judge(layers, rows, image).agrees, (seed, layers)
        assert [layer.values for layer in from_short(short(layers))] == [layer.values for layer in layers]
        ast.parse(source(layers, rows))
        merged += any(isinstance(row.output_shape, Merged) for row in rows)
        unknown += failing(rows) is None and any(row.output_shape is None for row in rows)
    assert merged > 50 and unknown > 10
