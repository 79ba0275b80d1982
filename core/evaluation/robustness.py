"""Accuracy of a network on changed images: rotated, shifted, scaled, blurred, or fed without Normalize."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from core.dataset import ImageSet
from core.evaluation.scores import evaluate
from core.layers.shifts import shifted
from core.progress import Progress

Statistics = tuple[float, ...]
_EDGE = 16  # pixels of mirrored border, so that no black enters the picture at any angle or size


@dataclass(frozen=True)
class Change:
    """A way to change images.

    `apply` takes uint8 [N, 3, 32, 32] and a strength; `neutral` is the strength that changes nothing.
    """

    apply: Callable[[Tensor, float], Tensor]
    neutral: float
    strengths: tuple[float, ...]  # the measured ones, in order
    unit: str


def rotated(images: Tensor, degrees: float) -> Tensor:
    """Rotate counterclockwise about the centre; bilinear, the border mirrored."""
    if degrees % 360 == 0:
        return images
    wide = F.pad(images.float(), (_EDGE,) * 4, mode="reflect")
    turned = tv.rotate(wide, degrees, interpolation=InterpolationMode.BILINEAR)
    return _bytes(turned[..., _EDGE:-_EDGE, _EDGE:-_EDGE])


def moved(images: Tensor, pixels: float) -> Tensor:
    """Shift right by whole pixels, the border mirrored."""
    return shifted(images, round(pixels))


def scaled(images: Tensor, factor: float) -> Tensor:
    """Enlarge about the centre by `factor`, 0.5 to 32; below 1 shrink, the border mirrored."""
    side = round(images.shape[-1] / factor)
    if side == images.shape[-1]:
        return images
    wide = F.pad(images.float(), (_EDGE,) * 4, mode="reflect")
    cut = tv.center_crop(wide, [side, side])
    return _bytes(
        tv.resize(cut, list(images.shape[-2:]), interpolation=InterpolationMode.BILINEAR, antialias=True)
    )


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur; sigma in pixels."""
    if sigma <= 0:
        return images
    size = 2 * min(round(3 * sigma + 0.5), 15) + 1
    return _bytes(tv.gaussian_blur(images.float(), [size, size], [sigma, sigma]))


def _unchanged(images: Tensor, _: float) -> Tensor:
    return images


CHANGES: Mapping[str, Change] = {
    "rotate": Change(rotated, 0, (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 150, 180), "°"),
    "shift": Change(moved, 0, (0, 1, 2, 3, 4, 5, 6, 7, 8), "px"),
    "scale": Change(scaled, 1, (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2), "×"),
    "blur": Change(blurred, 0, (0, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3), "σ"),
    "unnormalise": Change(_unchanged, 0, (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1), ""),
}


def fed_with(
    change: str, strength: float, mean: Statistics, std: Statistics
) -> tuple[Statistics, Statistics]:
    """Mean and std to normalise the network's input with: its own for most changes.

    "unnormalise" goes from them (strength 0) to mean 0 and std 1 (strength 1).
    """
    if change != "unnormalise":
        return mean, std
    return tuple((1 - strength) * value for value in mean), tuple(
        (1 - strength) * value + strength for value in std
    )


def accuracies(
    model: nn.Module, images: ImageSet, change: str, mean: Statistics, std: Statistics
) -> Generator[Progress, None, list[float]]:
    """Measure the accuracy at each of the change's strengths; a step of progress for each."""
    measured = []
    for done, strength in enumerate(CHANGES[change].strengths, start=1):
        measured.append(accuracy(model, images, change, strength, mean, std))
        yield Progress(done, len(CHANGES[change].strengths))
    return measured


def accuracy(
    model: nn.Module, images: ImageSet, change: str, strength: float, mean: Statistics, std: Statistics
) -> float:
    """Accuracy on images changed with this strength."""
    altered = torch.cat([CHANGES[change].apply(part, strength) for part in torch.split(images.images, 500)])
    own_mean, own_std = fed_with(change, strength, mean, std)
    return evaluate(model, altered, images.labels, mean=own_mean, std=own_std).accuracy


def _bytes(values: Tensor) -> Tensor:
    return values.round().clamp(0, 255).to(torch.uint8)
