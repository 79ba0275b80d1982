"""Temporary evaluation mode."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Put Dropout and BatchNorm into evaluation mode inside the `with` block.

    The model's training mode is restored, also after an exception.
    """
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
