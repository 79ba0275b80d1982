"""The weights of a network as pictures, and how weights and activations are spread."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.inside.forward_pass import ForwardPass
from core.inside.stages import STAGES, WEIGHTED

BINS = 40


def colour_images(weight: Tensor) -> Tensor:
    """Filters float [N, 3, k, k] as images uint8 of the same shape: grey is 0, each filter scaled by its own largest weight."""
    largest = weight.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    return (127.5 + 127.5 * weight / largest).round().to(torch.uint8)


@dataclass(frozen=True, eq=False)
class Spread:
    """How numbers are spread: `counts` [BINS] between `low` and `high`, mean, standard deviation, and the share above zero."""

    counts: Tensor
    low: float
    high: float
    mean: float
    std: float
    positive: float
    count: int

    @property
    def middles(self) -> list[float]:
        width = (self.high - self.low) / BINS
        return [self.low + (index + 0.5) * width for index in range(BINS)]


def spread(values: Tensor) -> Spread:
    """Of any number of values, at least one; the bins lie evenly around zero."""
    values = values.detach().flatten().double()
    largest = float(values.abs().max()) or 1.0
    counts = torch.histc(values, BINS, -largest, largest)
    mean, std = float(values.mean()), float(values.std(unbiased=False))
    return Spread(counts, -largest, largest, mean, std, float((values > 0).double().mean()), len(values))


def weight_spreads(model: nn.Module) -> Mapping[str, Spread]:
    """Of each layer's weights, its biases left out."""
    return {
        layer: spread(model.get_parameter(f"{layer}.weight"))
        for layer in (STAGES[name].layer for name in WEIGHTED)
    }


def activation_spreads(passed: ForwardPass) -> Mapping[str, Spread]:
    """Of each layer's outputs before ReLU, which cuts off what is left of zero, over all images of the pass."""
    return {name: spread(passed[name]) for name in WEIGHTED}
