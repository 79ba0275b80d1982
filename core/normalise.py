"""Conversion of stored pixels to network input and back: the only place where images are normalised."""

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from core.errors import InputError


def normalise(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(images / 255 - mean) / std, with one mean and one std per channel.

    uint8 [N, 3, H, W] in, float32 of the same shape out. Equal to torchvision's ToTensor and Normalize;
    computed as images x scale - shift, in two passes over the memory and without another copy.
    Raises InputError for images of another type or shape, or for an unusable mean or std.
    """
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
        raise InputError(
            "normalise_images", found=f"{str(images.dtype).removeprefix('torch.')} {list(images.shape)}"
        )
    scale, shift = _scale_and_shift(_numbers("mean", mean), _numbers("std", std), images.device)
    return torch.mul(images, scale).sub_(shift)


def denormalise(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Undo `normalise`: float [N, 3, H, W] in, uint8 of the same shape out; values are clamped to 0..255.

    Raises InputError for an unusable mean or std.
    """
    scale, shift = _scale_and_shift(_numbers("mean", mean), _numbers("std", std), x.device)
    return (x.float() + shift).div_(scale).nan_to_num_(0.0).round_().clamp_(0, 255).to(torch.uint8)


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    try:
        return tuple(map(float, values))
    except (TypeError, ValueError):
        raise InputError("normalise_statistics", name=name, found=repr(values)[:80]) from None


# Training asks for the same constants at every step, and making them takes longer than a batch of 16.
@lru_cache(maxsize=32)
def _scale_and_shift(
    mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Scale and shift, both float32 [1, 3, 1, 1]: normalised = pixel x scale - shift."""
    for name, values in (("mean", mean), ("std", std)):
        if len(values) != 3 or not all(map(math.isfinite, values)):
            raise InputError("normalise_statistics", name=name, found=list(values))
    if min(std) <= 0:
        raise InputError("normalise_std", found=list(std))
    scale = torch.tensor([1 / (255 * s) for s in std], dtype=torch.float32, device=device)
    shift = torch.tensor([m / s for m, s in zip(mean, std, strict=True)], dtype=torch.float32, device=device)
    return scale.view(1, 3, 1, 1), shift.view(1, 3, 1, 1)
