"""core.optimizers: torch.optim itself, with its arguments written out, is the oracle."""

import inspect
import math
from typing import Any

import pytest
import torch
from torch import optim

from core.errors import InputError
from core.optimizers import OPTIMIZERS

# name: (class, torch's arguments for the defaults, other hyper-parameters, torch's arguments for those)
TORCH: dict[str, tuple[Any, dict[str, Any], dict[str, float], dict[str, Any]]] = {
    "sgd": (optim.SGD, {}, {}, {}),
    "momentum": (optim.SGD, {"momentum": 0.9}, {"momentum": 0.5}, {"momentum": 0.5}),
    "nesterov": (
        optim.SGD,
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.5},
        {"momentum": 0.5, "nesterov": True},
    ),
    "adagrad": (optim.Adagrad, {}, {"lr_decay": 0.1, "eps": 1e-3}, {"lr_decay": 0.1, "eps": 1e-3}),
    "adadelta": (optim.Adadelta, {}, {"rho": 0.5, "eps": 1e-3}, {"rho": 0.5, "eps": 1e-3}),
    "rmsprop": (
        optim.RMSprop,
        {},
        {"alpha": 0.8, "eps": 1e-3, "momentum": 0.7},
        {"alpha": 0.8, "eps": 1e-3, "momentum": 0.7},
    ),
    "adam": (optim.Adam, {}, {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3}, {"betas": (0.5, 0.9), "eps": 1e-3}),
    "adamw": (
        optim.AdamW,
        {"weight_decay": 0.0},
        {"beta1": 0.5, "eps": 1e-3},
        {"betas": (0.5, 0.999), "eps": 1e-3},
    ),
    "nadam": (
        optim.NAdam,
        {},
        {"beta2": 0.9, "eps": 1e-3, "momentum_decay": 0.1},
        {"betas": (0.9, 0.9), "eps": 1e-3, "momentum_decay": 0.1},
    ),
    "radam": (optim.RAdam, {}, {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3}, {"betas": (0.5, 0.9), "eps": 1e-3}),
}


def path_of(build: Any, steps: int = 30) -> torch.Tensor:
    """Path of an optimizer in a bent and tilted valley: [steps, 2]."""
    point = torch.tensor([1.5, -2.0], requires_grad=True)
    optimizer, path = build([point]), []
    for _ in range(steps):
        optimizer.zero_grad()
        (point[0] ** 2 + 10 * (point[1] - point[0] ** 2) ** 2 / (1 + point[1] ** 2)).backward()
        optimizer.step()
        path.append(point.detach().clone())
    return torch.stack(path)


def test_the_ten() -> None:
    assert list(OPTIMIZERS) == list(TORCH)


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("own_hyper", [False, True])
def test_thirty_steps_equal_torchs(name: str, weight_decay: float, own_hyper: bool) -> None:
    kind, defaults, hyper, in_torch = TORCH[name]
    arguments = (in_torch if own_hyper else defaults) | {"lr": 0.01, "weight_decay": weight_decay}
    ours = path_of(
        lambda points: OPTIMIZERS[name].build(points, 0.01, weight_decay, **(hyper if own_hyper else {}))
    )
    assert torch.equal(ours, path_of(lambda points: kind(points, **arguments)))
    assert ours.isfinite().all() and not torch.equal(ours[0], ours[-1])


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_adamw_is_adam_bit_for_bit_only_without_weight_decay(fused: bool, weight_decay: float) -> None:
    """The page Train LeNet says so."""
    style: dict[str, Any] = {"lr": 0.01, "weight_decay": weight_decay, "fused": fused}
    adam = path_of(lambda points: optim.Adam(points, **style))
    adamw = path_of(lambda points: optim.AdamW(points, **style))
    assert torch.equal(adam, adamw) == (weight_decay == 0)


@pytest.mark.parametrize("name", TORCH)
def test_defaults_are_torchs(name: str) -> None:
    row = OPTIMIZERS[name]
    signature = {
        name: parameter.default for name, parameter in inspect.signature(row.constructor).parameters.items()
    }
    assert row.constructor is TORCH[name][0] and row.lr == signature["lr"]
    given = {key: hyper.torch_default for key, hyper in row.hyper.items()}
    if "beta1" in given:
        assert (given.pop("beta1"), given.pop("beta2")) == signature["betas"]
    assert given == {key: signature[key] for key in given} and given.keys() <= signature.keys()
    assert all(hyper.low <= hyper.default <= hyper.high for hyper in row.hyper.values())
    # torch's own momentum of 0 would be plain SGD
    others = {key: hyper.default for key, hyper in row.hyper.items() if hyper.default != hyper.torch_default}
    assert others == ({"momentum": 0.9} if name in ("momentum", "nesterov") else {})


@pytest.mark.parametrize("name", TORCH)
def test_torch_takes_both_ends_of_every_range(name: str) -> None:
    for end in ("low", "high"):
        hyper = {key: getattr(row, end) for key, row in OPTIMIZERS[name].hyper.items()}
        parameter = torch.ones(1, requires_grad=True)
        optimizer = OPTIMIZERS[name].build([parameter], 0.01, **hyper)
        parameter.square().backward()
        optimizer.step()
        assert math.isfinite(parameter.item()), hyper


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(InputError) as refused:
        OPTIMIZERS["nesterov"].build([torch.zeros(1, requires_grad=True)], 0.01, momentum=0.0)
    assert refused.value.key == "setting_out_of_range"


@pytest.mark.parametrize("name", TORCH)
def test_other_hyper_parameters_and_values_are_refused(name: str) -> None:
    row = OPTIMIZERS[name]
    with pytest.raises(InputError, match="wings"):
        row.checked({"wings": 2.0})
    for key, hyper in row.hyper.items():
        for value in (hyper.low - 1e-6, hyper.high + 1e-6, float("nan"), float("inf"), True, "0.5", None):
            with pytest.raises(InputError, match=key) as refused:
                row.checked({key: value})  # type: ignore[dict-item]
            assert refused.value.key == "setting_out_of_range"


@pytest.mark.parametrize("name", TORCH)
def test_formula_and_source_are_there(name: str) -> None:
    row = OPTIMIZERS[name]
    assert (
        r"\theta_t" in row.formula
        and row.formula.count("{") == row.formula.count("}")
        and any(map(str.isdigit, row.source))
    )
