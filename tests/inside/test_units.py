"""core.inside.units and core.inside.stages: the strongest images against a sort of everything, dead units, names for a link."""

import pytest
import torch

from core.cifar10 import MEAN, STD
from core.inside.forward_pass import forward_pass
from core.inside.stages import SHAPES, Unit, numbered, unit
from core.inside.units import STAGES, TOP, survey
from core.lenet import LeNet
from core.normalise import normalise
from tests.support.sample_data import noise


def test_the_strongest_images_are_those_of_a_sort_over_all() -> None:
    torch.manual_seed(1)
    model, images = LeNet(), noise(450)[0]  # three batches, the last one shorter
    found = survey(model, images, MEAN, STD)
    with torch.no_grad():
        passed = forward_pass(model, normalise(images, MEAN, STD))
    for stage in STAGES:
        flat = passed[stage].flatten(2) if passed[stage].ndim == 4 else passed[stage][:, :, None]
        peaks = flat.max(2).values  # (N, U)
        torch.testing.assert_close(found[stage].values, peaks.T.sort(descending=True).values[:, :TOP], atol=1e-5, rtol=1e-5)
        units = torch.arange(peaks.shape[1])[:, None]
        torch.testing.assert_close(flat[found[stage].images, units, found[stage].places], found[stage].values, atol=1e-5, rtol=1e-5)


def test_a_unit_that_is_never_positive_is_dead() -> None:
    model = LeNet()
    with torch.no_grad():
        model.conv1.bias[2] = model.fc1.bias[7] = -1e4
    found = survey(model, noise(30)[0], MEAN, STD)
    assert 2 in found["relu1"].dead and 7 in found["relu3"].dead
    model.conv2.bias.data.fill_(-1e4)
    assert survey(model, noise(3)[0], MEAN, STD)["relu2"].dead == list(range(16))


def test_fewer_images_than_places() -> None:
    found = survey(LeNet(), noise(3)[0], MEAN, STD)
    assert all(one.values.shape[1] == 3 for one in found.values())


@pytest.mark.parametrize("stage", SHAPES)
def test_a_name_names_its_unit(stage: str) -> None:
    channels, rows, columns = SHAPES[stage]
    for index in {0, 1, channels * rows * columns - 1}:
        here = numbered(stage, index)
        assert here.index == index and unit(str(here)) == here


@pytest.mark.parametrize(
    "text",
    ["", "relu1", "relu1-0-0", "relu1-6-0-0", "relu1-0-28-0", "relu1--1-0-0", "relu1-0-0-0-0", "cow-0-0-0", "relu1-²-0-0", "x" * 999],
)
def test_what_names_no_unit(text: str) -> None:
    assert unit(text) is None


def test_a_vector_is_folded_row_by_row() -> None:
    assert numbered("relu3", 25) == Unit("relu3", 0, 2, 1)
