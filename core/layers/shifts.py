"""What pooling forgives: the same image a few pixels further, before and after pooling."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

FARTHEST = 8  # pixels


def shifted(images: Tensor, pixels: int) -> Tensor:
    """uint8 images [N, 3, H, W], their content moved to the right; what comes in at the left is the image mirrored, no black border."""
    if not pixels:
        return images
    moved = F.pad(images.float(), (pixels, 0, 0, 0), mode="reflect")[..., : images.shape[-1]]
    return moved.to(images.dtype)


@dataclass(frozen=True)
class Changes:
    """How much each map changed: |moved - before| / |before|, so 0 is unchanged; nan where there was nothing but zeros before."""

    image: float
    convolution: float
    pooled: float
    pooled_twice: float


def change(before: Tensor, after: Tensor) -> float:
    """The length of the difference over the length of what was there before."""
    length = float(before.norm())
    return float((after - before).norm()) / length if length else float("nan")


def stages(x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x [1, C, H, W] as it is, after convolution and ReLU, after one max pooling of 2 x 2, and after a second one."""
    features = F.relu(F.conv2d(x, weight, bias))
    pooled = F.max_pool2d(features, 2)
    return x, features, pooled, F.max_pool2d(pooled, 2)


def changes(before: Tensor, after: Tensor, weight: Tensor, bias: Tensor | None) -> Changes:
    """Of two inputs [1, C, H, W], the second one the first one shifted."""
    pairs = zip(stages(before, weight, bias), stages(after, weight, bias), strict=True)
    return Changes(*(change(one, other) for one, other in pairs))
