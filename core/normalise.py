"""From stored pixels to what the network is fed: the only place where images are normalised."""

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from core.errors import InputError


def normalise(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(images / 255 - mean) / std: uint8 [N, 3, 32, 32] in, float32 of the same shape out; mean and std one number per channel.

    Equal to torchvision's ToTensor and Normalize; as images x scale - shift it goes over the memory twice and copies nothing else.
    Raises InputError for images of another type or shape, or for a mean or std that can't be used.
    """
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
        raise InputError(
            "normalise_images", found=f"{str(images.dtype).removeprefix('torch.')} {list(images.shape)}"
        )
    scale, shift = _scale_and_shift(_numbers("mean", mean), _numbers("std", std), images.device)
    return torch.mul(images, scale).sub_(shift)


def denormalise(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """The images that `normalise` made `x` from: float [N, 3, H, W] in, uint8 out; values outside 0..255 are cut off.

    Raises InputError for a mean or std that can't be used.
    """
    scale, shift = _scale_and_shift(_numbers("mean", mean), _numbers("std", std), x.device)
    return (x.float() + shift).div_(scale).nan_to_num_(0.0).round_().clamp_(0, 255).to(torch.uint8)


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    try:
        return tuple(map(float, values))
    except (TypeError, ValueError):
        raise InputError("normalise_statistics", name=name, found=repr(values)[:80]) from None


@lru_cache(
    maxsize=32
)  # a training asks for the same constants at every step; making them takes longer than a batch of 16
def _scale_and_shift(
    mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Both float32 [1, 3, 1, 1]: normalised = pixel x scale - shift."""
    for name, values in (("mean", mean), ("std", std)):
        if len(values) != 3 or not all(map(math.isfinite, values)):
            raise InputError("normalise_statistics", name=name, found=list(values))
    if min(std) <= 0:
        raise InputError("normalise_std", found=list(std))
    scale = torch.tensor([1 / (255 * s) for s in std], dtype=torch.float32, device=device)
    shift = torch.tensor([m / s for m, s in zip(mean, std, strict=True)], dtype=torch.float32, device=device)
    return scale.view(1, 3, 1, 1), shift.view(1, 3, 1, 1)
