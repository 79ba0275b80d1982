"""The table of normalisations: mean and std per channel, on a scale of 0 to 1. Imports no torch."""

from collections.abc import Mapping
from typing import NamedTuple

from core.cifar10 import MEAN, STD

Channels = tuple[float, float, float]


class Normalisation(NamedTuple):
    """The transform (x - mean) / std, with one mean and one std per channel."""

    mean: Channels
    std: Channels


NORMALISATIONS: Mapping[str, Normalisation] = {
    "cifar": Normalisation(MEAN, STD),
    "half": Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),  # as most tutorials pass to Normalize
    # Expected by ImageNet weights. Source: torchvision.models.ResNet18_Weights.IMAGENET1K_V1.transforms()
    "imagenet": Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "none": Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),  # changes nothing
}
FOR_LENET = ("half", "cifar", "none")
"""Normalisations on offer for LeNet, in menu order."""
AS_IT_IS = NORMALISATIONS["none"]
COPIED_STD = (0.2023, 0.1994, 0.2010)
"""Often copied as CIFAR-10's std; in fact Statistics.image_std, the mean of the stds of single images."""
