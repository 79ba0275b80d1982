"""Evaluation of a model: one forward pass, and every score that follows from its logits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.evaluation.eval_mode import eval_mode
from core.lenet import LeNet
from core.normalise import normalise

# Images per forward pass: on one thread LeNet is equally fast with 50 to 1,000, and slower with 5,000.
BATCH = 200


@dataclass(frozen=True)
class ClassScores:
    """Scores by class, float64 [classes].

    NaN where a class was never predicted (precision) or never occurs (recall).
    """

    precision: Tensor
    recall: Tensor
    f1: Tensor
    support: Tensor  # int64, number of images of the class


@dataclass(frozen=True)
class Bin:
    """Predictions with a confidence from `low` to `high`.

    `accuracy` is the share that is right, NaN if there are none; `count` is how many there are.
    """

    low: float
    high: float
    accuracy: float
    count: int


@dataclass(frozen=True)
class Calibration:
    """Confidence against accuracy in equal-width bins of confidence; NaN for both in an empty bin.

    Source: Guo et al. 2017, equations 2 and 3.
    """

    confidence: Tensor  # [bins], mean probability of the predicted class
    accuracy: Tensor  # [bins]
    count: Tensor  # [bins]
    error: float  # expected calibration error, 0..1

    def at(self, confidence: float) -> "Bin":
        """The bin this confidence falls into."""
        bins = len(self.count)
        index = min(int(confidence * bins), bins - 1)
        return Bin(index / bins, (index + 1) / bins, float(self.accuracy[index]), int(self.count[index]))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Result of evaluating a model on a split.

    Mean loss, accuracy 0..1, confusion [true, predicted], logits [N, classes], labels [N].
    """

    loss: float
    accuracy: float
    confusion: Tensor
    logits: Tensor
    labels: Tensor

    @property
    def standard_error(self) -> float:
        """Standard error sqrt(p (1 - p) / n) of the accuracy: its scatter over other samples of this size."""
        return math.sqrt(self.accuracy * (1 - self.accuracy) / len(self.labels))

    @cached_property
    def predictions(self) -> Tensor:
        """Predicted classes [N]."""
        return self.logits.argmax(1)

    @cached_property
    def confidence(self) -> Tensor:
        """Probability [N] of the predicted class; 0 where the logits are not finite."""
        return self.logits.softmax(1).amax(1).nan_to_num(0.0)

    @cached_property
    def per_class(self) -> ClassScores:
        """Precision, recall, F1 and support of each class."""
        hits = self.confusion.diagonal().double()
        support, predicted = self.confusion.sum(1), self.confusion.sum(0)
        return ClassScores(hits / predicted, hits / support, 2 * hits / (support + predicted), support)

    def cell(self, true: int, predicted: int) -> Tensor:
        """Indices of the images in one cell of the confusion matrix, the most confident first."""
        inside = ((self.labels == true) & (self.predictions == predicted)).nonzero().flatten()
        return inside[self.confidence[inside].argsort(descending=True, stable=True)]

    def mean_logits(self, rows: Tensor) -> Tensor:
        """Mean logits [classes], float64, of the images with these indices."""
        return self.logits[rows].double().mean(0)

    @cached_property
    def favourite(self) -> tuple[int, float]:
        """The class predicted most often, and the share of images that it is predicted for."""
        count, label = self.confusion.sum(0).max(0)
        return int(label), int(count) / len(self.labels)

    def worst_mistakes(self, count: int) -> Tensor:
        """Indices of the `count` most confident wrong answers, the most confident first."""
        wrong = (self.predictions != self.labels).nonzero().flatten()
        return wrong[self.confidence[wrong].argsort(descending=True, stable=True)][:count]

    def calibration(self, bins: int = 10) -> Calibration:
        """Confidence against accuracy in `bins` bins of equal width."""
        index = (self.confidence.double() * bins).long().clamp(max=bins - 1)
        right = (self.predictions == self.labels).double()
        count = torch.bincount(index, minlength=bins)
        confidence = torch.bincount(index, self.confidence.double(), minlength=bins) / count
        accuracy = torch.bincount(index, right, minlength=bins) / count
        gap = (confidence - accuracy).abs().nan_to_num() * count
        return Calibration(confidence, accuracy, count, float(gap.sum() / len(self.labels)))


@torch.no_grad()
def evaluate(
    model: nn.Module, images: Tensor, labels: Tensor, *, mean: Sequence[float], std: Sequence[float]
) -> Evaluation:
    """Evaluate `model` on uint8 images [N, 3, 32, 32] with labels int64 [N].

    Images are fed through `normalise(images, mean, std)`. Losses and hits are summed over images and divided
    by N once. The model's training mode is restored.
    """
    device = next(model.parameters()).device
    # Channels last judges LeNet 1.7 times as fast, and a list of torch's layers takes it too; another network
    # may call `view` after a convolution, which takes contiguous maps only.
    layout = torch.channels_last if type(model) in (LeNet, nn.Sequential) else torch.contiguous_format
    with eval_mode(model):
        logits = torch.cat(
            [
                model(normalise(part, mean, std).to(device, memory_format=layout)).cpu()
                for part in torch.split(images, BATCH)
            ]
        )
    return evaluation_of(logits, labels)


def evaluation_of(logits: Tensor, labels: Tensor) -> Evaluation:
    """Evaluate logits [N, classes] against labels int64 [N].

    Losses and hits are summed over images and divided by N once.
    """
    classes = logits.shape[1]
    confusion = torch.bincount(labels * classes + logits.argmax(1), minlength=classes**2).view(
        classes, classes
    )
    return Evaluation(
        loss=F.cross_entropy(logits.double(), labels).item(),
        accuracy=confusion.diagonal().sum().item() / len(labels),
        confusion=confusion,
        logits=logits,
        labels=labels,
    )
