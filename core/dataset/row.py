"""How an image lies in a batch file: 3,072 numbers in a row, plane by plane; and what one sees who unfolds them wrongly."""

import torch
from torch import Tensor

CHANNELS = ("red", "green", "blue")


def unfolded(row: Tensor) -> Tensor:
    """uint8 [3072] from a batch file in, the image [3, 32, 32] out: 1,024 red values, 1,024 green, 1,024 blue."""
    return row.view(3, 32, 32)


def scrambled(row: Tensor) -> Tensor:
    """The same numbers as if each pixel's red, green and blue lay side by side: [32, 32, 3], no error, and no picture."""
    return row.reshape(32, 32, 3)


def row_of(image: Tensor) -> Tensor:
    """uint8 [3, 32, 32] in, the row [3072] of its batch file out."""
    return image.reshape(-1)


def channels_first(image: Tensor) -> Tensor:
    """[H, W, 3] in, [3, H, W] out: how PyTorch holds an image."""
    return image.permute(2, 0, 1)


def planes(image: Tensor, tinted: bool) -> Tensor:
    """The three channels of an image [3, H, W] as pictures [3, 3, H, W]: each in its own colour, or as grey levels."""
    if tinted:
        return image[None] * torch.eye(3, dtype=image.dtype)[:, :, None, None]
    return image[:, None].expand(-1, 3, -1, -1)
