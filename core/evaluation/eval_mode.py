"""Evaluation mode for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Inside it Dropout and BatchNorm behave as when judging; the model's training mode is restored, also after an exception."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
