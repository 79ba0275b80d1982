"""A network's weights as pictures, and the distributions of its weights and activations."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.inside.forward_pass import ForwardPass
from core.inside.stages import Stage, Stages
from core.shapes.trainable import IMAGE

BINS = 40


def colour_images(weight: Tensor) -> Tensor:
    """Turn filters float [N, 3, k, k] into images uint8 of the same shape.

    Grey is 0; each filter is scaled by its own largest weight.
    """
    largest = weight.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    return (127.5 + 127.5 * weight / largest).round().to(torch.uint8)


def seen_in_colour(model: nn.Module, found: Stages) -> tuple[Stage, Tensor] | None:
    """The first layer and its weights [N, 3, k, k] if each is a picture in colour, else None.

    Kernels of a convolution, or units of a linear layer that has a weight for each number of the image.
    """
    first = found.weighted[0] if found.weighted else None
    if first is None:
        return None
    weight = model.get_parameter(f"{first.layer}.weight").detach()
    if first.kind == "convolution":
        return (first, weight) if weight.shape[1] == IMAGE[0] else None
    before = found[first.reads]
    is_image = before.kind == "flatten" and len(before.output) == 1 and found[before.reads].output == IMAGE
    return (first, weight.view(-1, *IMAGE)) if is_image else None


@dataclass(frozen=True, eq=False)
class Spread:
    """Distribution of values: `counts` [BINS] between `low` and `high`, mean and standard deviation.

    `positive` is the share above zero.
    """

    counts: Tensor
    low: float
    high: float
    mean: float
    std: float
    positive: float
    count: int

    @property
    def middles(self) -> list[float]:
        """Middle of each bin."""
        width = (self.high - self.low) / BINS
        return [self.low + (index + 0.5) * width for index in range(BINS)]


def spread(values: Tensor) -> Spread:
    """Distribution of the values, at least one; the bins are symmetric about zero."""
    values = values.detach().flatten().double()
    largest = float(values.abs().max()) or 1.0
    counts = torch.histc(values, BINS, -largest, largest)
    mean, std = float(values.mean()), float(values.std(unbiased=False))
    return Spread(counts, -largest, largest, mean, std, float((values > 0).double().mean()), len(values))


def weight_spreads(model: nn.Module, found: Stages) -> Mapping[str, Spread]:
    """Distribution of the weights of each convolution and linear layer, biases left out."""
    return {stage.layer: spread(model.get_parameter(f"{stage.layer}.weight")) for stage in found.weighted}


def activation_spreads(passed: ForwardPass, found: Stages) -> Mapping[str, Spread]:
    """Distribution of the outputs of each of these over all images of the pass, by stage.

    Taken before ReLU, which cuts off the negative ones.
    """
    return {stage.name: spread(passed[stage.name]) for stage in found.weighted}
