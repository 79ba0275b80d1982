"""core.figures.tiles: the sheet holds every image where the browser looks for it."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageColor

from core.figures.palette import RIGHT, WRONG
from core.figures.tiles import confusion_image, sheet
from tests.support.sample_data import noise


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (1, 5), (5, 5), (6, 5), (24, 8), (7, 1)])
def test_every_tile_is_where_it_belongs(count: int, columns: int) -> None:
    images, _ = noise(count)
    picture = Image.open(io.BytesIO(sheet(images, columns)))
    rows = -(-count // columns)
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (32 * columns, 32 * rows))
    pixels = torch.from_numpy(np.array(picture))  # (rows * 32, columns * 32, 3)
    for index in range(rows * columns):
        down, right = divmod(index, columns)
        tile = pixels[32 * down : 32 * down + 32, 32 * right : 32 * right + 32].permute(2, 0, 1)
        assert torch.equal(tile, images[index] if index < count else torch.zeros_like(tile))


def test_images_of_another_size_or_order_in_memory() -> None:
    images = noise(4)[0][:, :, :20, :10].flip(3)
    picture = Image.open(io.BytesIO(sheet(images, 2)))
    assert picture.size == (20, 40) and torch.equal(
        torch.from_numpy(np.array(picture))[:20, :10].permute(2, 0, 1), images[0]
    )


def test_arrays_are_images_too() -> None:
    images, _ = noise(3)
    assert sheet(images.numpy(), 2) == sheet(images, 2)


def test_a_matrix_is_blue_where_it_is_right_and_orange_where_not() -> None:
    counts = np.diag([8] * 10)
    counts[2, 7], counts[4, 4] = 2, 0  # a fifth of row 2; a class without images
    image = confusion_image(counts.tolist())
    assert image.shape == (1, 4, 120, 120) and image.dtype == np.uint8
    cells = image[0, :, 5::12, 5::12].astype(int)  # (4, 10, 10)
    assert (image[0, 3, 11::12] == 0).all() and (image[0, 3, :, 11::12] == 0).all()  # see-through
    opacity = cells[3]
    assert (opacity > 0).all() and opacity[0, 0] == opacity.max() == opacity[9, 9]
    assert opacity[0, 1] == opacity[4, 4] == opacity.min() < opacity[2, 7] < opacity[2, 2] < opacity[0, 0]
    for colour, cell in ((RIGHT, cells[:3, 0, 0]), (WRONG, cells[:3, 2, 7])):
        assert np.abs(cell - ImageColor.getrgb(colour)).max() < 20
    assert (cells[:3, 0, 1] == 128).all()
