"""What a generated network is: layers in order, and branches; torch's own modules say what it computes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One layer of torch with the arguments that the text gives it."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def module(self) -> nn.Module:
        made: nn.Module = getattr(nn, self.kind)(**self.params)
        return made


@dataclass(frozen=True)
class Branch:
    """Ways from one tensor that meet again; an empty way is the tensor itself.

    `name` is the class that it happens in, empty where it stands in the forward of the network.
    """

    ways: tuple[tuple["Part", ...], ...]
    join: str = "add"
    name: str = ""

    def module(self) -> nn.Module:
        return Joined([nn.Sequential(*(part.module() for part in way)) for way in self.ways], self.join)


Part = Step | Branch


class Joined(nn.Module):
    """The ways of a branch, taken in their order."""

    def __init__(self, ways: Sequence[nn.Module], join: str) -> None:
        super().__init__()
        self.ways = nn.ModuleList(ways)
        self.join = join

    def forward(self, x: Tensor) -> Tensor:
        made = [way(x) for way in self.ways]
        if self.join == "cat":
            return torch.cat(made, 1)
        total = made[0]
        for each in made[1:]:
            total = total + each if self.join == "add" else total * each
        return total


def network(parts: Sequence[Part]) -> nn.Sequential:
    """The network of a plan, made of torch's own layers."""
    return nn.Sequential(*(part.module() for part in parts))


def shapes(parts: Sequence[Part], image: Shape) -> list[Shape]:
    """The shape after every part, without the batch, as torch has it on the meta device."""
    found = []
    with torch.device("meta"), torch.no_grad():
        x = torch.empty(2, *image)
        for part in parts:
            x = part.module().eval()(x)
            found.append(tuple(x.shape[1:]))
    return found
