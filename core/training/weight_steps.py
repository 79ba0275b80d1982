"""One weight of each layer through one step, with every number that the rule made of its gradient."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from core.optimizers import OPTIMIZERS
from core.optimizers.step_terms import Term, Vector, rule_terms

Index = tuple[int, ...]


@dataclass(frozen=True)
class WeightSteps:
    """Weights before and after a step as torch has them, and the rule's terms in between.

    watched: the place of each weight, by name of its parameter. hyper: the optimizer's settings at this step.
    terms: from the gradient to the step, in the order in which the rule needs them.
    """

    rule: str
    watched: Mapping[str, Index]
    hyper: Mapping[str, float]
    before: tuple[float, ...]
    after: tuple[float, ...]
    terms: tuple[Term, ...]


def chosen(model: nn.Module, wanted: Mapping[str, Any]) -> dict[str, Index]:
    """One weight of each layer: the wanted one, else the one with the largest gradient.

    A fixed place would often show zeros: every second unit of an untrained LeNet is off for a whole batch.
    """
    first: dict[str, str] = {}  # by layer, the name of its first parameter: the weights
    for name, _ in model.named_parameters():
        first.setdefault(name.partition(".")[0], name)
    gradients = {name: model.get_parameter(name).grad for name in first.values()}
    return {
        name: _valid(wanted.get(name), gradient) or _largest(gradient)
        for name, gradient in gradients.items()
        if gradient is not None
    }


def watch(
    model: nn.Module, optimizer: Optimizer, rule: str, watched: Mapping[str, Index], step: int
) -> Callable[[], WeightSteps]:
    """Read gradients and state after `backward`; call what is returned after step number `step`."""
    places = [(model.get_parameter(name), index) for name, index in watched.items()]
    before, gradient = _read(places), _read([(parameter.grad, index) for parameter, index in places])
    hyper = _hyper(optimizer.param_groups[0])
    with np.errstate(all="ignore"):
        terms, _ = rule_terms(rule, gradient, before, _state(optimizer, places), hyper, step)
    shown = {name: hyper[name] for name in ("lr", *OPTIMIZERS[rule].hyper, "weight_decay")}
    return lambda: WeightSteps(
        rule, watched, shown, tuple(before.tolist()), tuple(_read(places).tolist()), terms
    )


def _valid(wanted: Any, gradient: Tensor) -> Index | None:
    """The index as it was recorded, if it fits."""
    if not isinstance(wanted, list | tuple) or len(wanted) != gradient.ndim:
        return None
    fits = all(type(i) is int and 0 <= i < size for i, size in zip(wanted, gradient.shape, strict=True))
    return tuple(wanted) if fits else None


def _largest(gradient: Tensor) -> Index:
    place = gradient.abs().argmax().cpu()
    return tuple(map(int, np.unravel_index(int(place), gradient.shape)))  # torch's own would import sympy


def _read(places: Iterable[tuple[Any, Index]]) -> Vector:
    return np.array([tensor[index].item() for tensor, index in places])


def _state(optimizer: Optimizer, places: Iterable[tuple[Tensor, Index]]) -> dict[str, Vector]:
    """Torch's state before the step, by its own names; entries not there yet are left out."""
    states = [(optimizer.state.get(parameter, {}), index) for parameter, index in places]
    names = [name for name, value in states[0][0].items() if isinstance(value, Tensor)]
    return {
        name: _read([(state[name], index if state[name].ndim else ()) for state, index in states])
        for name in names
    }


def _hyper(group: Mapping[str, Any]) -> dict[str, float]:
    """Settings of a parameter group under the names of our table."""
    numbers = {name: float(value) for name, value in group.items() if isinstance(value, int | float)}
    return numbers | dict(zip(("beta1", "beta2"), group.get("betas", ()), strict=False))
