"""LeNet from each of the initial weights: its activations, gradients and loss at first and later."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.dataset import Splits
from core.diagnosis.initialisation import INITIALISATIONS, initialise, weighted_layers
from core.evaluation import evaluate
from core.progress import Progress
from core.training.config import TrainConfig, recipe
from core.training.loop import gradient_norms
from core.training.run import Training

STEPS = 50
# A quarter of the fast recipe's: with 0.08 from the first step on, LeNet dies from most initial weights.
LR = 0.02
ALIKE = 1e-4  # of their norm; rounding moves two units with the same weights apart by less


@dataclass(frozen=True)
class Signs:
    """What a batch tells of a network.

    loss: its mean. activations: standard deviation of each layer's output, before ReLU. gradients: norm of
    each layer's gradient, weights and biases together.
    """

    loss: float
    activations: Mapping[str, float]
    gradients: Mapping[str, float]


@dataclass(frozen=True)
class Beginning:
    """The first steps of a training; a number that isn't finite is one that overflowed.

    units: number of units by layer. after, accuracy (0..1, of the validation images) and distinct (number of
    different units by layer) are those after STEPS steps; None where the loss was not finite at step
    `diverged`.
    """

    name: str
    units: Mapping[str, int]
    before: Signs
    after: Signs | None
    accuracy: float | None
    distinct: Mapping[str, int] | None
    diverged: int | None


def settings(seed: int) -> TrainConfig:
    """The fast recipe with one learning rate throughout."""
    return recipe("fast", schedule="constant", lr=LR, epochs=STEPS, seed=seed)


def beginnings(splits: Splits, seed: int) -> Generator[Progress, None, list[Beginning]]:
    """Train LeNet for STEPS steps from each of INITIALISATIONS; a step of progress for each step.

    All see the same batches. Raises InputError as `Training` does.
    """
    found = []
    for place, name in enumerate(INITIALISATIONS):
        training = Training(settings(seed), splits)
        initialise(training.model, name, seed)
        before = signs(training)
        while training.steps_done < STEPS and not training.done:
            training.step()
            yield Progress(place * STEPS + training.steps_done, len(INITIALISATIONS) * STEPS)
        found.append(_judged(name, before, training))
    return found


def _judged(name: str, before: Signs, training: Training) -> Beginning:
    layers = weighted_layers(training.model)
    units = {layer: len(row.weight) for layer, row in layers.items()}
    if training.diverged_at is not None:
        return Beginning(name, units, before, None, None, None, training.diverged_at)
    config, images = training.config, training.validation
    result = evaluate(training.model, images.images, images.labels, mean=config.mean, std=config.std)
    distinct = {layer: distinct_units(row.weight) for layer, row in layers.items()}
    return Beginning(name, units, before, signs(training), result.accuracy, distinct, None)


def signs(training: Training) -> Signs:
    """Send the first batch forward and back; no gradient stays behind."""
    images, labels = training.batch(0, 0)
    model, activations = training.model, dict[str, float]()

    def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda layer, inputs, output: activations.update({name: float(output.detach().std())})

    hooks = [layer.register_forward_hook(keep(name)) for name, layer in weighted_layers(model).items()]
    try:
        loss = F.cross_entropy(model(images), labels)
    finally:
        for hook in hooks:
            hook.remove()
    model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = gradient_norms(model)
    model.zero_grad()
    return Signs(loss.item(), activations, gradients)


@torch.no_grad()
def distinct_units(weight: Tensor) -> int:
    """Number of different units of a layer, the first dimension of its weight."""
    rows = weight.flatten(1).double()
    norms = rows.norm(dim=1)
    limit = ALIKE * torch.maximum(norms[:, None], norms)
    earlier_alike = ((rows[:, None] - rows).norm(dim=2) <= limit).tril(-1).any(1)
    return len(rows) - int(earlier_alike.sum())
