"""Images in a network's last features, on a plane that stays the same from checkpoint to checkpoint."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from core.dataset import ImageSet
from core.evaluation import Evaluation, evaluate
from core.inside.forward_pass import walk
from core.inside.stages import stages
from core.normalise import normalise
from core.training.checkpoints import Weights

IMAGES = 500  # of the validation split; a point each, and enough for a confusion matrix


@dataclass(frozen=True, eq=False)
class Moment:
    """A checkpoint judged on some images: its evaluation, and the features [N, F] before the last layer."""

    evaluation: Evaluation
    features: Tensor

    @property
    def separation(self) -> float:
        """Share of the features' variance that lies between classes: 0 mixed, 1 a point for each class."""
        features, labels = self.features.double(), self.evaluation.labels
        total = float((features - features.mean(0)).square().sum())
        parts = [features[labels == label] for label in set(labels.tolist())]
        within = sum(float((part - part.mean(0)).square().sum()) for part in parts)
        return 1 - within / total if total else 0.0


@torch.no_grad()
def moment(weights: Weights, images: ImageSet) -> Moment:
    """Judge a checkpoint on the first IMAGES of `images`; takes 50 ms of LeNet."""
    model, pixels, labels = weights.network(), images.images[:IMAGES], images.labels[:IMAGES]
    verdict = evaluate(model, pixels, labels, mean=weights.mean, std=weights.std)
    wanted = stages(weights.architecture).features.name
    for name, values in walk(model, normalise(pixels, weights.mean, weights.std)):
        if name == wanted:
            return Moment(verdict, values.flatten(1))
    raise AssertionError(wanted)


@dataclass(frozen=True, eq=False)
class Projection:
    """A plane in feature space: `mean` [F], `axes` [F, 2] of length 1.

    `captured` is the share of the variance that the plane shows.
    """

    mean: Tensor
    axes: Tensor
    captured: float

    def __call__(self, features: Tensor) -> Tensor:
        """Project features onto the plane: [N, F] in, [N, 2] out."""
        return (features - self.mean) @ self.axes


def projection(features: Tensor) -> Projection:
    """Plane of the two principal components of features [N, F].

    Signs are fixed: the entry of an axis that is largest in magnitude is positive.

    Source: PCA, Pearson 1901; by SVD of the centred features.
    """
    mean = features.mean(0)
    variance, axes = _components(features - mean)
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return Projection(
        mean, (axes * largest.sign()).T, float(variance[:2].sum() / variance.sum().clamp(min=1e-12))
    )


def _components(centred: Tensor) -> tuple[Tensor, Tensor]:
    """Variances in falling order, and the first two directions [2, F]."""
    if centred.shape[1] <= len(centred):
        _, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
        return sizes.square(), directions[:2]
    # More numbers than images: the same from the images' products with each other, in a tenth of the time.
    variance, sides = torch.linalg.eigh(centred @ centred.T)
    return variance.clamp(min=0).flip(0), normalize(sides[:, [-1, -2]].T @ centred)
