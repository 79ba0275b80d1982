"""core.shapes against PyTorch: sizes, errors, parameters, MACs, on thousands of settings and networks."""

import inspect
import math
import time
import tracemalloc
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.errors import InputError
from core.lenet import LeNet
from core.shapes import LAYERS, Layer, LayerShape, conv_output_size, pool_output_size, torch_check, trace
from core.shapes.fix import fix
from core.shapes.layers import REQUIRED
from core.shapes.network import PRESETS
from core.shapes.torch_check import layer_class
from core.shapes.trace import MOST_LAYERS, failing
from tests.shapes.settings import KNOWN, REFUSALS, required

EDGE = st.integers(1, 24)


def one_or_pair(low: int, high: int) -> st.SearchStrategy[Any]:
    return st.integers(low, high) | st.tuples(st.integers(low, high), st.integers(low, high))


def of_torch(run: Any, *args: Any, **kwargs: Any) -> tuple[int, int] | None:
    """Height and width of PyTorch's output, None where PyTorch refuses."""
    try:
        height, width = run(*args, **kwargs).shape[-2:]
    except (RuntimeError, ValueError):
        return None
    return height, width


def ours(run: Any, *args: Any, **kwargs: Any) -> tuple[int, int] | None:
    try:
        return tuple(run(*args, **kwargs))
    except InputError as error:
        assert str(error)
        return None


