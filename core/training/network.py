"""The network of a run: LeNet, or a list of layers in the short form of the calculator."""

import time
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import InputError
from core.lenet import LeNet
from core.shapes.code import from_short
from core.shapes.torch_check import layer_class
from core.shapes.trace import names
from core.shapes.trainable import IMAGE

_REPEATS = 3  # after a first step, in which torch sets itself up
_PATIENCE = 4.0  # seconds


def build(network: str) -> nn.Module:
    """Build LeNet for "", else an nn.Sequential of the list with the names that the calculator shows.

    The list of LeNet itself has LeNet's names, initial weights and results. Raises InputError for no list.
    """
    if not network:
        return LeNet()
    layers = from_short(network)
    return nn.Sequential(
        OrderedDict(
            (name, layer_class(layer.kind)(**layer.params))
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


def seconds_per_step(network: str, batch_size: int) -> float:
    """Time a step on black images: the shortest of three, of fewer where they take seconds.

    Raises InputError as `rehearse` does.
    """
    rehearse(network)
    model = fresh(network, 0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, fused=True)
    images = torch.zeros(batch_size, *IMAGE).to(memory_format=torch.channels_last)
    labels = torch.zeros(batch_size, dtype=torch.long)
    times: list[float] = []
    with torch.random.fork_rng(devices=[]):
        while len(times) <= _REPEATS and sum(times) < _PATIENCE:
            began = time.perf_counter()
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            times.append(time.perf_counter() - began)
    return min(times)


def expected(network: str) -> dict[str, Tensor]:
    """The names, shapes and types of the network's state_dict; the tensors hold nothing."""
    with torch.device("meta"):
        return dict(build(network).state_dict())
