"""core.training.augment against one image at a time, with torch.flip and F.pad."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.training.augment import augment
from tests.support.sample_data import noise


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ways(image: Tensor, flip: bool, crop: int) -> dict[tuple[bool, int, int], Tensor]:
    """Every outcome for one image [C, H, W]: mirrored or not, at each shift within the reflected border."""
    _, height, width = image.shape
    found = {}
    padded = F.pad(image[None].float(), [crop] * 4, mode="reflect")[0].to(image.dtype) if crop else image
    for down in range(2 * crop + 1):
        for right in range(2 * crop + 1):
            window = padded[:, down : down + height, right : right + width]
            found[False, down - crop, right - crop] = window
            if flip:
                found[True, down - crop, right - crop] = torch.flip(window, [2])
    return found


def way_of(image: Tensor, result: Tensor, flip: bool, crop: int) -> tuple[bool, int, int]:
    matching = [way for way, outcome in ways(image, flip, crop).items() if torch.equal(outcome, result)]
    assert len(matching) == 1, matching
    return matching[0]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize(("flip", "crop"), [(True, 0), (False, 1), (True, 2), (False, 4), (True, 8)])
def test_every_image_is_one_of_the_slow_outcomes(flip: bool, crop: int, dtype: torch.dtype) -> None:
    images = noise(12, seed=crop)[0].to(dtype)
    result = augment(images, flip=flip, crop=crop, generator=seeded(crop))
    assert result.dtype == dtype and result.shape == images.shape
    found = [way_of(image, new, flip, crop) for image, new in zip(images, result, strict=True)]
    assert len(set(found)) > 1  # each image has a shift of its own


def test_every_shift_occurs_about_equally_often_and_half_are_mirrored() -> None:
    image = torch.arange(3 * 8 * 8).view(1, 3, 8, 8).float()
    result = augment(image.expand(1800, -1, -1, -1), flip=True, crop=1, generator=seeded())
    outcomes = ways(image[0], True, 1)
    counts = {way: int((result == outcome).flatten(1).all(1).sum()) for way, outcome in outcomes.items()}
    assert len(counts) == 18 and sum(counts.values()) == 1800
    # 100 expected, four standard deviations of 9.7 each way.
    assert all(60 <= count <= 140 for count in counts.values())
    assert 800 <= sum(count for (mirrored, _, _), count in counts.items() if mirrored) <= 1000


def test_nothing_asked_nothing_changed() -> None:
    images = noise(5)[0]
    result = augment(images, flip=False, crop=0, generator=seeded())
    assert torch.equal(result, images) and result.data_ptr() != images.data_ptr()


def test_the_generator_decides_and_the_originals_stay() -> None:
    images = noise(20)[0]
    before = images.clone()
    first, again, other = (augment(images, flip=True, crop=4, generator=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other) and torch.equal(images, before)


@pytest.mark.parametrize("shape", [(4, 1, 6, 11), (1, 3, 12, 10), (3, 2, 9, 9)])
def test_any_shape(shape: tuple[int, ...]) -> None:
    images = torch.rand(shape, generator=seeded())
    result = augment(images, flip=True, crop=4, generator=seeded())
    for image, new in zip(images, result, strict=True):
        way_of(image, new, True, 4)


def test_images_that_are_no_contiguous_tensor() -> None:
    images = noise(6)[0].permute(0, 1, 3, 2)
    assert torch.equal(
        augment(images, flip=True, crop=2, generator=seeded()),
        augment(images.contiguous(), flip=True, crop=2, generator=seeded()),
    )