# One layer


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@settings(max_examples=3000)
@given(
    size=st.tuples(EDGE, EDGE),
    kernel_size=one_or_pair(0, 7),
    stride=one_or_pair(0, 4),
    padding=one_or_pair(-1, 5) | st.sampled_from(["same", "valid", "full"]),
    dilation=one_or_pair(0, 4),
)
def test_a_convolution_has_the_size_that_pytorch_gives_it(
    size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> None:
    kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    expected = of_torch(
        F.conv2d, torch.zeros(1, 1, *size), torch.zeros(1, 1, *kernel), None, stride, padding, dilation
    )
    assert ours(conv_output_size, size, kernel_size, stride, padding, dilation) == expected


@settings(max_examples=3000)
@given(
    size=st.tuples(EDGE, EDGE),
    kernel_size=one_or_pair(0, 7),
    stride=st.none() | one_or_pair(0, 5),
    padding=one_or_pair(-1, 3),
    dilation=one_or_pair(0, 3),
    ceil_mode=st.booleans(),
)
def test_a_pooling_has_the_size_that_pytorch_gives_it(
    size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> None:
    image = torch.zeros(1, 1, *size)
    expected = of_torch(F.max_pool2d, image, kernel_size, stride, padding, dilation, ceil_mode)
    assert ours(pool_output_size, size, kernel_size, stride, padding, dilation, ceil_mode) == expected
    if dilation == 1:
        assert of_torch(F.avg_pool2d, image, kernel_size, stride, padding, ceil_mode) == expected


def test_known_sizes() -> None:
    assert conv_output_size(32, 5) == 28
    assert conv_output_size(32, 5, stride=2) == 14  # 14.5 in the tutorial
    assert conv_output_size(28, 5, padding=2) == conv_output_size(28, 5, padding="same") == 28
    assert conv_output_size((32, 20), 3, padding=(1, 0)) == (32, 18)
    assert conv_output_size(32, (5, 3)) == (28, 30)
    assert conv_output_size([7, 7], 3, dilation=2) == (3, 3)
    assert (pool_output_size(13, 2), pool_output_size(13, 2, ceil_mode=True)) == (6, 7)
    assert (
        pool_output_size(3, 2, stride=5, ceil_mode=True) == 1
    )  # a second window would start behind the input
    assert pool_output_size(28, 2) == 14
    assert pool_output_size(28, 3, 1, 1) == 28


BAD = [
    0,
    -1,
    True,
    1.0,
    2.5,
    math.nan,
    math.inf,
    10**6,
    10**30,
    -(10**5000),
    "5",
    None,
    (1,),
    (1, 2, 3),
    (3, 0),
    {},
    [[1], 2],
    b"5",
]


@pytest.mark.parametrize("name", ["size", "kernel_size", "stride", "padding", "dilation"])
@pytest.mark.parametrize("value", BAD, ids=lambda value: type(value).__name__)
def test_an_absurd_value_is_one_sentence(name: str, value: Any) -> None:
    good = {"size": 32, "kernel_size": 3, "stride": 1, "padding": 1, "dilation": 1}
    if name == "padding":
        value = (
            (1, -1) if value in (0, (3, 0)) and not isinstance(value, bool) else value
        )  # no padding is allowed
    for run in (conv_output_size, pool_output_size):
        if run is pool_output_size and name == "stride" and value is None:
            continue
        with pytest.raises(InputError) as refused:
            run(**{**good, name: value})
        assert 20 < len(str(refused.value)) < 250
        assert "\n" not in str(refused.value)


def test_refusals_tell_the_numbers() -> None:
    with pytest.raises(
        InputError, match=r"kernel_size 3 with dilation 4 spans 9 cells, but an input of 5 has only 7"
    ):
        conv_output_size(5, 3, padding=1, dilation=4)
    with pytest.raises(InputError, match=r"half its kernel size: with kernel_size 3 at most 1, not 2"):
        pool_output_size(9, 3, padding=2)
    with pytest.raises(
        InputError, match=r'padding="same" works only with stride 1, and the stride here is 2'
    ):
        conv_output_size(9, 3, stride=2, padding="same")
    with pytest.raises(InputError, match=r"stride is -1; it must be a whole number from 1 to 100000"):
        conv_output_size(9, 3, stride=-1)


# The table of layers


@pytest.mark.parametrize("kind", KNOWN)
def test_a_layer_has_the_arguments_of_its_class(kind: str) -> None:
    signature = inspect.signature(layer_class(kind))
    theirs = [
        (name, parameter.default)
        for name, parameter in signature.parameters.items()
        if name not in ("device", "dtype")
    ]
    if not theirs or theirs[0][0] in ("args", "kwargs"):
        theirs = []  # Sigmoid and Tanh take nothing
    mine = [
        (param.name, inspect.Parameter.empty if param.default is REQUIRED else param.default)
        for param in LAYERS[kind].params
    ]
    assert mine == [(name, default) for name, default in theirs]


def test_every_row_is_named_and_built() -> None:
    for kind in KNOWN:
        layer = required(kind)
        module = torch_check.module(layer)
        assert type(module).__name__ == kind
        assert sum(p.numel() for p in module.parameters()) == layer.parameters


@pytest.mark.parametrize(
    ("kind", "params", "key"),
    [
        ("Conv3d", {}, "layer_unknown"),
        (["Conv2d"], {}, "layer_unknown"),
        ("Conv2d", {"in_channels": 3, "out_channels": 6}, "layer_argument_missing"),
        ("ReLU", {"kernel_size": 2}, "layer_argument_unknown"),
        ("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 0}, "shape_number"),
        ("Conv2d", {"in_channels": 3, "out_channels": 10**6, "kernel_size": 1}, "shape_number"),
        (
            "Conv2d",
            {"in_channels": 3, "out_channels": 6, "kernel_size": 1, "padding": "full"},
            "shape_padding_word",
        ),
        ("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 1, "bias": 1}, "setting_wrong"),
        ("MaxPool2d", {"kernel_size": 2, "padding": "same"}, "shape_number"),
        ("Linear", {"in_features": math.nan, "out_features": 1}, "shape_number"),
        ("Dropout", {"p": math.nan}, "setting_out_of_range"),
        ("Dropout", {"p": True}, "setting_out_of_range"),
        ("BatchNorm2d", {"num_features": 10**10}, "shape_number"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(kind: Any, params: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as refused:
        Layer(kind, params)
    assert refused.value.key == key
    assert str(refused.value)


def test_a_changed_layer_leaves_out_what_is_usual() -> None:
    layer = Layer("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 5, "padding": 2})
    assert layer.changed(padding=0, stride=2).params == {
        "in_channels": 3,
        "out_channels": 6,
        "kernel_size": 5,
        "stride": 2,
    }
    assert layer.params["padding"] == 2
    assert layer.values["groups"] == 1


# Networks


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Layer], tuple[int, int, int]]:
    """Layers that mostly fit each other, over a small image."""
    image = (draw(st.integers(1, 6)), draw(st.integers(1, 20)), draw(st.integers(1, 20)))
    layers: list[Layer] = []
    shape: tuple[int, ...] = image
    for _ in range(draw(st.integers(1, 7))):
        layers.append(draw(fitting(shape)))
        output = trace(layers, image)[-1].output_shape
        if output is None:
            break
        shape = output
    return layers, image


@st.composite
def fitting(draw: st.DrawFn, shape: tuple[int, ...]) -> Layer:
    some = {
        "Conv2d": {
            "in_channels": st.just(shape[0]) | st.integers(1, 8),
            "out_channels": st.integers(1, 8),
            "kernel_size": one_or_pair(1, 5),
            "stride": one_or_pair(1, 3),
            "padding": one_or_pair(0, 3) | st.sampled_from(["same", "valid"]),
            "dilation": one_or_pair(1, 3),
            "groups": st.sampled_from([1, 1, 2, shape[0]]),
            "bias": st.booleans(),
            "padding_mode": st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
        },
        "MaxPool2d": {
            "kernel_size": one_or_pair(1, 4),
            "stride": st.none() | one_or_pair(1, 4),
            "padding": one_or_pair(0, 2),
            "dilation": one_or_pair(1, 2),
            "ceil_mode": st.booleans(),
        },
        "AvgPool2d": {
            "kernel_size": one_or_pair(1, 4),
            "stride": st.none() | one_or_pair(1, 4),
            "padding": one_or_pair(0, 2),
            "ceil_mode": st.booleans(),
            "divisor_override": st.none() | st.integers(1, 9),
        },
        "BatchNorm2d": {"num_features": st.just(shape[0]) | st.integers(1, 8), "affine": st.booleans()},
        "Flatten": {
            "start_dim": st.sampled_from([1, 1, 1, 2, 3, -1]),
            "end_dim": st.sampled_from([-1, -1, 3, 2]),
        },
        "Linear": {
            "in_features": st.sampled_from([shape[-1], shape[-1], math.prod(shape), 7]),
            "out_features": st.integers(1, 20),
            "bias": st.booleans(),
        },
        "Softmax": {"dim": st.integers(-3, 3)},
        "LeakyReLU": {"negative_slope": st.floats(0, 1)},
        "Dropout": {"p": st.floats(0, 1)},
    }
    kinds = [kind for kind in KNOWN if kind in some or not required(kind).params]
    often = ["Conv2d"] * 3 + ["MaxPool2d", "AvgPool2d", "Flatten", "Linear", "Linear"]
    kind = draw(st.sampled_from(kinds + often))
    given_names = [
        param.name
        for param in LAYERS[kind].params
        if param.default is REQUIRED or draw(st.integers(0, 2)) == 0
    ]
    return Layer(kind, {name: draw(some[kind][name]) for name in given_names if name in some.get(kind, {})})


def run_whole(
    layers: list[Layer], image: tuple[int, ...]
) -> tuple[nn.Sequential, list[tuple[int, ...]], str | None, int]:
    """Build and run the network on the CPU: modules, shapes up to a failure, PyTorch's message, FLOPs."""
    modules = nn.Sequential()
    shapes: list[tuple[int, ...]] = []
    message = None
    x = torch.zeros(1, *image)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for layer in layers:
            try:
                module = layer_class(layer.kind)(**layer.params).eval()
                x = module(x)
            except REFUSALS as error:
                message = str(error)
                break
            modules.append(module)
            shapes.append(tuple(x.shape[1:]))
    return modules, shapes, message, counter.get_total_flops()


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=600)
@given(networks())
def test_a_network_is_traced_as_pytorch_runs_it(network: tuple[list[Layer], tuple[int, int, int]]) -> None:
    layers, image = network
    traced = trace(layers, image)
    modules, shapes, message, flops = run_whole(layers, image)
    good = [row for row in traced if row.output_shape is not None]
    assert [row.output_shape for row in good] == shapes
    assert (failing(traced) is None) == (message is None)
    assert sum(p.numel() for p in modules.parameters()) == sum(row.parameters for row in good)
    assert flops == 2 * sum(row.macs for row in traced)
    assert sum(row.memory for row in traced) == 4 * sum(math.prod(shape) for shape in shapes)
    verdict = torch_check.judge(layers, traced, image)
    assert verdict.agrees
    assert verdict.message == message


@settings(max_examples=300)
@given(networks())
def test_a_fix_repairs_what_breaks_or_leads_on(network: tuple[list[Layer], tuple[int, int, int]]) -> None:
    layers, image = list(network[0]), network[1]
    for _ in range(9):
        traced = trace(layers, image)
        correction = fix(layers, traced)
        if failing(traced) is None:
            assert correction is None
            return
        if correction is None:
            assert traced[failing(traced)].refusal.key == "layer_needs_map"
            return
        assert list(correction.layers) != layers
        layers = list(correction.layers)
    pytest.fail(f"never repaired: {layers}")


def test_lenet_is_lenet() -> None:
    layers = PRESETS["lenet"].layers
    rows = {row.name: row for row in trace(layers, (3, 32, 32))}
    assert (
        sum(row.parameters for row in rows.values()) == 62_006 == sum(p.numel() for p in LeNet().parameters())
    )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        LeNet()(torch.zeros(1, 3, 32, 32))
    assert 2 * sum(row.macs for row in rows.values()) == counter.get_total_flops()
    shapes = {
        name: rows[name].output_shape
        for name in ("conv1", "pool1", "conv2", "pool2", "flatten1", "fc1", "fc2", "fc3")
    }
    assert list(shapes.values()) == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (400,),
        (120,),
        (84,),
        (10,),
    ]
    fields = {
        name: rows[name].receptive_field
        for name in ("conv1", "relu1", "pool1", "conv2", "pool2", "flatten1", "fc1", "fc3")
    }
    assert [*fields.values()] == [(5, 5), (5, 5), (6, 6), (14, 14), (16, 16), (16, 16), (32, 32), (32, 32)]
    own = {name: module for name, module in LeNet().named_children() if list(module.parameters())}
    assert {name: sum(p.numel() for p in module.parameters()) for name, module in own.items()} == {
        name: rows[name].parameters for name in own
    }


def test_lenet_breaks_at_28_pixels_and_is_fixed() -> None:
    layers = PRESETS["lenet"].layers
    traced = trace(layers, (3, 28, 28))
    broken = traced[failing(traced)]
    assert (broken.name, broken.output_shape, broken.input_shape) == ("fc1", None, (256,))
    assert broken.error == "256 features arrive, but in_features is 400: the two must be equal."
    assert all(row.output_shape is None and row.error is None and row.macs == 0 for row in traced[8:])
    message = torch_check.judge(layers, traced, (3, 28, 28)).message
    with pytest.raises(RuntimeError) as theirs:
        LeNet()(torch.zeros(1, 3, 28, 28))
    assert message == str(theirs.value)
    assert "mat1 and mat2 shapes cannot be multiplied (1x256 and 400x120)" in message
    correction = fix(layers, traced)
    assert (correction.key, correction.values) == ("in_features", {"name": "fc1", "in_features": "256"})
    assert trace(correction.layers, (3, 28, 28))[-1].output_shape == (10,)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_work_and_pytorch_agrees(name: str) -> None:
    preset = PRESETS[name]
    traced = trace(preset.layers, preset.input_shape)
    assert failing(traced) is None
    assert torch_check.judge(preset.layers, traced, preset.input_shape).agrees
    if name == "lenet28":
        assert sum(row.parameters for row in traced) == 61_706


def test_a_receptive_field_is_where_the_gradient_is() -> None:
    layers = [
        Layer(
            "Conv2d",
            {
                "in_channels": 1,
                "out_channels": 1,
                "kernel_size": (3, 5),
                "stride": (1, 2),
                "dilation": (2, 1),
            },
        ),
        Layer("MaxPool2d", {"kernel_size": 2, "stride": 1}),
        Layer("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "stride": 2}),
    ]
    image = torch.rand(1, 1, 40, 40, requires_grad=True)
    net = nn.Sequential(*[layer_class(layer.kind.replace("Max", "Avg"))(**layer.params) for layer in layers])
    for parameter in net.parameters():
        nn.init.constant_(parameter, 1.0)
    output = net(image)
    output[0, 0, 2, 2].backward()
    rows, columns = (image.grad[0, 0].abs().sum(dim=1 - axis).nonzero() for axis in (0, 1))
    field = (int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1)
    assert trace(layers, (1, 40, 40))[-1].receptive_field == field


def test_a_linear_layer_without_flatten_works_on_the_last_dimension() -> None:
    rows = trace([Layer("Linear", {"in_features": 5, "out_features": 7})], (16, 4, 5))
    assert (rows[0].output_shape, rows[0].macs, rows[0].receptive_field) == (
        (16, 4, 7),
        16 * 4 * 7 * 5,
        (1, 5),
    )
    broken = trace([Layer("Linear", {"in_features": 400, "out_features": 120})], (16, 5, 5))
    assert "Put Flatten before it, which makes 400 features" in broken[0].error
    assert (
        fix([Layer("Linear", {"in_features": 400, "out_features": 120})], broken).layers[0].kind == "Flatten"
    )


def test_what_is_no_network_is_refused() -> None:
    relu = Layer("ReLU", {})
    for shape in (
        (3, 32),
        (3, 32, 32, 1),
        3,
        None,
        "3, 32, 32",
        (3, 0, 32),
        (3, 32.0, 32),
        (True, 32, 32),
        (3, 10**9, 32),
        (math.nan, 1, 1),
    ):
        with pytest.raises(InputError):
            trace([relu], shape)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"at most {MOST_LAYERS}"):
        trace([relu] * 10**6, (3, 32, 32))
    with pytest.raises(InputError):
        trace(["ReLU"], (3, 32, 32))  # type: ignore[list-item]
    assert trace([], (3, 32, 32)) == []


def test_a_layer_too_large_for_any_tensor_is_said() -> None:
    wide = Layer(
        "Conv2d",
        {"in_channels": 100_000, "out_channels": 100_000, "kernel_size": 100_000, "padding": 100_000},
    )
    row: LayerShape = trace([wide], (100_000, 100_000, 100_000))[0]
    assert row.output_shape is None
    assert "in one tensor" in row.error
    assert not torch_check.affordable(wide, (100_000, 100_000, 100_000))
    assert torch_check.message(wide, (100_000, 100_000, 100_000)) is None


def test_a_large_layer_is_not_built_to_quote_its_message() -> None:
    layers = (Layer("Flatten", {}), Layer("Linear", {"in_features": 25_088, "out_features": 4096}))
    verdict = torch_check.judge(layers, trace(layers, (512, 8, 8)), (512, 8, 8))
    assert verdict == torch_check.Verdict(agrees=True, message=None)


@pytest.mark.clock
def test_absurd_settings_cost_nothing() -> None:
    def absurd() -> None:
        for run in (conv_output_size, pool_output_size):
            for value in (10**6, 10**18, -1, math.nan, 10**4000):
                with pytest.raises(InputError):
                    run(32, value)  # type: ignore[arg-type]
        huge = Layer("Conv2d", {"in_channels": 100_000, "out_channels": 100_000, "kernel_size": 99_999})
        trace([huge] * MOST_LAYERS, (100_000, 100_000, 100_000))
        with pytest.raises(InputError):
            trace([huge], (10**6, 3, 32, 32))

    absurd()  # the sentences are read from disk once
    tracemalloc.start()
    began = time.perf_counter()
    absurd()
    seconds, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * 2**20
    assert seconds < 5  # the figure itself is measured by tests.benchmarks.shapes
