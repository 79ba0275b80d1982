"""core.inside.stages: LeNet's table, and shapes, groups, fields and units of any list."""

import math

import pytest
import torch
from torch import nn

from core.inside.forward_pass import forward_pass
from core.inside.stages import Unit, stages
from core.lenet import LeNet
from core.shapes.code import short
from core.shapes.network import PRESETS
from core.training.network import fresh
from tests.shapes.settings import TORCH_WARNS
from tests.support.own_networks import good

pytestmark = [pytest.mark.filterwarnings(warning) for warning in TORCH_WARNS]
LENET = stages("")
MAPS = tuple(stage.name for stage in LENET.maps)
GLOBAL = "Conv2d(3,10,3,padding=1),BatchNorm2d(10),Tanh(),AdaptiveAvgPool2d(1),Flatten()"
TALL = "Conv2d(3,4,(5,3),stride=(2,1),padding=(2,0)),Flatten(),Linear(1920,10)"
FIELDS = {  # network, stage: pixels (rows, columns) of the unit in row 1, column 2
    ("Conv2d(3,4,3,padding=1),Flatten(),Linear(4096,10)", "conv1"): (range(3), range(1, 4)),
    (TALL, "conv1"): (
        range(5),
        range(2, 5),
    ),
    ("Conv2d(3,4,3,dilation=2),MaxPool2d(2),Flatten(),Linear(784,10)", "pool1"): (range(2, 8), range(4, 10)),
    ("AvgPool2d(4,stride=2,padding=1),Flatten(),Linear(768,10)", "pool1"): (range(1, 5), range(3, 7)),
}


def test_lenet_is_as_it_always_was() -> None:
    assert [(stage.name, stage.shape, stage.layer) for stage in LENET.values()] == [
        ("input", (3, 32, 32), ""),
        ("conv1", (6, 28, 28), "conv1"),
        ("relu1", (6, 28, 28), "relu1"),
        ("pool1", (6, 14, 14), "pool1"),
        ("conv2", (16, 10, 10), "conv2"),
        ("relu2", (16, 10, 10), "relu2"),
        ("pool2", (16, 5, 5), "pool2"),
        ("flat", (1, 16, 25), "flatten1"),
        ("fc1", (1, 10, 12), "fc1"),
        ("relu3", (1, 10, 12), "relu3"),
        ("fc2", (1, 7, 12), "fc2"),
        ("relu4", (1, 7, 12), "relu4"),
        ("logits", (1, 10, 1), "fc3"),
        ("softmax", (1, 10, 1), ""),
    ]
    after = ["input", "relu1", "pool1", "relu2", "pool2", "flat", "relu3", "relu4", "logits", "softmax"]
    before = ["input", "conv1", "pool1", "conv2", "pool2", "flat", "fc1", "fc2", "logits", "softmax"]
    assert [stage.name for stage in LENET.after] == after
    assert [stage.name for stage in LENET.before] == before
    assert list(stages(PRESETS["lenet"].text)) == list(LENET) and LENET.features.name == "relu4"


