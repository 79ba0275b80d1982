"""One output of a convolution or linear layer, number by number."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """Inputs, weights and products [C, H, W], a partial sum per channel, and the total with the bias."""

    inputs: Tensor
    weights: Tensor
    bias: float

    @property
    def products(self) -> Tensor:
        """Inputs times weights, [C, H, W]."""
        return self.inputs * self.weights

    @property
    def sums(self) -> Tensor:
        """Sum of each channel's products, float64 [C] so that the order of addition doesn't matter."""
        return self.products.double().sum((1, 2))

    @property
    def total(self) -> float:
        """Sum of all channels plus the bias."""
        return float(self.sums.sum()) + self.bias


def strongest(values: Tensor) -> tuple[int, ...]:
    """Place of the number furthest from zero; of equal ones the first, row by row."""
    # Not torch's own unravel_index: its first call imports sympy, half a second.
    return tuple(map(int, np.unravel_index(int(values.abs().argmax()), values.shape)))
