"""core.shapes.layers against torch, layer by layer: random networks, refusals, receptive fields."""

import dataclasses
import math
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import InputError
from core.shapes import LAYERS, Layer, LayerShape, conv_output_size, pool_output_size, trace
from core.shapes.fix import fix
from core.shapes.formula import LARGEST
from core.shapes.layers import OTHER, Merged
from core.shapes.torch_check import judge, sizes
from core.shapes.trace import MOST_LAYERS, failing, names
from core.text import LANGUAGES
from tests.shapes.settings import BATCH, KNOWN, compare, is_refused, of_torch, random_setting, required

Pair = tuple[int, int]
Image = tuple[int, int, int]
CONV = Layer("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 5})
RELU, FLATTEN = Layer("ReLU", {}), Layer("Flatten", {})
UNFLATTEN = Layer("Unflatten", {"dim": 1, "unflattened_size": (1, 10, 8)})


def refused(call: Callable[[], object]) -> InputError:
    """The refusal raised, a sentence in both languages."""
    with pytest.raises(InputError) as error:
        call()
    for language in LANGUAGES:
        assert 5 < len(error.value.sentence(language)) < 700 and "\n" not in error.value.sentence(language)
    return error.value


# What no layer takes

NESTED: Any = (1, 1)
for _ in range(100_000):
    NESTED = (NESTED, 1)
ABSURD = [
    0,
    -1,
    10**6,
    10**9,
    10**30,
    10**5000,
    math.nan,
    math.inf,
    -math.inf,
    3.0,
    True,
    False,
    "3",
    "",
    "x" * 20_000_000,
    b"3",
]
ABSURD += [
    (),
    (3,),
    (3, 3, 3),
    [3, 3.0],
    (3, True),
    (3, (3, 3)),
    (3, 10**30),
    (3, "3"),
    NESTED,
    {},
    {3: 3, 4: 4},
    {3, 4},
    range(2),
]
ABSURD += [
    object(),
    np.int64(3),
    np.float32(3),
    np.array([3, 3]),
    torch.tensor(3),
    torch.tensor([3, 3]),
    3j,
    [1] * 100_000,
    print,
]


def label(value: Any) -> str:
    return type(value).__name__


@pytest.mark.parametrize("value", ABSURD, ids=label)
def test_an_absurd_number_is_one_sentence(value: Any) -> None:
    for name in ("size", "kernel_size", "stride", "padding", "dilation"):
        if not (name == "padding" and type(value) is int and value == 0):
            arguments = {"size": 32, "kernel_size": 3, name: value}
            refused(lambda arguments=arguments: conv_output_size(**arguments))  # type: ignore[misc]
            refused(lambda arguments=arguments: pool_output_size(**arguments))  # type: ignore[misc]
    for name in ("in_channels", "out_channels", "kernel_size", "groups"):
        refused(lambda name=name: CONV.changed(**{name: value}))  # type: ignore[misc]
    refused(lambda: trace([CONV], (3, 32, value)))
    if not (isinstance(value, tuple) and value == (3, 3, 3)):
        refused(lambda: trace([CONV], value))


@pytest.mark.parametrize("value", [None, *ABSURD], ids=label)
def test_an_absurd_kind_or_word_is_one_sentence(value: Any) -> None:
    assert refused(lambda: Layer(value, {})).key == "layer_unknown"
    assert refused(lambda: trace([value], (3, 32, 32))).key == "layer_unknown"
    assert refused(lambda: Layer("GELU", {"approximate": value})).key == "setting_wrong"
    assert refused(lambda: CONV.changed(padding_mode=value)).key == "setting_wrong"
    if type(value) is not bool:
        assert refused(lambda: Layer("ReLU", {"inplace": value})).key == "setting_wrong"
        assert refused(lambda: pool_output_size(32, 2, ceil_mode=value)).key == "setting_wrong"
    if isinstance(value, bool) or not (isinstance(value, int | float) and value == 0):  # 0 is a probability
        assert refused(lambda: Layer("Dropout", {"p": value})).key == "setting_out_of_range"
    if isinstance(value, str | int | bytes):
        assert refused(lambda: Layer("ReLU", {value: 1})).key == "layer_argument_unknown"  # type: ignore[dict-item]


def test_an_absurd_setting_takes_no_memory() -> None:
    calls: list[Callable[[], object]] = [lambda value=value: conv_output_size(32, value) for value in ABSURD]  # type: ignore[misc]
    calls += [lambda value=value: trace([CONV], (3, value, 32)) for value in ABSURD]  # type: ignore[misc]
    calls += [lambda: trace([RELU] * 1_000_000, (3, 32, 32)), lambda: trace(range(10**9), (3, 32, 32))]  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        for call in calls:
            refused(call)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * 2**20


def test_the_largest_network_that_is_allowed_is_computed_without_memory() -> None:
    large = Layer(
        "Conv2d",
        {"in_channels": LARGEST, "out_channels": LARGEST, "kernel_size": LARGEST, "padding": LARGEST},
    )
    tracemalloc.start()
    try:
        row = trace([large], (LARGEST, LARGEST, LARGEST))[0]
        many = trace([RELU] * MOST_LAYERS, (LARGEST, LARGEST, LARGEST))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**20
    assert (
        row.refusal is not None
        and row.refusal.key == "layer_too_large"
        and row.parameters == LARGEST**4 + LARGEST
    )
    assert many[-1].output_shape == (LARGEST,) * 3


@pytest.mark.parametrize("kind", LAYERS)
def test_missing_and_unknown_arguments_are_named(kind: str) -> None:
    complete = dict(required(kind).params)
    for name in complete:
        rest = {key: value for key, value in complete.items() if key != name}
        error = refused(lambda rest=rest: Layer(kind, rest))  # type: ignore[misc]
        assert error.key == "layer_argument_missing" and error.values["name"] == name
    error = refused(lambda: Layer(kind, {**complete, "kernel": 3}))
    assert error.key == "layer_argument_unknown" and "kernel" in str(error)


@pytest.mark.parametrize("large", [LARGEST, LARGEST - 1, 65_536])
def test_large_sizes_are_exact(large: int) -> None:
    """Compare with the meta device, where torch allocates nothing."""
    x = torch.empty(1, 1, large, 7, device="meta")
    for kernel, stride, padding, dilation in (
        (1, 1, 0, 1),
        (7, 3, LARGEST, 5),
        (3, LARGEST, 1, 1),
        (2, 2, 0, large - 1),
        (large, 1, 0, 1),
    ):
        weight = torch.empty(1, 1, kernel, 1, device="meta")
        wanted = F.conv2d(x, weight, stride=(stride, 1), padding=(padding, 0), dilation=(dilation, 1)).shape[
            2
        ]
        assert conv_output_size(large, kernel, stride, padding, dilation) == wanted
        if padding <= kernel // 2:
            wanted = F.max_pool2d(
                x, (kernel, 1), (stride, 1), (padding, 0), (dilation, 1), ceil_mode=True
            ).shape[2]
            assert pool_output_size(large, kernel, stride, padding, dilation, ceil_mode=True) == wanted


# Networks


COMMON = (*["Conv2d"] * 9, *["MaxPool2d"] * 2, *["ReLU"] * 2, *["Flatten"] * 4, *["Linear"] * 9)


def random_layer(draw: random.Random, shape: tuple[int, ...]) -> Layer:
    """A layer that mostly fits what arrives."""
    return random_setting(draw.choice([*KNOWN, *COMMON]), shape, draw)


def random_network(seed: int, most: int = 10) -> tuple[list[Layer], Image]:
    """Layers that mostly fit each other, and some more behind the first that fails."""
    draw = random.Random(seed)
    image = draw.randint(1, 4), draw.randint(1, 24), draw.randint(1, 24)
    layers: list[Layer] = []
    arriving: tuple[int, ...] | None = image
    for _ in range(draw.randint(1, most)):
        layers.append(random_layer(draw, arriving or (3, 8, 8)))
        arriving = trace(layers, image)[-1].output_shape
    return layers, image


def network_refusal(layers: list[Layer], image: Image) -> str | None:
    """Check the table against torch up to the first layer that torch refuses; return our refusal's key."""
    shape: tuple[int, ...] = (BATCH, *image)
    rows = trace(layers, image)
    for index, (layer, row) in enumerate(zip(layers, rows, strict=True)):
        theirs = of_torch(layer, shape)
        if row.refusal is not None:
            assert is_refused(layer, row.refusal, theirs), (image, layers, theirs)
            assert failing(rows) == index and row.error == str(row.refusal)
            assert row.output_shape is None and row.macs == 0
            assert all(
                later.refusal is later.output_shape is later.receptive_field is None
                for later in rows[index + 1 :]
            )
            return row.refusal.key
        assert theirs is not None, (image, layers, row.name)
        shape, parameters, flops = theirs
        assert row.output_shape == shape[1:], (image, layers, row.name)
        assert row.parameters == parameters, (layers, row.name)
        assert row.macs * 2 * BATCH == flops, (layers, row.name)
        assert row.memory * BATCH == 4 * math.prod(shape) * layer.row.results(layer.values)
    assert failing(rows) is None
    return None


def test_a_batch_goes_through_random_networks_as_the_table_says() -> None:
    met = {network_refusal(*random_network(seed)) for seed in range(1000)}
    expected = {
        "shape_kernel_too_large",
        "shape_pool_padding",
        "shape_same_stride",
        "layer_groups",
        "layer_padding_mode",
        "layer_channels",
    }
    expected |= {
        "layer_needs_map",
        "layer_not_flat",
        "layer_features",
        "layer_dimension",
        "layer_flatten_order",
    }
    assert met >= expected | {None}


@pytest.mark.parametrize(
    ("start", "end", "shape"), [(0, -1, (24,)), (-4, -1, (24,)), (0, 1, (2, 3, 4)), (0, 2, (6, 4))]
)
def test_flatten_that_takes_the_batch_has_the_size_of_one_image(
    start: int, end: int, shape: tuple[int, ...]
) -> None:
    row = trace([Layer("Flatten", {"start_dim": start, "end_dim": end})], (2, 3, 4))[0]
    assert isinstance(row.output_shape, Merged) and row.output_shape == shape
    assert nn.Flatten(start, end)(torch.zeros(1, 2, 3, 4)).shape == shape


def test_layers_behind_a_merged_batch_are_those_of_one_image() -> None:
    merging = Layer("Flatten", {"start_dim": 0})
    layers = [
        CONV,
        merging,
        Layer("Linear", {"in_features": 4704, "out_features": 10}),
        Layer("Softmax", {"dim": 0}),
    ]
    rows = trace(layers, (3, 32, 32))
    assert [row.output_shape for row in rows[1:]] == [(4704,), (10,), (10,)]
    assert [row.receptive_field for row in rows] == [(5, 5), (5, 5), (32, 32), (32, 32)]
    assert sizes(layers, (3, 32, 32)) == [row.output_shape for row in rows]
    broken = [CONV, merging, FLATTEN, Layer("Linear", {"in_features": 4704, "out_features": 10})]
    rows = trace(broken, (3, 32, 32))
    assert failing(rows) == 2 and rows[2].refusal is not None and rows[2].refusal.key == "layer_dimension"
    assert judge(broken, rows, (3, 32, 32)).message == (
        "Dimension out of range (expected to be in range of [-1, 0], but got 1)"
    )
    correction = fix(broken, rows)
    assert (
        correction is not None and correction.key == "start_dim" and correction.values["name"] == "flatten1"
    )
    assert failing(trace(correction.layers, (3, 32, 32))) is None


def test_flatten_without_effect_leaves_the_batch_alone() -> None:
    shape = trace([Layer("Flatten", {"start_dim": 0, "end_dim": 0})], (2, 3, 4))[0].output_shape
    assert shape == (2, 3, 4) and not isinstance(shape, Merged)


@pytest.mark.parametrize("kind", KNOWN)
def test_random_settings_of_a_kind_are_those_of_torch(kind: str) -> None:
    """A sample; `python -m tests.benchmarks.shape_kinds` compares a thousand of each."""
    assert None in {compare(kind, seed) for seed in range(40)}


def test_names_and_fields() -> None:
    assert [field.name for field in dataclasses.fields(Layer)] == ["kind", "params"]
    layers = [
        CONV,
        RELU,
        Layer("AvgPool2d", {"kernel_size": 2}),
        RELU,
        Layer("MaxPool2d", {"kernel_size": 2}),
        FLATTEN,
    ]
    rows = trace(layers, (3, 32, 32))
    for name in ("name", "kind", "output_shape", "parameters", "macs", "receptive_field", "error"):
        assert hasattr(rows[0], name)
    assert (
        [row.name for row in rows]
        == names(layers)
        == ["conv1", "relu1", "pool1", "relu2", "pool2", "flatten1"]
    )
    assert isinstance(rows[0], LayerShape) and [row.kind for row in rows] == [layer.kind for layer in layers]
    for record, name in ((CONV, "kind"), (rows[0], "macs")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, 0)


# Receptive fields


def extent(layers: list[Layer], image: Image) -> Pair:
    """Rows and columns of the image behind a middle output cell, by autograd through weights of 1."""
    x = torch.ones(1, *image, dtype=torch.float64, requires_grad=True)
    output: torch.Tensor = x
    for layer in layers:
        maximum = (
            layer.kind == "MaxPool2d"
        )  # its gradient shows one cell of the window, that of a convolution all
        made = (
            nn.Conv2d(1, 1, **layer.params) if maximum else getattr(nn, layer.kind)(**layer.params)
        ).double()
        for parameter in made.parameters():
            nn.init.ones_(parameter)
        output = made(output)
    height, width = output.shape[2:]
    output[0, 0, height // 2, width // 2].backward()
    assert x.grad is not None
    rows, columns = x.grad[0, 0].nonzero().unbind(1)
    assert (
        rows.min() > 0 and rows.max() < image[1] - 1 and columns.min() > 0 and columns.max() < image[2] - 1
    )  # nothing clipped
    return int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1


def test_receptive_fields_are_what_autograd_reaches() -> None:
    met = set()
    for seed in range(80):
        draw = random.Random(seed)
        layers = []
        for kind in draw.choices(
            ["Conv2d", "Conv2d", "MaxPool2d", "AvgPool2d", "LeakyReLU"], k=draw.randint(1, 4)
        ):
            kernel, stride = ((draw.randint(1, high), draw.randint(1, high)) for high in (4, 2))
            params: dict[str, Any] = {} if kind == "LeakyReLU" else {"kernel_size": kernel, "stride": stride}
            if kind == "Conv2d":
                params |= {"in_channels": 1, "out_channels": 1, "padding": draw.choice([0, 1, (2, 0)])}
            if kind in ("Conv2d", "MaxPool2d"):
                params["dilation"] = draw.randint(1, 2)
            layers.append(Layer(kind, params))
        field = trace(layers, (1, 230, 230))[-1].receptive_field
        assert field is not None and extent(layers, (1, 230, 230)) == field, layers
        met.add(field)
    assert len(met) > 20


def test_what_mixes_rows_columns_or_everything_has_seen_all_of_them() -> None:
    conv = Layer("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 3})  # to 10 x 8

    def field(*layers: Layer) -> Pair | None:
        return trace([conv, *layers], (1, 12, 10))[-1].receptive_field

    assert field(FLATTEN) == (3, 3)  # one number of the output is still one of the map
    assert field(FLATTEN, Layer("Linear", {"in_features": 80, "out_features": 2})) == (12, 10)
    assert field(Layer("Linear", {"in_features": 8, "out_features": 2})) == (3, 10)
    assert field(Layer("Softmax", {"dim": 1})) == (3, 3)
    assert field(Layer("Softmax", {"dim": 2})) == (12, 3)
    assert field(Layer("Softmax", {"dim": -1})) == (3, 10)
    assert field(FLATTEN, Layer("Softmax", {"dim": 1})) == (12, 10)
    assert field(Layer("LayerNorm", {"normalized_shape": 8})) == (3, 10)
    assert field(Layer("LayerNorm", {"normalized_shape": (10, 8)})) == (12, 10)
    assert field(Layer("GroupNorm", {"num_groups": 1, "num_channels": 1})) == (12, 10)
    assert field(Layer("InstanceNorm2d", {"num_features": 1})) == (12, 10)
    assert field(Layer("InstanceNorm2d", {"num_features": 1, "track_running_stats": True})) == (3, 3)
    assert field(Layer("BatchNorm2d", {"num_features": 1})) == (3, 3)
    assert field(FLATTEN, Layer("Linear", {"in_features": 80, "out_features": 80}), UNFLATTEN, conv) == (
        12,
        10,
    )


def test_fields_behind_windows_that_differ_are_not_claimed() -> None:
    conv = Layer("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 3})  # to 10 x 8
    linear = (FLATTEN, Layer("Linear", {"in_features": 320, "out_features": 2}))

    def field(*layers: Layer) -> Pair | None:
        rows = trace([conv, *layers], (1, 12, 10))
        assert failing(rows) is None
        return rows[-1].receptive_field

    assert field(Layer("AdaptiveAvgPool2d", {"output_size": 1})) == (12, 10)
    assert field(Layer("AdaptiveMaxPool2d", {"output_size": (5, 4)})) == (4, 4)
    assert field(Layer("AdaptiveAvgPool2d", {"output_size": (5, None)})) == (4, 3)
    assert field(Layer("AdaptiveAvgPool2d", {"output_size": 3})) is None
    upsample = Layer("Upsample", {"scale_factor": 2})
    assert field(upsample) is field(upsample, conv) is None
    assert field(upsample, *linear) == (12, 10)
    assert field(Layer(OTHER, {"name": "Block", "shape": (320,)}), linear[1]) is None
    assert field(FLATTEN, UNFLATTEN, conv) is None


def test_equal_layers_have_one_hash_whatever_the_order_of_their_arguments() -> None:
    conv = Layer("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": (5, 3)})
    same = Layer("Conv2d", {"kernel_size": [5, 3], "out_channels": 6, "in_channels": 3})
    assert conv == same and len({conv, same, Layer("ReLU", {})}) == 2


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_of_layer_can_be_hashed(kind: str) -> None:
    layer = required(kind)
    assert hash(layer) == hash(Layer(kind, dict(layer.params)))
