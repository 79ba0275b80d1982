"""core.shapes.torch_check: torch confirms the table, its messages stay unchanged, nothing large is built."""

import tracemalloc

import pytest
import torch

from core.lenet import LeNet
from core.shapes import Layer, torch_check, trace
from core.shapes.network import PRESETS
from core.shapes.torch_check import (
    MOST_ELEMENTS,
    Verdict,
    affordable,
    judge,
    layer_class,
    message,
    module,
    sizes,
)
from core.shapes.trace import failing
from tests.shapes.settings import KNOWN, REFUSALS, STRICTER, TORCH_WARNS, required
from tests.shapes.test_layers import random_network

LENET = PRESETS["lenet"].layers
pytestmark = pytest.mark.filterwarnings(*TORCH_WARNS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_confirmed(name: str) -> None:
    preset = PRESETS[name]
    traced = trace(preset.layers, preset.input_shape)
    assert sizes(preset.layers, preset.input_shape) == [row.output_shape for row in traced]
    assert judge(preset.layers, traced, preset.input_shape) == Verdict(True)


def test_the_words_about_lenet_at_28_pixels_are_those_of_torch() -> None:
    error_text = judge(LENET, trace(LENET, (3, 28, 28)), (3, 28, 28)).message
    with pytest.raises(RuntimeError) as theirs:
        LeNet()(torch.zeros(1, 3, 28, 28))
    assert error_text == str(theirs.value)
    assert "mat1 and mat2 shapes cannot be multiplied (1x256 and 400x120)" in error_text
    assert sizes(LENET, (3, 28, 28))[-1] == (256,)


def test_a_table_that_is_wrong_is_not_confirmed() -> None:
    other = trace(LENET, (3, 33, 35))
    assert judge(LENET, other, (3, 32, 32)).agrees is False
    assert judge(LENET, trace(LENET, (3, 28, 28)), (3, 32, 32)).agrees is False


def test_random_networks_are_confirmed_and_each_refusal_has_the_words_of_torch() -> None:
    refusals = 0
    for seed in range(5000, 5400):
        layers, image = random_network(seed)
        traced = trace(layers, image)
        verdict = judge(layers, traced, image)
        assert verdict.agrees, layers
        index = failing(traced)
        if index is None:
            assert verdict.message is None
            continue
        x = torch.zeros(1, *(traced[index].input_shape or ()))
        try:
            layer_class(layers[index].kind)(**layers[index].params).eval()(x)
        except REFUSALS as error:
            assert verdict.message == str(error)
            refusals += 1
        else:  # a batch of one of two dimensions may pass for an image of one channel
            refusal = traced[index].refusal
            assert verdict.message is None and refusal is not None
            assert refusal.key in ("layer_needs_map", "layer_norm_shape", "layer_transposed_small", *STRICTER)
    assert refusals > 100


@pytest.mark.parametrize("kind", KNOWN)
def test_the_layer_is_that_of_torch(kind: str) -> None:
    layer = required(kind)
    theirs = layer_class(kind)(**layer.params)
    for device in ("cpu", "meta"):
        made = module(layer, device)
        assert repr(made) == repr(theirs) and type(made) is type(theirs)
        assert [(p.shape, p.device.type) for p in made.parameters()] == [
            (p.shape, device) for p in theirs.parameters()
        ]


def test_no_random_number_is_drawn() -> None:
    before = torch.random.get_rng_state()
    judge(LENET, trace(LENET, (3, 28, 28)), (3, 28, 28))
    sizes(PRESETS["vgg"].layers, (3, 32, 32))
    assert torch.equal(before, torch.random.get_rng_state())


HUGE = [
    (Layer("Linear", {"in_features": 10_000_000, "out_features": 10_000_000}), (1, 1, 7)),
    (Layer("Conv2d", {"in_channels": 100_000, "out_channels": 100_000, "kernel_size": 100_000}), (3, 8, 8)),
    (
        Layer("Conv2d", {"in_channels": 1, "out_channels": 100_000, "kernel_size": 1, "groups": 1}),
        (1, 1000, 1000),
    ),
    (
        Layer(
            "Conv2d",
            {
                "in_channels": 1,
                "out_channels": 1,
                "kernel_size": 1,
                "padding": 100_000,
                "padding_mode": "reflect",
            },
        ),
        (1, 3, 3),
    ),
    (
        Layer(
            "Conv2d",
            {
                "in_channels": 1,
                "out_channels": 1,
                "kernel_size": (1, 99_999),
                "padding": "same",
                "dilation": 99_999,
            },
        ),
        (2, 3, 3),
    ),
    (Layer("MaxPool2d", {"kernel_size": 100_000}), (100_000, 1000, 1000)),
    (Layer("Flatten", {"start_dim": 3, "end_dim": 1}), (100_000, 100_000, 100)),
    (Layer("BatchNorm2d", {"num_features": 100_000}), (3, 10_000, 10_000)),
]


@pytest.mark.parametrize(("layer", "shape"), HUGE, ids=lambda value: getattr(value, "kind", None))
def test_nothing_large_is_built_for_a_message(
    layer: Layer, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(torch_check, "_run", never)
    assert not affordable(layer, shape)
    assert message(layer, shape) is None


def test_the_limit_is_exact() -> None:
    out = MOST_ELEMENTS // 1001
    assert affordable(Layer("Linear", {"in_features": 1000, "out_features": out - 2}), (999,))
    assert not affordable(Layer("Linear", {"in_features": 1000, "out_features": out + 1}), (999,))


@pytest.mark.parametrize(("layer", "shape"), HUGE[:6], ids=lambda value: getattr(value, "kind", None))
def test_sizes_of_huge_layers_take_no_memory(layer: Layer, shape: tuple[int, ...]) -> None:
    tracemalloc.start()
    try:
        found = sizes([layer], shape)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    row = trace([layer], shape)[0]
    assert found == ([] if row.output_shape is None else [row.output_shape])
    assert peak < 2**20
