"""What a generated network is: layers in order, and branches; torch's own modules say what it computes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from core.shapes.basic_block import BasicBlock
from core.shapes.torch_check import layer_class

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One layer of torch with the arguments that the text gives it."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def module(self) -> nn.Module:
        return layer_class(self.kind)(**self.params)


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


def with_blocks(parts: Sequence[Part]) -> list[Part]:
    """The parts, each residual block of torchvision's kind among them as one step."""
    found: list[Part] = []
    for part in parts:
        block = _block(found[-1]) if found and isinstance(part, Step) and part.kind == "ReLU" else None
        if block is not None:
            found[-1] = block
        else:
            found.append(part)
    return found


def _block(part: Part) -> Step | None:
    """The block whose modules these are, as torch prints them; None for another branch."""
    if not isinstance(part, Branch) or part.join != "add" or len(part.ways) != 2:
        return None
    printed = [[_printed(each) for each in way] for way in part.ways]
    for way in part.ways:
        if way and isinstance(way[0], Step) and way[0].kind == "Conv2d":
            stride = way[0].params.get("stride", 1)
            stride = stride[0] if isinstance(stride, tuple) else stride
            names = ("in_channels", "out_channels")
            step = Step(
                "BasicBlock",
                dict(
                    zip(
                        ("inplanes", "planes", "stride"),
                        (*(way[0].params[name] for name in names), stride),
                        strict=True,
                    )
                ),
            )
            block = step.module()
            assert isinstance(block, BasicBlock)
            main = [block.conv1, block.bn1, block.relu, block.conv2, block.bn2]
            wanted = [list(map(repr, main)), list(map(repr, block.downsample or ()))]
            if sorted(printed) == sorted(wanted):
                return step
    return None


def _printed(part: Part) -> str:
    return repr(part.module()).replace("inplace=True", "").replace("padding=same", "padding=(1, 1)")


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
