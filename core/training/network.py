"""The network of a run: LeNet, or a list of layers in the short form of the calculator."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from core.errors import InputError
from core.lenet import LeNet
from core.shapes.code import from_short
from core.shapes.trace import names
from core.shapes.trainable import IMAGE


def build(network: str) -> nn.Module:
    """Build LeNet for "", else an nn.Sequential of the list with the names that the calculator shows.

    The list of LeNet itself has LeNet's names, initial weights and results. Raises InputError for no list.
    """
    if not network:
        return LeNet()
    layers = from_short(network)
    return nn.Sequential(
        OrderedDict(
            (name, getattr(nn, layer.kind)(**layer.params))
            for name, layer in zip(names(layers), layers, strict=True)
        )
    )


def fresh(network: str, seed: int) -> nn.Module:
    """The network with the initial weights of this seed; the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(network)


def rehearse(network: str) -> None:
    """Learn from two black images, on weights that are thrown away.

    Sizes may fit and PyTorch still refuse the way back, after two in-place activations for instance. Raises
    InputError with its words.
    """
    model = fresh(network, 0)
    with torch.random.fork_rng(devices=[]):
        try:
            model(torch.zeros(2, *IMAGE)).sum().backward()
        except (RuntimeError, ValueError) as error:
            raise InputError("network_refused", reason=str(error).partition(":")[0]) from error


def expected(network: str) -> dict[str, Tensor]:
    """The names, shapes and types of the network's state_dict; the tensors hold nothing."""
    with torch.device("meta"):
        return dict(build(network).state_dict())
