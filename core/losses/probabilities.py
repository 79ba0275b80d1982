"""Probabilities from logits: softmax outside the network, along the right dimension."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Answer:
    """Ten numbers that a network could give for one image, [C]: their sum and the class with the largest."""

    values: Tensor

    @property
    def total(self) -> float:
        """Sum of the values: 1 for probabilities."""
        return float(self.values.sum())

    @property
    def predicted(self) -> int:
        """Class with the largest value."""
        return int(self.values.argmax())

    @property
    def largest(self) -> float:
        """The largest value."""
        return float(self.values.max())


def answers(logits: Sequence[float]) -> dict[str, Answer]:
    """The logits of one image, their softmax, and what a second softmax makes of that."""
    z = torch.tensor([logits], dtype=torch.float32)  # (1, C): a batch of one image
    once = torch.softmax(z, dim=1)
    twice = torch.softmax(once, dim=1)
    return {name: Answer(values[0]) for name, values in (("logits", z), ("once", once), ("twice", twice))}


@dataclass(frozen=True, eq=False)
class Shares:
    """Softmax of a batch along one dimension: `values` [N, C], sums of its rows [N] and of its columns [C].

    `predicted` [N] is each image's class by these values; `alone` [1, C] is the first image as its own batch.
    """

    values: Tensor
    rows: Tensor
    columns: Tensor
    predicted: Tensor
    alone: Tensor


def shares(logits: Sequence[Sequence[float]], dim: int) -> Shares:
    """Softmax of logits [N, C] along `dim`: 1 runs over the classes, 0 over the images of the batch."""
    z = torch.tensor(logits, dtype=torch.float32)
    p = torch.softmax(z, dim=dim)
    return Shares(p, p.sum(dim=1), p.sum(dim=0), p.argmax(dim=1), torch.softmax(z[:1], dim=dim))
