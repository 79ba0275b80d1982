"""core.dataset.statistics: float64 torch as the oracle; the published figures on the real CIFAR-10."""

from pathlib import Path

import pytest
import torch
from torchvision import transforms

from core.dataset import MEAN, STD, load_split, splits
from core.dataset.statistics import Statistics, measure, picture
from core.normalisations import COPIED_STD, NORMALISATIONS
from tests.support.sample_data import coloured, noise

SKETCHES = "cifar-10-batches-py"


def sets(small_sketches: Path) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Three sets of images with labels.

    Sketches, less than a chunk per class; noise, two chunks of one class; white, where rounding shows first.
    """
    cut = splits(small_sketches / SKETCHES, 0)
    images, _ = noise(600)
    white = torch.full((300, 3, 32, 32), 255, dtype=torch.uint8)
    return [
        (cut.train.images, cut.train.labels),
        (images, torch.full((600,), 3)),
        (white, torch.zeros(300, dtype=torch.int64)),
    ]


def test_statistics_equal_float64(small_sketches: Path) -> None:
    for images, labels in sets(small_sketches):
        found, exact = measure(images, labels), images.double() / 255
        _, values = found.of()
        torch.testing.assert_close(
            torch.tensor(values.mean).double(), exact.mean((0, 2, 3)), rtol=0, atol=1e-7
        )
        torch.testing.assert_close(
            torch.tensor(values.std).double(), exact.std((0, 2, 3), correction=0), rtol=0, atol=1e-7
        )
        assert values.low == pytest.approx(exact.amin((0, 2, 3)).tolist())
        assert values.high == pytest.approx(exact.amax((0, 2, 3)).tolist())
        inside = exact.flatten(2).std(2, correction=0).mean(0)
        assert found.image_std == pytest.approx(inside.tolist(), abs=1e-5)
        for label in labels.unique().tolist():
            own = exact[labels == label]
            torch.testing.assert_close(found.mean_image[label], own.mean(0), rtol=0, atol=1e-12)
            torch.testing.assert_close(found.std_image[label], own.std(0, correction=0), rtol=0, atol=1e-7)


def test_histograms_are_torchs(small_sketches: Path) -> None:
    for images, labels in sets(small_sketches):
        found = measure(images, labels)
        for label in labels.unique().tolist():
            histogram, _ = found.of(label)
            for channel in range(3):
                expected = torch.histc(images[labels == label, channel].float(), 256, 0, 255).long()
                assert torch.equal(histogram[channel], expected)
        assert int(found.of()[0].sum()) == images.numel()


def test_a_class_without_images_has_no_numbers_and_a_black_picture() -> None:
    images, _ = noise(4)
    found = measure(images, torch.zeros(4, dtype=torch.int64))
    histogram, values = found.of(7)
    assert int(histogram.sum()) == 0
    assert all(number != number for number in (*values.mean, *values.low))
    assert found.mean_image[7].isnan().all()
    assert int(picture(found.mean_image)[7].max()) == 0


def test_a_picture_is_rounded_brightened_and_cut_off() -> None:
    values = torch.tensor([0, 0.2, 0.49999, 0.9, torch.nan], dtype=torch.float64)
    assert picture(values).tolist() == [0, 51, 127, 230, 0]
    assert picture(values, gain=3).tolist() == [0, 153, 255, 255, 0]
    assert values[4].isnan()


@pytest.mark.parametrize("way", ["halves", "measured", "copied"])
def test_normalised_values_equal_torchvisions(way: str) -> None:
    images, labels = coloured(200)
    _, values = measure(images, labels).of()
    mean, std = {
        "halves": NORMALISATIONS["half"],
        "measured": (values.mean, values.std),
        "copied": (values.mean, COPIED_STD),
    }[way]
    expected = transforms.Normalize(mean, std)(images.double() / 255)
    found = values.normalised(mean, std)
    assert found.mean == pytest.approx(expected.mean((0, 2, 3)).tolist(), abs=1e-6)
    assert found.std == pytest.approx(expected.std((0, 2, 3), correction=0).tolist(), abs=1e-6)
    assert found.low == pytest.approx(expected.amin((0, 2, 3)).tolist(), abs=1e-6)
    assert found.high == pytest.approx(expected.amax((0, 2, 3)).tolist(), abs=1e-6)
    if way == "measured":
        assert found.mean == pytest.approx((0, 0, 0), abs=1e-6)
        assert found.std == pytest.approx((1, 1, 1), abs=1e-6)


# The real images


@pytest.fixture
def real_statistics(real: Path) -> Statistics:
    return measure(*load_split(real, True))


def test_real_statistics_are_the_published_ones(real_statistics: Statistics) -> None:
    _, values = real_statistics.of()
    assert values.mean == pytest.approx(MEAN, abs=0.001)
    assert values.std == pytest.approx(STD, abs=0.003)  # a copy saved as JPEG in between is a little smoother
    assert (values.low, values.high) == ((0, 0, 0), (1, 1, 1))


def test_the_copied_deviation_is_the_mean_of_those_inside_images(real_statistics: Statistics) -> None:
    assert real_statistics.image_std == pytest.approx(COPIED_STD, abs=0.003)
    assert all(
        inside < std
        for inside, std in zip(real_statistics.image_std, real_statistics.of()[1].std, strict=True)
    )


def test_the_halves_do_not_standardise_the_real_images(real_statistics: Statistics) -> None:
    found = real_statistics.of()[1].normalised(*NORMALISATIONS["half"])
    assert (found.low, found.high) == ((-1, -1, -1), (1, 1, 1))
    assert found.mean == pytest.approx((-0.017, -0.036, -0.107), abs=0.002)
    assert found.std == pytest.approx((0.49, 0.49, 0.52), abs=0.006)