@pytest.mark.parametrize("seed", range(40))
def test_groups_and_units_of_any_list(seed: int) -> None:
    found = stages(short(good(seed)))
    assert [stage.name for stage in found.values() if stage.head == "input"] == ["input"]
    for head, last in zip(found.before, found.after, strict=True):
        group = found.group(head)
        assert (group[0], group[-1]) == (head, last) and {stage.output for stage in group} == {head.output}
    assert sum(len(found.group(head)) for head in found.before) == len(found)
    for stage in found.values():
        values = torch.arange(float(stage.count)).reshape(stage.output)
        for index in {0, stage.count // 2, stage.count - 1}:
            unit = stage.unit(index)
            assert (stage.index(unit), found.unit(str(unit))) == (index, unit)
            assert stage.drawn(values)[unit.channel, unit.row, unit.column] == index
        assert stage.drawn(values).nansum() == values.sum()


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
    assert LENET.unit(text) is None


def test_a_vector_is_folded_row_by_row() -> None:
    assert LENET["relu3"].unit(25) == Unit("relu3", 0, 2, 1)


def test_a_vector_that_does_not_divide_has_empty_places() -> None:
    found = stages("Flatten(),Linear(3072,97),Linear(97,10)")
    assert found["flat"].shape == (1, 96, 32) and found["fc1"].shape == (1, 10, 10)
    assert found["fc1"].drawn(torch.ones(97)).isnan().sum() == 3
    assert found.unit("fc1-0-9-6") is not None and found.unit("fc1-0-9-7") is None


@pytest.mark.parametrize("stage", MAPS)
def test_a_unit_reads_the_pixels_that_its_field_says(stage: str) -> None:
    """Pooling passes the gradient to one element only: the union over many images is what a unit can read."""
    torch.manual_seed(0)
    model, x = LeNet(), torch.randn(400, 3, 32, 32, requires_grad=True)
    with torch.no_grad():
        for layer in (model.conv1, model.conv2):
            layer.bias.fill_(10.0)  # nothing is cut off by ReLU
    height = LENET[stage].output[1]
    seen = pixels(model, x, stage, height - 1, 1)
    field = LENET[stage].field
    assert field is not None and seen == (field[0].sees(height - 1), field[1].sees(1))


@pytest.mark.parametrize(("network", "stage"), FIELDS)
def test_fields_with_padding_strides_and_holes(network: str, stage: str) -> None:
    x = torch.rand(400, 3, 32, 32, requires_grad=True)
    field = stages(network)[stage].field
    assert (
        field is not None
        and tuple(axis.sees(place) for axis, place in zip(field, (1, 2), strict=True))
        == FIELDS[network, stage]
    )
    rows, columns = pixels(fresh(network, 0), x, stage, 1, 2)
    inside = [range(max(0, axis.start), axis.stop) for axis in FIELDS[network, stage]]
    assert [rows, columns] == inside


def pixels(model: nn.Module, x: torch.Tensor, stage: str, row: int, column: int) -> tuple[range, range]:
    """The rows and columns of the input on which a unit depends, by autograd."""
    values = forward_pass(model, x)[stage]
    (gradient,) = torch.autograd.grad(values[:, 0, row, column].sum(), x)
    rows, columns = (gradient.abs().sum((0, 1, axis)).nonzero().flatten().tolist() for axis in (3, 2))
    return range(rows[0], rows[-1] + 1), range(columns[0], columns[-1] + 1)


def test_the_last_maps_see_a_quarter_of_the_image() -> None:
    field = LENET["pool2"].field
    assert field is not None and field[0].size == 16 and LENET["fc1"].sees_all and not LENET["flat"].sees_all


def test_a_field_as_large_as_the_image_still_has_its_place() -> None:
    stage = stages(PRESETS["vgg"].text)["conv6"]
    assert stage.field is not None and stage.field[0].size == 32 and not stage.sees_all
    assert stage.field[0].sees(0) != stage.field[0].sees(7)


def test_a_network_without_a_linear_layer() -> None:
    found = stages(GLOBAL)
    assert found.output.name == "flat" == found.features.name and found["flat"].shape == (1, 10, 1)
    assert [stage.name for stage in found.after] == ["input", "tanh1", "pool1", "flat", "softmax"]
    assert [stage.name for stage in found.units] == ["tanh1"] and found.functions == ("BatchNorm2d", "Tanh")
    assert [stage.name for stage in found.differentiated] == ["input", "conv1", "pool1", "flat"]
    assert found["pool1"].sees_all or found["pool1"].field is not None


def test_a_linear_classifier_has_its_classes_for_units() -> None:
    found = stages("Flatten(),Linear(3072,10),Softmax(1)")
    assert [stage.name for stage in found.units] == ["softmax1"] and not found.learns(found.features)
    assert [stage.name for stage in found.values() if stage.classes] == ["fc1", "softmax1", "softmax"]
    assert found["softmax1"].kind == "softmax" and not found.functions


def test_a_unit_behind_a_flatten_keeps_the_place_of_its_map() -> None:
    origin = LENET.origin(LENET["flat"].unit(3 * 25 + 2 * 5 + 4))
    assert origin == Unit("pool2", 3, 2, 4) and math.prod(LENET["flat"].shape) == 400


def test_maps_that_a_group_of_a_convolution_reads() -> None:
    found = stages("Conv2d(3,6,3),Conv2d(6,12,3,groups=3),Flatten(),Linear(9408,10)")
    assert (found["conv1"].share, found["conv2"].share) == ((3, 6), (2, 4))
