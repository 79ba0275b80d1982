"""core.normalise against torchvision's ToTensor and Normalize."""

import math

import pytest
import torch
from PIL import Image
from torchvision import transforms

from core.dataset import MEAN, STD
from core.errors import InputError
from core.normalise import denormalise, normalise


def all_bytes() -> torch.Tensor:
    """uint8 [4, 3, 32, 32] with each value in each channel."""
    return (torch.arange(4 * 3 * 32 * 32) % 256).to(torch.uint8).view(4, 3, 32, 32)


@pytest.mark.parametrize(
    ("mean", "std"), [(MEAN, STD), ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)), ((0, 0, 0), (1, 1, 1))]
)
def test_equals_torchvision(mean: tuple[float, ...], std: tuple[float, ...]) -> None:
    images = all_bytes()
    pipeline = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])
    expected = torch.stack([pipeline(Image.fromarray(image.permute(1, 2, 0).numpy())) for image in images])
    result = normalise(images, mean, std)
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)


def test_the_tutorial_statistics_give_minus_one_to_one() -> None:
    result = normalise(all_bytes(), [0.5] * 3, [0.5] * 3)
    assert (result.min().item(), result.max().item()) == (-1.0, 1.0)


def test_denormalise_gives_the_same_bytes() -> None:
    images = all_bytes()
    assert torch.equal(denormalise(normalise(images, MEAN, STD), MEAN, STD), images)


def test_denormalise_cuts_off_what_no_pixel_can_be() -> None:
    x = torch.tensor([math.inf, -math.inf, math.nan]).view(1, 3, 1, 1)
    assert denormalise(x, MEAN, STD).flatten().tolist() == [255, 0, 0]


def test_leaves_its_input_alone_and_takes_slices() -> None:
    images = all_bytes()
    before = images.clone()
    assert torch.equal(normalise(images[::2], MEAN, STD), normalise(images, MEAN, STD)[::2])
    assert torch.equal(images, before)
    assert normalise(images[:0], MEAN, STD).shape == (0, 3, 32, 32)


@pytest.mark.parametrize(
    ("mean", "std", "key"),
    [
        ((0.5, 0.5), STD, "normalise_statistics"),
        (MEAN, (1, 1, 1, 1), "normalise_statistics"),
        ((math.nan, 0, 0), STD, "normalise_statistics"),
        (MEAN, (math.inf, 1, 1), "normalise_statistics"),
        ((None, 0, 0), STD, "normalise_statistics"),
        (MEAN, (0.0, 1, 1), "normalise_std"),
        (MEAN, (1, 1, -1), "normalise_std"),
    ],
)
def test_unusable_statistics_are_refused(mean: tuple[float, ...], std: tuple[float, ...], key: str) -> None:
    for function in (normalise, denormalise):
        with pytest.raises(InputError) as refusal:
            function(all_bytes(), mean, std)
        assert refusal.value.key == key and str(refusal.value) and refusal.value.sentence("zh")


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(2, 3, 4, 4),
        torch.zeros(3, 4, 4, dtype=torch.uint8),
        torch.zeros(1, 1, 4, 4, dtype=torch.uint8),
    ],
)
def test_other_images_are_refused(images: torch.Tensor) -> None:
    with pytest.raises(InputError, match=r"uint8 \[N, 3"):
        normalise(images, MEAN, STD)
