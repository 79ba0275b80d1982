"""The sick runs of the clinic: their order, their settings, and the images as each network is given them."""

from dataclasses import dataclass

from torch import Tensor

from core.dataset import ImageSet, Splits
from core.normalise import denormalise, normalise
from core.training.config import TrainConfig, recipe
from core.training.run import Training

# The fault of each; the order tells nothing, and stays: links name a patient by its place.
PATIENTS = (
    "lr_low",
    "validation_raw",
    "weights_zero",
    "no_zero_grad",
    "labels_shuffled",
    "pixels_255",
    "lr_high",
    "double_softmax",
    "class_order",
    "dead_relus",
)
EPOCHS = 6
SHOWN = 12  # images of a batch


@dataclass(frozen=True, eq=False)
class Given:
    """Images as a network is given them: uint8 [n, 3, 32, 32] for the eye, and their classes.

    lowest to std are of the numbers that the network reads, over the whole batch.
    """

    images: Tensor
    labels: tuple[int, ...]
    lowest: float
    highest: float
    mean: float
    std: float


def settings(fault: str = "none") -> TrainConfig:
    """The settings of a patient, or of its twin without the fault. Raises InputError for an unknown fault."""
    return recipe("fast", epochs=EPOCHS, seed=0, fault=fault)


def given(fault: str, train: ImageSet, validation: ImageSet) -> tuple[Given, Given]:
    """The first batch of a patient's training, and as many validation images.

    For the eye both are undone by the normalisation of the training: images that were given another one look
    it. Raises InputError for an unknown fault.
    """
    training = Training(settings(fault), Splits(train, validation, validation))
    batch, labels = training.batch(0, 0)
    judged = normalise(validation.images[: len(labels)], **training.judged_with._asdict())
    return _given(batch, labels, training.config), _given(judged, validation.labels, training.config)


def _given(x: Tensor, labels: Tensor, config: TrainConfig) -> Given:
    images = denormalise(x[:SHOWN], config.mean, config.std).contiguous()
    numbers = (float(x.min()), float(x.max()), float(x.mean()), float(x.std(correction=0)))
    return Given(images, tuple(labels[:SHOWN].tolist()), *numbers)
