"""From stored pixels to what the network is fed: the only place where images are normalised."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from core.errors import InputError


def normalise(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(images / 255 - mean) / std: uint8 [N, 3, 32, 32] in, float32 of the same shape out; mean and std one number per channel.

    Equal to torchvision's ToTensor and Normalize; as images x scale - shift it goes over the memory twice and copies nothing else.
    Raises InputError for images of another type or shape, or for a mean or std that can't be used.
    """
    _check_statistics(mean, std)
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
        raise InputError("normalise_images", found=f"{str(images.dtype).removeprefix('torch.')} {list(images.shape)}")
    scale = _per_channel([1 / (255 * s) for s in std], images.device)
    shift = _per_channel([m / s for m, s in zip(mean, std, strict=True)], images.device)
    return torch.mul(images, scale).sub_(shift)


def denormalise(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """The images that `normalise` made `x` from: float [N, 3, H, W] in, uint8 out; values outside 0..255 are cut off.

    Raises InputError for a mean or std that can't be used.
    """
    _check_statistics(mean, std)
    pixels = x.float() * _per_channel([255 * s for s in std], x.device)
    return pixels.add_(_per_channel([255 * m for m in mean], x.device)).nan_to_num_(0.0).round_().clamp_(0, 255).to(torch.uint8)


def _per_channel(values: list[float], device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device).view(1, 3, 1, 1)


def _check_statistics(mean: Sequence[float], std: Sequence[float]) -> None:
    for name, values in (("mean", mean), ("std", std)):
        if len(values) != 3 or not all(math.isfinite(value) for value in values):
            raise InputError("normalise_statistics", name=name, found=list(values))
    if not all(value > 0 for value in std):
        raise InputError("normalise_std", found=list(std))
