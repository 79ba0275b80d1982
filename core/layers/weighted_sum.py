"""One output of a convolution or of a linear layer, number by number."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """inputs, weights and products [C, H, W], one partial sum for each channel, the total with the bias."""

    inputs: Tensor
    weights: Tensor
    bias: float

    @property
    def products(self) -> Tensor:
        return self.inputs * self.weights

    @property
    def sums(self) -> Tensor:
        """float64 [C]: what is added here shall not depend on the order."""
        return self.products.double().sum((1, 2))

    @property
    def total(self) -> float:
        return float(self.sums.sum()) + self.bias
