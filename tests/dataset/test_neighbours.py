"""core.dataset.neighbours: torch.cdist in float64 as the oracle."""

from pathlib import Path

import pytest
import torch

from core.dataset import splits
from core.dataset.neighbours import nearest, nearest_of, squared_distances
from tests.support.sample_data import noise


@pytest.mark.parametrize("count", [1, 127, 128, 129, 300])
def test_distances_are_exact(count: int) -> None:
    images, _ = noise(count)
    wanted = noise(1, seed=5)[0][0]
    expected = (images.double() - wanted.double()).square().flatten(1).sum(1)
    assert torch.equal(squared_distances(wanted, images).double(), expected)


def test_the_largest_distance_there_is() -> None:
    black, white = (
        torch.zeros(3, 32, 32, dtype=torch.uint8),
        torch.full((1, 3, 32, 32), 255, dtype=torch.uint8),
    )
    assert squared_distances(black, white).tolist() == [3072 * 255**2]


@pytest.mark.parametrize(("label", "count"), [(0, 3), (9, 3), (4, 1000)])
def test_neighbours_of_a_class(label: int, count: int) -> None:
    images, labels = noise(300)
    wanted = noise(1, seed=5)[0][0]
    found = nearest_of(wanted, images, labels, label, count)
    everyone = nearest(wanted, images, 300).indices
    assert torch.equal(found.indices, everyone[labels[everyone] == label][:count])
    away = (images[found.indices].double() - wanted.double()).square().flatten(1).sum(1).sqrt()
    assert torch.equal(found.distances, away)


def test_a_class_without_images_has_no_neighbours() -> None:
    images, labels = noise(20)
    assert len(nearest_of(images[0], images, labels, 10, 3).indices) == 0


def test_neighbours_are_those_of_cdist(small_sketches: Path) -> None:
    cut = splits(small_sketches / "cifar-10-batches-py", 0)
    rows = cut.train.images.flatten(1).double()
    for index in range(0, len(cut.validation), 10):
        image = cut.validation.images[index]
        found = nearest(image, cut.train.images, 8)
        expected = torch.cdist(
            image.flatten()[None].double(), rows, compute_mode="donot_use_mm_for_euclid_dist"
        )[0].sort(stable=True)
        assert torch.equal(found.indices, expected.indices[:8])
        torch.testing.assert_close(found.distances, expected.values[:8])


def test_the_image_itself_is_left_out_and_its_double_is_not() -> None:
    images, _ = noise(20)
    images[13] = images[4]
    found = nearest(images[4], images, 3, skip=4)
    assert found.indices[0] == 13
    assert found.distances[0] == 0
    assert 4 not in found.indices.tolist()
    assert nearest(images[4], images, 2).indices.tolist() == [4, 13]


def test_more_than_there_are() -> None:
    images, _ = noise(3)
    assert len(nearest(images[0], images, 8, skip=0).indices) == 2
    assert len(nearest(images[0], images[:1], 8, skip=0).indices) == 0


def test_a_real_image_has_its_neighbours_in_train(real: Path) -> None:
    cut = splits(real, 0)
    found = nearest(cut.test.images[0], cut.train.images, 8)
    expected = (
        (cut.train.images[found.indices].double() - cut.test.images[0].double())
        .square()
        .flatten(1)
        .sum(1)
        .sqrt()
    )
    torch.testing.assert_close(found.distances, expected)
    few = cut.train.images[::50]
    assert float(found.distances[0]) <= float(nearest(cut.test.images[0], few, 1).distances[0])
    assert found.distances.tolist() == sorted(found.distances.tolist())
