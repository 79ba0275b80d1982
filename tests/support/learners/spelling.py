"""One layer in the ways that learners spell it: as a module of torch.nn, and as a step of forward."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from torch import nn

from tests.support.learners.plan import Shape, Step

Number = Callable[[str, int], str]  # the code of a whole number, given what it is called in torch

# Functions that do what a layer does, with their arguments in order.
FUNCTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ReLU": ("relu", ("inplace",)),
    "LeakyReLU": ("leaky_relu", ("negative_slope", "inplace")),
    "ELU": ("elu", ("alpha", "inplace")),
    "GELU": ("gelu", ()),
    "SiLU": ("silu", ("inplace",)),
    "Sigmoid": ("sigmoid", ()),
    "Tanh": ("tanh", ()),
    "ReLU6": ("relu6", ("inplace",)),
    "SELU": ("selu", ("inplace",)),
    "CELU": ("celu", ("alpha", "inplace")),
    "Mish": ("mish", ("inplace",)),
    "Hardswish": ("hardswish", ("inplace",)),
    "Hardsigmoid": ("hardsigmoid", ("inplace",)),
    "Softplus": ("softplus", ("beta", "threshold")),
    "Softsign": ("softsign", ()),
    "MaxPool2d": ("max_pool2d", ("kernel_size", "stride", "padding", "dilation", "ceil_mode")),
    "AvgPool2d": ("avg_pool2d", ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")),
    "AdaptiveAvgPool2d": ("adaptive_avg_pool2d", ("output_size",)),
    "AdaptiveMaxPool2d": ("adaptive_max_pool2d", ("output_size",)),
}
SHORT = {"ReLU", "Sigmoid", "Tanh"}  # of which torch and the tensor itself have the function too


def value(made: Any, name: str, number: Number) -> str:
    """The code of an argument."""
    if isinstance(made, tuple):
        return f"({', '.join(value(part, name, number) for part in made)})"
    return repr(made) if isinstance(made, bool | float | str | None) else number(name, made)


def arguments(
    rng: Random, params: Mapping[str, Any], order: Sequence[str], number: Number, least: int = 0
) -> str:
    """Arguments in the order of the signature first, then by keyword, in any order."""
    leading = []
    for name in order:
        if name not in params:
            break
        leading.append(name)
    count = rng.choice([len(leading), min(least, len(leading)), rng.randint(0, len(leading))])
    given = [value(params[name], name, number) for name in leading[:count]]
    rest = [name for name in params if name not in leading[:count]]
    if rng.random() < 0.2:
        rng.shuffle(rest)
    return ", ".join([*given, *(f"{name}={value(params[name], name, number)}" for name in rest)])


def module(rng: Random, step: Step, number: Number) -> str:
    """nn.Conv2d(3, 6, kernel_size=5) and its like."""
    order = list(inspect.signature(getattr(nn, step.kind).__init__).parameters)[1:]
    return f"nn.{step.kind}({arguments(rng, step.params, order, number, least=2)})"


def function(rng: Random, step: Step, x: str, number: Number, shape: Shape) -> str | None:
    """The same as a step of forward on `x`, of this shape; None where torch has no function for it."""
    if step.kind == "Flatten":
        return flat(rng, x, number, shape) if not step.params else None
    if step.kind in ("Softmax", "LogSoftmax"):
        return _softmax(rng, step, x)
    if step.kind in ("Dropout", "Dropout2d"):
        return _dropout(rng, step, x)
    if step.kind not in FUNCTIONS or (step.kind == "GELU" and step.params):
        return None
    name, order = FUNCTIONS[step.kind]
    least = 1 if "Pool" in step.kind else 0
    given = arguments(rng, step.params, order, number, least)
    if step.kind in SHORT and not step.params and rng.random() < 0.4:
        return rng.choice([f"torch.{name}({x})", f"{x}.{name}()"])
    start = rng.choice([f"F.{name}"] * 12 + [f"nn.functional.{name}", f"torch.nn.functional.{name}"])
    first = f"input={x}" if rng.random() < 0.03 and not _positional(given) else x
    return f"{start}({', '.join(part for part in (first, given) if part)})"


def _positional(given: str) -> bool:
    return bool(given) and "=" not in given.split(",")[0]


def _softmax(rng: Random, step: Step, x: str) -> str:
    name, dim = ("softmax" if step.kind == "Softmax" else "log_softmax"), step.params["dim"]
    word = rng.choice([f"dim={dim}", str(dim)])
    return rng.choice([f"F.{name}({x}, {word})"] * 3 + [f"torch.{name}({x}, {word})", f"{x}.{name}({word})"])


def _dropout(rng: Random, step: Step, x: str) -> str:
    name = "dropout" if step.kind == "Dropout" else "dropout2d"
    if not step.params:
        return f"F.{name}({x}, training=self.training)"
    p = step.params["p"]
    return rng.choice(
        [
            f"F.{name}({x}, p={p}, training=self.training)",
            f"F.{name}({x}, {p}, self.training)",
            f"F.{name}({x}, {p}, training=self.training)",
        ]
    )


def flat(rng: Random, x: str, number: Number, shape: Shape) -> str:
    """Flatten in the ways of a forum; `x` is a name where it stands in them twice."""
    count = 1
    for size in shape:
        count *= size
    ways = [
        f"torch.flatten({x}, 1)",
        f"torch.flatten({x}, start_dim=1)",
        f"{x}.flatten(1)",
        f"{x}.flatten(start_dim=1)",
        f"{x}.flatten(1, -1)",
        f"nn.Flatten()({x})",
        f"{x}.view(-1, {number('in_features', count)})",
        f"{x}.reshape(-1, {number('in_features', count)})",
        f"{x}.view((-1, {number('in_features', count)}))",
        f"torch.reshape({x}, (-1, {number('in_features', count)}))",
    ]
    if x.isidentifier():
        ways += [
            f"{x}.view({x}.size(0), -1)",
            f"{x}.view({x}.size()[0], -1)",
            f"{x}.view({x}.shape[0], -1)",
            f"{x}.view(len({x}), -1)",
            f"{x}.reshape({x}.size(0), -1)",
            f"{x}.reshape(({x}.shape[0], -1))",
            f"{x}.view({x}.size(0), {number('in_features', count)})",
            f"torch.flatten({x}, 1).contiguous()",
            f"{x}.contiguous().view({x}.size(0), -1)",
            f"{x}.view({x}.size(0), {x}.size(1) * {x}.size(2) * {x}.size(3))",
            f"{x}.view(-1, {x}.shape[1] * {x}.shape[2] * {x}.shape[3])",
            f"{x}.view(-1, {x}[0].numel())",
            f"{x}.view(*{x}.shape[:1], -1)",
        ]
    return rng.choice(ways)
