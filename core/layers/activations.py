"""Activation functions: one table for menu, curve and feature map; derivatives by autograd."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Function = Callable[[Tensor], Tensor]
SATURATED = 0.005  # slope below which almost no gradient passes


@dataclass(frozen=True)
class Activation:
    """An activation function: its name, PyTorch function and call, LaTeX formula and source."""

    name: str
    function: Function
    call: str
    formula: str
    source: str


@dataclass(frozen=True)
class Pieces:
    """Two linear pieces: z -> max(first x z, second x z + offset)."""

    first: float = 1.0
    second: float = -0.5
    offset: float = 0.0

    def __call__(self, z: Tensor) -> Tensor:
        return torch.maximum(self.first * z, self.second * z + self.offset)


_ELU = r"z \text{ if } z>0,\quad e^{z}-1 \text{ if } z\le 0"
_GELU = r"z\,\Phi(z)=\frac{z}{2}\left(1+\operatorname{erf}\frac{z}{\sqrt{2}}\right)"
_MAXOUT = r"\max_{j=1\ldots k}\left(a_j z+b_j\right),\quad k=2"
ACTIVATIONS: Mapping[str, Activation] = {
    "sigmoid": Activation(
        "Sigmoid", torch.sigmoid, "torch.sigmoid(z)", r"\sigma(z)=\frac{1}{1+e^{-z}}", "Verhulst 1845"
    ),
    "tanh": Activation(
        "Tanh",
        torch.tanh,
        "torch.tanh(z)",
        r"\tanh(z)=\frac{e^{z}-e^{-z}}{e^{z}+e^{-z}}",
        "LeCun et al. 1998",
    ),
    "relu": Activation("ReLU", F.relu, "F.relu(z)", r"\max(0, z)", "Nair & Hinton 2010"),
    "leaky_relu": Activation(
        "Leaky ReLU", F.leaky_relu, "F.leaky_relu(z, 0.01)", r"\max(z,\ 0.01\,z)", "Maas, Hannun & Ng 2013"
    ),
    "elu": Activation("ELU", F.elu, "F.elu(z)", _ELU, "Clevert, Unterthiner & Hochreiter 2016"),
    "gelu": Activation("GELU", F.gelu, "F.gelu(z)", _GELU, "Hendrycks & Gimpel 2016"),
    "silu": Activation(
        "SiLU", F.silu, "F.silu(z)", r"z\,\sigma(z)=\frac{z}{1+e^{-z}}", "Elfwing, Uchibe & Doya 2018"
    ),
    "maxout": Activation(
        "Maxout", Pieces(), "torch.maximum(a1 * z, a2 * z + b2)", _MAXOUT, "Goodfellow et al. 2013"
    ),
}


def derivative(function: Function, z: Tensor) -> Tensor:
    """The slope at each z by autograd; at a kink PyTorch decides, 0 for ReLU at 0."""
    z = z.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(function(z).sum(), z)
    return slope


@dataclass(frozen=True, eq=False)
class Curve:
    """z, the function's values and its slopes, each [points]."""

    z: Tensor
    value: Tensor
    slope: Tensor


def curve(function: Function, reach: float = 6.0, points: int = 241) -> Curve:
    """Evaluate the function from -reach to reach."""
    z = torch.linspace(-reach, reach, points)
    return Curve(z, function(z), derivative(function, z))


@dataclass(frozen=True, eq=False)
class Histograms:
    """Middles of equally wide bins [bins], and a map's counts in each, before and after a function."""

    middles: Tensor
    before: Tensor
    after: Tensor


@dataclass(frozen=True, eq=False)
class Effect:
    """A function's effect on a map of pre-activations: the map after it, and the slope at each cell."""

    before: Tensor
    after: Tensor
    slope: Tensor

    @property
    def negative(self) -> float:
        """Share of pre-activations below 0."""
        return float((self.before < 0).float().mean())

    @property
    def dead(self) -> float:
        """Share of outputs that are exactly 0."""
        return float((self.after == 0).float().mean())

    def histograms(self, bins: int = 48) -> Histograms:
        """Histograms of both maps over their common range."""
        both = torch.cat([self.before.flatten(), self.after.flatten()])
        low, high = float(both.min()), float(both.max())
        if low == high:
            low, high = low - 0.5, high + 0.5
        width = (high - low) / bins
        middles = torch.linspace(low + width / 2, high - width / 2, bins)
        return Histograms(
            middles, torch.histc(self.before, bins, low, high), torch.histc(self.after, bins, low, high)
        )

    @property
    def saturated(self) -> float:
        """Share of cells with |slope| < SATURATED, so flat that almost no gradient comes back."""
        return float((self.slope.abs() < SATURATED).float().mean())


def apply(function: Function, before: Tensor) -> Effect:
    """Apply the function to a map of pre-activations."""
    return Effect(before, function(before), derivative(function, before))
