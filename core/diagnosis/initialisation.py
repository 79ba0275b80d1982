"""Ways to set the initial weights of a network, in one table; nothing of ours but torch's own functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

# So small that LeNet still learns a little: with 0.1 its first loss would be fine and its first step ruinous.
CONSTANT = 0.005
STD = 1.0


@dataclass(frozen=True)
class Initialisation:
    """A row of the table: `apply` sets the weights and biases of a network in place.

    Only those of convolutions and linear layers: others, such as BatchNorm, stay as they are.
    """

    apply: Callable[[nn.Module], None]
    source: str


def weighted_layers(model: nn.Module) -> Mapping[str, nn.Conv2d | nn.Linear]:
    """The convolutions and linear layers of a network by name, in the order in which they were built."""
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)}


def _filled(fill: Callable[[Tensor], object]) -> Callable[[nn.Module], None]:
    """Set weights by a function of torch.nn.init, and biases to 0."""

    def apply(model: nn.Module) -> None:
        for layer in weighted_layers(model).values():
            fill(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    return apply


def _default(model: nn.Module) -> None:
    """Set weights and biases as torch does when it builds a layer."""
    for layer in weighted_layers(model).values():
        layer.reset_parameters()


INITIALISATIONS: Mapping[str, Initialisation] = {
    "zeros": Initialisation(
        _filled(nn.init.zeros_), "Goodfellow, Bengio & Courville 2016, section 8.4: units stay alike"
    ),
    "constant": Initialisation(
        _filled(lambda weight: nn.init.constant_(weight, CONSTANT)),
        "Goodfellow, Bengio & Courville 2016, section 8.4: units stay alike",
    ),
    "large": Initialisation(
        _filled(lambda weight: nn.init.normal_(weight, std=STD)),
        "LeCun, Bottou, Orr & Müller 1998, section 4.6: why std has to depend on fan_in",
    ),
    # Weights and biases uniform within 1 / sqrt(fan_in): a variance of 1 / (3 fan_in).
    "default": Initialisation(
        _default, "torch.nn.Conv2d.reset_parameters and torch.nn.Linear's: kaiming_uniform_(a=sqrt(5))"
    ),
    "xavier": Initialisation(
        _filled(nn.init.xavier_uniform_), "Glorot & Bengio 2010, section 4.2.1, equation 16"
    ),
    "kaiming": Initialisation(
        _filled(lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu")),
        "He, Zhang, Ren & Sun 2015, section 2.2, equation 10",
    ),
}
"""By name; those that let a network learn come last."""


def initialise(model: nn.Module, name: str, seed: int) -> None:
    """Set the initial weights of `model` in place; the caller's random state is left alone.

    `name` is a key of INITIALISATIONS; "default" gives those that a training with this seed begins with.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        INITIALISATIONS[name].apply(model)
