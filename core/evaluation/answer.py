"""A network's answer to a single image, and whether that answer means anything."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.evaluation.eval_mode import eval_mode
from core.normalise import normalise

LIKELY = 0.5  # a class must exceed it to be likelier than all others together


@dataclass(frozen=True, eq=False)
class Answer:
    """Probabilities [classes], the softmax of the logits.

    They sum to 1 however little the image resembles any of the classes.
    """

    probabilities: Tensor

    def top(self, count: int) -> list[tuple[int, float]]:
        """(class, probability) of the `count` most probable classes; equals keep their order."""
        order = self.probabilities.argsort(descending=True, stable=True)[:count].tolist()
        return [(label, float(self.probabilities[label])) for label in order]

    @property
    def likely(self) -> bool:
        """Whether some class is likelier than all others together."""
        return float(self.probabilities.max()) > LIKELY


@torch.no_grad()
def answer(model: nn.Module, image: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Answer:
    """Answer of `model` to one image, uint8 [1, 3, 32, 32]; the model's training mode is restored."""
    with eval_mode(model):
        return Answer(model(normalise(image, mean, std))[0].softmax(0))
