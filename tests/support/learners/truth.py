"""What PyTorch says of a generated network, held against what the reader says of its text."""

import contextlib
import io
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.reading import parse
from core.shapes import Layer, trace
from core.shapes.torch_check import module
from tests.support.learners.plan import Branch, Part, Shape, network, with_blocks
from tests.support.learners.scenes import Scene
from tests.support.learners.text import Case

# Sentences that belong to a network with a branch, or to one that the text builds nowhere.
BRANCH, GUESSED = "paste_branch", "paste_argument_guessed"


class WrongError(AssertionError):
    """The text is read otherwise than torch runs it."""


def built(case: Case) -> nn.Module:
    """The network that the text makes, by executing it; with weights that no layer starts with."""
    space: dict[str, Any] = {"__name__": "pasted"}
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(case.seed)
        exec(compile(case.code, "pasted", "exec"), space)
        made: nn.Module = eval(case.make, space)
    for buffer in made.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    return made.eval()


def learned(net: nn.Module, images: Tensor) -> tuple[list[nn.Module], Tensor]:
    """The modules with weights in the order in which images reach them, and the output."""
    order: dict[nn.Module, None] = {}
    hooks = [
        each.register_forward_pre_hook(lambda inner, _: order.setdefault(inner))
        for each in net.modules()
        if not list(each.children()) and list(each.parameters())
    ]
    try:
        with torch.no_grad(), contextlib.redirect_stdout(io.StringIO()):
            output: Tensor = net(images)
    finally:
        for hook in hooks:
            hook.remove()
    return list(order), output


def given(net: nn.Module, weights: Sequence[nn.Module], images: Tensor) -> Tensor:
    """The output of a network with these modules' weights instead of its own."""
    own, _ = learned(net.eval(), images)
    if len(own) != len(weights):
        raise WrongError(f"{len(own)} layers with weights, {len(weights)} in the text")
    for one, other in zip(own, weights, strict=True):
        one.load_state_dict(other.state_dict())
    return learned(net, images)[1]


def check(case: Case) -> None:
    """Hold the reader to the plan, and the plan to what torch makes of the text. Raises WrongError."""
    pasted = parse(case.text, case.plan.image)
    said = {row.reason.key: str(row.reason) for row in pasted.unread}
    parts = with_blocks(case.parts)
    allowed = {BRANCH} if any(isinstance(part, Branch) for part in parts) else set()
    for key in set(said) - allowed:
        if key != GUESSED:
            raise WrongError(f"said: {said[key]}")
    same_layers(parts, pasted.layers, case.plan.image)
    same_sizes(parts, pasted.layers, pasted.image)
    same_numbers(case, pasted.layers, pasted.image)


def check_scene(scene: Scene) -> None:
    """The same of a text as it is, with the statement that makes its network. Raises WrongError."""
    plan, code, make = scene
    text = code if make == "net" else f"{code}\nnet = {make}\n"
    check(Case(0, text, code, make, plan))


def same_layers(parts: Sequence[Part], layers: Sequence[Layer], image: Shape) -> None:
    """Kinds in order, all values, parameters."""
    wanted = ["Other" if isinstance(part, Branch) else part.kind for part in parts]
    found = [layer.kind for layer in layers]
    if wanted != found:
        raise WrongError(f"kinds {wanted}, read {found}")
    for part, layer in zip(parts, layers, strict=True):
        if isinstance(part, Branch):
            name = layer.values["name"]
            if part.name and name != part.name:
                raise WrongError(f"branch {part.name}, read {name}")
        elif Layer(part.kind, part.params).values != layer.values:
            raise WrongError(f"{Layer(part.kind, part.params).values}, read {layer.values}")
        count = sum(weight.numel() for weight in part.module().parameters())
        if count != layer.parameters:
            raise WrongError(f"{count} parameters, read {layer.parameters} of {layer.kind}")


def same_sizes(parts: Sequence[Part], layers: Sequence[Layer], image: Shape) -> None:
    """The shape after every layer."""
    x = torch.zeros(2, *image, device="meta")
    for part, row in zip(parts, trace(layers, image), strict=True):
        with torch.device("meta"), torch.no_grad():
            x = part.module().eval()(x)
        if tuple(x.shape[1:]) != row.output_shape:
            raise WrongError(f"{row.name}: {tuple(x.shape[1:])}, read {row.output_shape}: {row.error}")


def same_numbers(case: Case, layers: Sequence[Layer], image: Shape) -> None:
    """The output, bit for bit, with the weights of the network that the text makes."""
    theirs = built(case)
    images = torch.randn(2, *image, generator=torch.Generator().manual_seed(case.seed))
    weights, output = learned(theirs, images)
    count = sum(weight.numel() for weight in theirs.parameters())
    if count != sum(layer.parameters for layer in layers):
        raise WrongError(f"{count} parameters, read {sum(layer.parameters for layer in layers)}")
    whole = network(case.parts)
    if not torch.allclose(given(whole, weights, images), output, atol=1e-6):
        raise WrongError("the plan isn't what the text computes")
    if all(layer.is_known for layer in layers):
        read = nn.Sequential(*(module(layer) for layer in layers))
        if not torch.allclose(given(read, weights, images), output, atol=1e-6):  # a mean of means rounds
            raise WrongError("another output")
