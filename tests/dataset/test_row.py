"""core.dataset.row: numpy's reshape as the oracle, on a real batch file."""

import pickle
from pathlib import Path

import numpy as np
import torch

from core.dataset.row import CHANNELS, channels_first, planes, row_of, scrambled, unfolded
from tests.support.sample_data import noise, write_data_set


def test_a_row_of_a_file_unfolds_into_its_image(tmp_path: Path) -> None:
    folder = write_data_set(tmp_path, per_file=3)
    row = pickle.loads((folder / "data_batch_2").read_bytes(), encoding="bytes")[b"data"][1]
    image = unfolded(torch.from_numpy(row.copy()))
    assert (image.numpy() == row.reshape(3, 32, 32)).all()
    assert (image[2, 5, 7], image[0, 0, 1]) == (row[2 * 1024 + 5 * 32 + 7], row[1])
    assert (row_of(image).numpy() == row).all()


def test_the_wrong_way_takes_three_neighbours_of_one_colour_for_a_pixel() -> None:
    row = row_of(noise(1)[0][0])
    wrong = scrambled(row)
    assert wrong.shape == (32, 32, 3)
    assert torch.equal(wrong[0, 0], row[:3])
    assert (wrong.numpy() == row.numpy().reshape(32, 32, 3)).all()
    assert torch.equal(channels_first(wrong)[2], wrong[:, :, 2])
    assert not torch.equal(channels_first(wrong), unfolded(row))


def test_planes_add_up_to_the_image() -> None:
    image = noise(1)[0][0]
    tinted, grey = planes(image, tinted=True), planes(image, tinted=False)
    assert tinted.dtype == grey.dtype == torch.uint8
    assert tinted.shape == grey.shape == (3, 3, 32, 32)
    assert len(CHANNELS) == 3
    assert torch.equal(tinted.sum(0, dtype=torch.uint8), image)
    for channel in range(3):
        assert (grey[channel] == image[channel]).all()
        assert np.count_nonzero(tinted[channel].sum((1, 2))) == 1
