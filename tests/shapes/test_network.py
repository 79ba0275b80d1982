"""core.shapes.network: presets that run, and changes that give a new list and leave the old one alone."""

from contextlib import suppress

import pytest
import torch

from core.errors import InputError
from core.lenet import LeNet
from core.shapes import LAYERS, Layer, trace
from core.shapes.code import from_short, short
from core.shapes.formula import LARGEST
from core.shapes.network import (
    MEASURED,
    PRESETS,
    Layers,
    added,
    fresh,
    is_full,
    moved,
    preset_of,
    removed,
    replaced,
)
from core.shapes.torch_check import module
from core.shapes.trace import MOST_LAYERS, failing
from core.shapes.trainable import IMAGE, trainable

RELU = Layer("ReLU", {})
LENET = PRESETS["lenet"].layers


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_runs_and_is_its_own_link(name: str) -> None:
    preset = PRESETS[name]
    assert failing(trace(preset.layers, preset.input_shape)) is None
    assert short(preset.layers) == preset.text
    assert from_short(preset.text) == preset.layers
    assert preset_of(preset.layers, preset.input_shape) == name
    assert preset_of((*preset.layers, RELU), preset.input_shape) is None
    assert preset_of(preset.layers, (4, 32, 32)) is None


def costs(name: str) -> tuple[int, int]:
    """Parameters and multiply-adds."""
    rows = trace(PRESETS[name].layers, PRESETS[name].input_shape)
    return sum(row.parameters for row in rows), sum(row.macs for row in rows)


def test_every_preset_that_can_be_trained_was_measured() -> None:
    can = []
    for name, preset in PRESETS.items():
        with suppress(InputError):
            trainable(preset.layers)
            can += [name] if preset.input_shape == IMAGE else []
    assert can == list(MEASURED)


def test_what_the_texts_say_of_the_presets() -> None:
    (parameters, macs), of = costs("lenet"), {name: costs(name) for name in MEASURED}
    assert 200 < of["lenet_norm"][0] - parameters < 1000 and of["lenet_norm"][1] == macs
    assert of["lenet_1998"] == of["lenet_dropout"] == (parameters, macs)
    assert 0.99 < of["mlp"][0] / parameters < 1
    assert round(of["vgg"][1] / macs) == 15
    assert 0.7 < of["resnet"][1] / of["vgg"][1] < 0.8
    assert max(of[name][1] for name in ("vgg", "resnet")) < 12_000_000
    assert MEASURED["lenet_norm"] > MEASURED["lenet"] > MEASURED["lenet_1998"] > MEASURED["lenet_dropout"]
    assert MEASURED["lenet_dropout"] > MEASURED["mlp"] > MEASURED["linear"]
    assert abs(MEASURED["vgg"] - MEASURED["resnet"]) < 2


def test_the_first_preset_is_the_lenet_of_core() -> None:
    ours = [module(layer) for layer in LENET]
    shapes = [p.shape for made in ours for p in made.parameters()]
    assert shapes == [p.shape for p in LeNet().parameters()]
    rows = trace(LENET, PRESETS["lenet"].input_shape)
    assert tuple(LeNet()(torch.zeros(1, 3, 32, 32)).shape[1:]) == rows[-1].output_shape


NEED_MAP = ("convolution", "pooling", "padding", "upsampling")
REFUSING = {  # numbers of dimensions besides the batch that a kind refuses
    **{kind: (1, 2) for kind, row in LAYERS.items() if row.group in NEED_MAP},
    "BatchNorm2d": (1, 2),
    "BasicBlock": (1, 2),
    "BatchNorm1d": (3,),
    "InstanceNorm2d": (1, 2),
    "LocalResponseNorm": (1,),
    "Unflatten": (2, 3),  # more dimensions than fit into a row come out
}


@pytest.mark.filterwarnings("ignore:dropout2d")
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("arriving", [(3, 32, 32), (16, 5, 7), (400,), (16, 25), None], ids=str)
def test_a_new_layer_takes_what_arrives(kind: str, arriving: tuple[int, ...] | None) -> None:
    layer = fresh(kind, arriving)
    assert layer.kind == kind
    if arriving is None or len(arriving) in REFUSING.get(kind, ()):
        return
    output = layer.output(arriving)
    assert output is not None
    if layer.is_known:
        assert module(layer).eval()(torch.zeros(2, *arriving)).shape == (2, *output)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_new_layer_behind_a_great_many_numbers_is_still_a_layer(kind: str) -> None:
    """10**12 features arrive, more than any argument may be."""
    flat = (Layer("Flatten", {}),)
    after = added(flat, kind, 0, (LARGEST, 10_000, 1_000))
    assert after[1].kind == kind


def test_a_layer_is_put_behind_the_one_that_is_named() -> None:
    for index in range(-1, len(LENET)):
        layers = added(LENET, "BatchNorm2d", index, (3, 32, 32))
        assert layers[: index + 1] == LENET[: index + 1] and layers[index + 2 :] == LENET[index + 1 :]
        if index < 6:
            assert failing(trace(layers, (3, 32, 32))) is None
    assert added((), "Linear", -1, (3, 32, 32)) == (Layer("Linear", {"in_features": 32, "out_features": 10}),)


def test_a_layer_behind_one_that_fails_is_added_all_the_same() -> None:
    assert len(added(LENET, "Conv2d", 11, (3, 28, 28))) == 13


def order(layers: Layers) -> list[object]:
    return [layer.params.get("out_features", layer.params.get("p")) for layer in layers]


def test_layers_change_places() -> None:
    layers = tuple(Layer("Linear", {"in_features": 1, "out_features": number}) for number in range(1, 5))
    assert order(moved(layers, 0, 1)) == [2, 1, 3, 4]
    assert order(moved(layers, 3, -1)) == [1, 2, 4, 3]
    assert order(moved(layers, 0, 3)) == [2, 3, 4, 1]
    for index, by in ((0, -1), (3, 1), (1, 10**9), (2, -3), (1, 0)):
        assert moved(layers, index, by) == layers
    assert order(removed(layers, 2)) == [1, 2, 4]
    assert order(removed(layers, 0)) == [2, 3, 4]
    assert order(replaced(layers, 3, Layer("Dropout", {"p": 0.5}))) == [1, 2, 3, 0.5]
    assert order(layers) == [1, 2, 3, 4]


def test_a_list_is_full_where_trace_would_refuse_one_more() -> None:
    assert not is_full([RELU] * (MOST_LAYERS - 1))
    assert is_full([RELU] * MOST_LAYERS) and is_full([RELU] * (MOST_LAYERS + 1))
    assert len(trace([RELU] * MOST_LAYERS, (3, 32, 32))) == MOST_LAYERS
