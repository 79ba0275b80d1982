"""Layout of an image in a batch file, 3,072 numbers plane by plane, and the effect of misreading it."""

import torch
from torch import Tensor

CHANNELS = ("red", "green", "blue")


def unfolded(row: Tensor) -> Tensor:
    """Image [3, 32, 32] of a batch file's row, uint8 [3072]: 1,024 red values, 1,024 green, 1,024 blue."""
    return row.view(3, 32, 32)


def scrambled(row: Tensor) -> Tensor:
    """The row as if each pixel's red, green and blue lay together: [32, 32, 3], no error, and no picture."""
    return row.reshape(32, 32, 3)


def row_of(image: Tensor) -> Tensor:
    """Batch file's row [3072] of an image, uint8 [3, 32, 32]."""
    return image.reshape(-1)


def channels_first(image: Tensor) -> Tensor:
    """Image [H, W, 3] as [3, H, W], the way PyTorch holds images."""
    return image.permute(2, 0, 1)


def planes(image: Tensor, tinted: bool) -> Tensor:
    """Channels of an image [3, H, W] as pictures [3, 3, H, W], each in its own colour or as grey levels."""
    if tinted:
        return image[None] * torch.eye(3, dtype=image.dtype)[:, :, None, None]
    return image[:, None].expand(-1, 3, -1, -1)
