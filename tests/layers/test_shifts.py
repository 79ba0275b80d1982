"""core.layers.shifts: the content moves without a black border, and changes are relative."""

import math

import torch

from core.layers.shifts import FARTHEST, change, changes, shifted, stages
from core.lenet import LeNet
from tests.support.sample_data import noise


def test_the_content_moves_right_and_the_rest_is_mirrored() -> None:
    images, _ = noise(3)
    assert torch.equal(shifted(images, 0), images)
    for pixels in range(1, FARTHEST + 1):
        moved = shifted(images, pixels)
        assert moved.dtype == torch.uint8 and moved.shape == images.shape
        assert torch.equal(moved[..., pixels:], images[..., :-pixels])
        assert torch.equal(moved[..., :pixels], images[..., 1 : pixels + 1].flip(-1))


def test_change_is_relative() -> None:
    before = torch.tensor([3.0, 4.0])
    assert change(before, before) == 0
    assert change(before, torch.zeros(2)) == 1
    assert change(before, -before) == 2
    assert math.isnan(change(torch.zeros(2), before))


def test_stages_are_those_of_lenet() -> None:
    torch.manual_seed(0)
    model, x = LeNet(), torch.randn(1, 3, 32, 32)
    made = stages(x, model.conv1.weight, model.conv1.bias)
    assert [tuple(stage.shape[1:]) for stage in made] == [(3, 32, 32), (6, 28, 28), (6, 14, 14), (6, 7, 7)]
    assert torch.equal(made[2], model.pool(torch.relu(model.conv1(x))))


def test_a_shift_by_a_whole_stride_moves_the_pooled_map_by_a_cell() -> None:
    images = noise(1)[0]
    weight = torch.randn(1, 3, 5, 5, generator=torch.Generator().manual_seed(1))
    original, moved = (stages(shifted(images, pixels).float(), weight, None) for pixels in (0, 2))
    assert torch.allclose(moved[2][..., 1:], original[2][..., :-1], rtol=1e-4)
    assert not torch.allclose(moved[2], original[2])


def test_nothing_changes_without_a_shift_and_something_with_one() -> None:
    images = noise(1)[0]
    x, weight = images.float(), torch.randn(1, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    same, moved = (changes(x, shifted(images, pixels).float(), weight, None) for pixels in (0, 3))
    assert vars(same) == dict.fromkeys(vars(same), 0.0)
    assert min(vars(moved).values()) > 0
