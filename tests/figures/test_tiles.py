"""core.figures.tiles: the sheet holds every image where the browser looks for it."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from core.figures.tiles import sheet
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
