"""What images are normalised with: mean and standard deviation by channel on a scale of 0 to 1, one table. Imports no torch."""

from collections.abc import Mapping
from typing import NamedTuple

from core.cifar10 import MEAN, STD

Channels = tuple[float, float, float]


class Normalisation(NamedTuple):
    """(x - mean) / std, by channel."""

    mean: Channels
    std: Channels


NORMALISATIONS: Mapping[str, Normalisation] = {
    "cifar": Normalisation(MEAN, STD),
    "half": Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),  # what most tutorials pass to Normalize
    # What ImageNet weights expect. Source: torchvision.models.ResNet18_Weights.IMAGENET1K_V1.transforms()
    "imagenet": Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "none": Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),  # changes nothing
}
FOR_LENET = ("half", "cifar", "none")
"""What a learner may feed LeNet with, in the order of the menus."""
AS_IT_IS = NORMALISATIONS["none"]
COPIED_STD = (0.2023, 0.1994, 0.2010)
"""Often copied as CIFAR-10's deviation; it is Statistics.image_std, the mean of the deviations of single images."""
