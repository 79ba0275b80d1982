"""What a network says about a single image, and whether that says anything."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.evaluation.eval_mode import eval_mode
from core.normalise import normalise

LIKELY = 0.5  # a class with less isn't likelier than all others together


@dataclass(frozen=True, eq=False)
class Answer:
    """`probabilities` [classes], the softmax of the logits: they sum to 1 however little the image is like any of the classes."""

    probabilities: Tensor

    def top(self, count: int) -> list[tuple[int, float]]:
        """(class, probability) of the most probable classes, the first of equals first."""
        order = self.probabilities.argsort(descending=True, stable=True)[:count].tolist()
        return [(label, float(self.probabilities[label])) for label in order]

    @property
    def likely(self) -> bool:
        """Some class is likelier than all others together."""
        return float(self.probabilities.max()) > LIKELY


@torch.no_grad()
def answer(model: nn.Module, image: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Answer:
    """The answer of `model` to one image, uint8 [1, 3, 32, 32]. The model's training mode is restored."""
    with eval_mode(model):
        return Answer(model(normalise(image, mean, std))[0].softmax(0))
