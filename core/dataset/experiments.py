"""Experiments on the training images: classes of unequal size, and wrong labels."""

import torch
from torch import Tensor

from core.cifar10 import CLASSES
from core.dataset.splits import ImageSet


def unequal(images: ImageSet, factor: float, generator: torch.Generator) -> ImageSet:
    """Images drawn so that the first class has `factor` times as many as the last, evenly falling between.

    Class c keeps factor^(-c / 9) of its images, one at least; their order stays.

    Source: long-tailed CIFAR, Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples"
    """
    kept: list[Tensor] = []
    for label in range(len(CLASSES)):
        rows = (images.labels == label).nonzero().flatten()
        share = factor ** (-label / (len(CLASSES) - 1))
        drawn = torch.randperm(len(rows), generator=generator)[: max(1, round(share * len(rows)))]
        kept.append(rows[drawn])
    rows = torch.cat(kept).sort().values
    return ImageSet(images.images[rows], images.labels[rows], images.name)


def mislabelled(images: ImageSet, share: float, generator: torch.Generator) -> ImageSet:
    """The same images, a share of them, 0 to 1, with a wrong label, each wrong class as likely as another."""
    count, most = len(images.labels), len(CLASSES)
    rows = torch.randperm(count, generator=generator)[: round(share * count)]
    labels = images.labels.clone()
    labels[rows] = (labels[rows] + torch.randint(1, most, (len(rows),), generator=generator)) % most
    return ImageSet(images.images, labels, images.name, images.places)
