"""core.inside.units: the strongest images against a sort of everything, and dead units."""

import pytest
import torch

from core.cifar10 import MEAN, STD
from core.inside.forward_pass import forward_pass
from core.inside.stages import stages
from core.inside.units import TOP, survey
from core.lenet import LeNet
from core.normalise import normalise
from core.shapes.code import short
from core.training.network import fresh
from tests.shapes.settings import TORCH_WARNS
from tests.support.own_networks import good
from tests.support.sample_data import noise

pytestmark = [pytest.mark.filterwarnings(warning) for warning in TORCH_WARNS]
LENET = stages("")


def test_the_strongest_images_are_those_of_a_sort_over_all() -> None:
    torch.manual_seed(1)
    model, images = LeNet(), noise(450)[0]  # three batches, the last one shorter
    found = survey(model, LENET, images, MEAN, STD)
    with torch.no_grad():
        passed = forward_pass(model, normalise(images, MEAN, STD))
    assert list(found) == ["relu1", "relu2", "relu3", "relu4"]
    for stage in found:
        flat = passed[stage].flatten(2) if passed[stage].ndim == 4 else passed[stage][:, :, None]
        peaks = flat.max(2).values  # (N, U)
        torch.testing.assert_close(
            found[stage].values, peaks.T.sort(descending=True).values[:, :TOP], atol=1e-5, rtol=1e-5
        )
        units = torch.arange(peaks.shape[1])[:, None]
        torch.testing.assert_close(
            flat[found[stage].images, units, found[stage].places], found[stage].values, atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize("seed", range(30))
def test_units_of_any_list_are_surveyed(seed: int) -> None:
    network = short(good(seed))
    found, model, images = stages(network), fresh(network, seed), noise(12)[0]
    surveys = survey(model, found, images, MEAN, STD)
    with torch.no_grad():
        passed = forward_pass(model, normalise(images, MEAN, STD))
    assert list(surveys) == [stage.name for stage in found.units]
    for stage in found.units:
        peaks = passed[stage.name].reshape(12, stage.output[0], -1).amax(2)  # (N, U)
        expected = peaks.T.sort(descending=True).values[:, :TOP]
        torch.testing.assert_close(surveys[stage.name].values, expected, equal_nan=True)


def test_a_unit_that_is_never_positive_is_dead() -> None:
    model = LeNet()
    with torch.no_grad():
        model.conv1.bias[2] = model.fc1.bias[7] = -1e4
    found = survey(model, LENET, noise(30)[0], MEAN, STD)
    assert 2 in found["relu1"].dead and 7 in found["relu3"].dead
    model.conv2.bias.data.fill_(-1e4)
    assert survey(model, LENET, noise(3)[0], MEAN, STD)["relu2"].dead == list(range(16))


def test_fewer_images_than_places() -> None:
    found = survey(LeNet(), LENET, noise(3)[0], MEAN, STD)
    assert all(stage.values.shape[1] == 3 for stage in found.values())
