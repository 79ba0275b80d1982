"""core.optimizers.update: `optimizer.step()` is the oracle, bit for bit, with every option of each class."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, optim
from torch.optim import Optimizer

from core.optimizers import OPTIMIZERS
from core.optimizers.surfaces import SURFACES
from core.optimizers.update import Update

STEPS = 400
_ADAM: list[dict[str, Any]] = [{"amsgrad": True}, {"weight_decay": 0.1}, {"betas": (0.0, 0.5), "eps": 1e-2}]
_DECOUPLED: list[dict[str, Any]] = [
    {"weight_decay": 0.1},
    {"weight_decay": 0.1, "decoupled_weight_decay": True},
    {"betas": (0.5, 0.9), "eps": 1e-2},
]
OPTIONS: dict[Any, list[dict[str, Any]]] = {
    optim.SGD: [
        {"weight_decay": 0.1},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.5, "nesterov": True, "weight_decay": 0.1},
    ],
    optim.Adagrad: [
        {"lr_decay": 0.1},
        {"initial_accumulator_value": 0.5},
        {"weight_decay": 0.1, "eps": 1e-2},
    ],
    optim.Adadelta: [{"rho": 0.5, "eps": 1e-2}, {"weight_decay": 0.1}],
    optim.RMSprop: [{"momentum": 0.9}, {"centered": True}, {"centered": True, "momentum": 0.9, "alpha": 0.5}],
    optim.Adam: [*_ADAM, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    optim.AdamW: _ADAM,
    optim.NAdam: [{"momentum_decay": 0.1}, *_DECOUPLED],
    optim.RAdam: _DECOUPLED,
}
CASES = [
    pytest.param(kind, chosen, id=f"{kind.__name__}-{chosen}")
    for kind, options in OPTIONS.items()
    for chosen in ({}, {"maximize": True}, *options)
]


def on_all_surfaces() -> list[Tensor]:
    """A parameter of two numbers on each surface."""
    points = [torch.tensor(surface.start) for surface in SURFACES.values()]
    for point in points:
        point.grad = torch.zeros(2)
    return points


def bits(kind: Any, options: dict[str, Any], lr: float, *, bare: bool) -> bytes:
    """All parameters after each of 400 steps, and the state after the last."""
    points = on_all_surfaces()
    optimizer: Optimizer = kind(points, lr=lr, **options)
    step = Update(optimizer) if bare else optimizer.step
    views = [(point.numpy(), point.grad.numpy()) for point in points if point.grad is not None]
    found = []
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            for surface, (here, gradient) in zip(SURFACES.values(), views, strict=True):
                gradient[:] = surface.slope(here[0], here[1])
            step()
            found += [here.tobytes() for here, _ in views]
    state = [
        value.numpy().tobytes()
        for point in points
        for _, value in sorted(optimizer.state[point].items())
        if isinstance(value, Tensor)
    ]
    return b"".join(found + state)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_a_bare_update_is_a_step_bit_for_bit(kind: Any, options: dict[str, Any]) -> None:
    assert bits(kind, options, 0.02, bare=True) == bits(kind, options, 0.02, bare=False)


def test_every_class_of_the_table_is_tested() -> None:
    assert {row.constructor for row in OPTIMIZERS.values()} == OPTIONS.keys()


def test_the_wrapper_is_left_out_after_the_first_step() -> None:
    """The optimizers' own hooks are in the wrapper."""
    points = on_all_surfaces()
    optimizer, calls = optim.Adam(points), []
    optimizer.register_step_post_hook(lambda *_: calls.append(1))
    update = Update(optimizer)
    for _ in range(3):
        update()
    assert calls == [1] and optimizer.state[points[0]]["step"] == 3


def test_an_optimizer_of_two_groups_is_refused() -> None:
    first, second, *_ = on_all_surfaces()
    update = Update(optim.SGD([{"params": [first]}, {"params": [second], "lr": 1.0}]))
    with pytest.raises(ValueError, match="too many values"):
        update()
