"""Random flip and crop of a whole batch as tensor operations."""

import torch
from torch import Tensor


def augment(images: Tensor, *, flip: bool, crop: int, generator: torch.Generator) -> Tensor:
    """Mirror each image with probability 1/2; shift it by up to `crop` pixels each way, border reflected.

    images [N, C, H, W] of any dtype; returns a new tensor of the same shape. H and W must exceed `crop`.
    Flip and shift are one gather: every output pixel names the input pixel that it copies.
    """
    count, channels, height, width = images.shape
    rows, columns = (_shifted(size, count, crop, generator) for size in (height, width))  # (N, H), (N, W)
    if flip:
        mirrored = torch.rand(count, 1, generator=generator) < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    source = (
        (rows[:, :, None] * width + columns[:, None, :]).view(count, 1, -1).expand(-1, channels, -1)
    )  # (N, C, H * W)
    return images.reshape(count, channels, -1).gather(2, source.to(images.device)).view_as(images)


def _shifted(size: int, count: int, most: int, generator: torch.Generator) -> Tensor:
    """Source positions (N, size) along one axis, shifted by -most..most and reflected at both ends."""
    shift = torch.randint(-most, most + 1, (count, 1), generator=generator)
    last = size - 1
    return last - (last - (torch.arange(size) + shift).abs()).abs()
