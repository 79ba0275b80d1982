"""core.inside.stages: the table is LeNet, layer by layer, and a unit's name for a link comes back."""

import math

import pytest
import torch
from torch import nn

from core.inside.forward_pass import forward_pass
from core.inside.stages import AFTER_RELU, BEFORE_RELU, STAGES, Unit, numbered, unit, weighted
from core.lenet import LeNet

MODEL = LeNet()
PASSED = forward_pass(MODEL, torch.randn(2, 3, 32, 32))


@pytest.mark.parametrize("name", STAGES)
def test_the_shapes_are_those_of_a_forward_pass(name: str) -> None:
    found = tuple(PASSED[name].shape[1:])
    assert math.prod(STAGES[name].shape) == math.prod(found)
    assert len(found) == 1 or found == STAGES[name].shape


@pytest.mark.parametrize("name", [name for name, stage in STAGES.items() if stage.kind != "input"])
def test_each_stage_is_its_layer_on_the_stage_that_it_reads(name: str) -> None:
    stage, before = STAGES[name], PASSED[STAGES[name].reads]
    functions = {"relu": torch.relu, "flatten": lambda x: x.flatten(1), "softmax": lambda x: x.softmax(1)}
    made = getattr(MODEL, stage.layer)(before) if stage.layer else functions[stage.kind](before)
    torch.testing.assert_close(made, PASSED[name])


def test_windows_are_those_of_the_layers() -> None:
    for stage in STAGES.values():
        layer = getattr(MODEL, stage.layer, None)
        if isinstance(layer, nn.Conv2d):
            assert (
                layer.kernel_size == (stage.kernel_size,) * 2
                and layer.stride == (stage.stride,) * 2
                and layer.padding == (0, 0)
            )
        elif isinstance(layer, nn.MaxPool2d):
            assert (layer.kernel_size, layer.stride) == (stage.kernel_size, stage.stride)
        else:
            assert (stage.kernel_size, stage.stride) == (1, 1)


def test_before_and_after_relu_are_the_same_places() -> None:
    assert [weighted(name) for name in AFTER_RELU] == list(BEFORE_RELU)
    assert {*AFTER_RELU, *BEFORE_RELU} == STAGES.keys()


@pytest.mark.parametrize("stage", STAGES)
def test_a_name_names_its_unit(stage: str) -> None:
    for index in {0, 1, math.prod(STAGES[stage].shape) - 1}:
        here = numbered(stage, index)
        assert here.index == index and unit(str(here)) == here


@pytest.mark.parametrize(
    "text",
    [
        "",
        "relu1",
        "relu1-0-0",
        "relu1-6-0-0",
        "relu1-0-28-0",
        "relu1--1-0-0",
        "relu1-0-0-0-0",
        "cow-0-0-0",
        "relu1-²-0-0",
        "x" * 999,
    ],
)
def test_what_names_no_unit(text: str) -> None:
    assert unit(text) is None


def test_a_vector_is_folded_row_by_row() -> None:
    assert numbered("relu3", 25) == Unit("relu3", 0, 2, 1)
