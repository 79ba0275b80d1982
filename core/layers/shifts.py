"""Pooling's tolerance of shifts: the same image moved by a few pixels, before and after pooling."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

FARTHEST = 8  # pixels


def shifted(images: Tensor, pixels: int) -> Tensor:
    """Move the content of uint8 images [N, 3, H, W] right; mirrored pixels, not black, fill the left."""
    if not pixels:
        return images
    moved = F.pad(images.float(), (pixels, 0, 0, 0), mode="reflect")[..., : images.shape[-1]]
    return moved.to(images.dtype)


@dataclass(frozen=True)
class Changes:
    """Change of each map, |moved - before| / |before|: 0 is unchanged, nan where `before` is all zeros."""

    image: float
    convolution: float
    pooled: float
    pooled_twice: float


def change(before: Tensor, after: Tensor) -> float:
    """Length of the difference over the length of `before`; nan where `before` is zero."""
    length = float(before.norm())
    return float((after - before).norm()) / length if length else float("nan")


def stages(x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x [1, C, H, W] itself, after convolution and ReLU, after one 2 x 2 max pooling, and after a second."""
    features = F.relu(F.conv2d(x, weight, bias))
    pooled = F.max_pool2d(features, 2)
    return x, features, pooled, F.max_pool2d(pooled, 2)


def changes(before: Tensor, after: Tensor, weight: Tensor, bias: Tensor | None) -> Changes:
    """Compare the stages of two inputs [1, C, H, W], the second being the first one shifted."""
    pairs = zip(stages(before, weight, bias), stages(after, weight, bias), strict=True)
    return Changes(*(change(original, moved) for original, moved in pairs))
