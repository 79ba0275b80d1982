"""core.optimizers.trajectories: a plain torch.optim loop is the oracle, bit for bit."""

import json
import math
from typing import Any

import pytest
import torch
from torch import Tensor, optim

from core.errors import InputError
from core.optimizers import OPTIMIZERS
from core.optimizers.trajectories import (
    FAR,
    MOST_STEPS,
    SURFACES,
    Trajectory,
    Walk,
    distance,
    hyper_of,
    race,
    seconds,
    trajectory,
)
from core.progress import Progress

TORCH: dict[str, tuple[Any, dict[str, Any]]] = {
    "sgd": (optim.SGD, {}),
    "momentum": (optim.SGD, {"momentum": 0.9}),
    "nesterov": (optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (optim.Adagrad, {}),
    "adadelta": (optim.Adadelta, {}),
    "rmsprop": (optim.RMSprop, {}),
    "adam": (optim.Adam, {}),
    "adamw": (optim.AdamW, {}),
    "nadam": (optim.NAdam, {}),
    "radam": (optim.RAdam, {}),
}


def plain_loop(
    name: str, surface: str, start: tuple[float, float], steps: int, noise: Tensor | None = None, **own: Any
) -> Tensor:
    """The plain loop: parameter, backward, step."""
    kind, arguments = TORCH[name]
    point = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    optimizer = kind([point], **(arguments | own))
    path = [point.detach().clone()]
    for step in range(steps):
        optimizer.zero_grad()
        SURFACES[surface].value(point[0], point[1]).backward()
        if noise is not None:
            point.grad += noise[step]
        optimizer.step()
        path.append(point.detach().clone())
    return torch.stack(path)


def same(left: Tensor, right: Tensor) -> bool:
    return torch.equal(left.isnan(), right.isnan()) and torch.equal(
        left.nan_to_num(7.0, 8.0, 9.0), right.nan_to_num(7.0, 8.0, 9.0)
    )


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("name", TORCH)
def test_a_path_is_that_of_a_plain_loop_bit_for_bit(name: str, surface: str) -> None:
    start = SURFACES[surface].start
    for lr, steps in ((None, 40), (0.03, 400), (5.0, 40)):  # the last one flies off on most surfaces
        own = {} if lr is None else {"lr": lr}
        found = trajectory(name, surface, start, steps, **own)
        assert same(found.points, plain_loop(name, surface, start, steps, **own))
        assert (
            found.points.shape == (steps + 1, 2) and found.points.dtype == found.values.dtype == torch.float32
        )
        assert same(found.values, SURFACES[surface].value(found.points[:, 0], found.points[:, 1]))


OWN: dict[str, tuple[dict[str, float], dict[str, Any]]] = {
    "sgd": ({"weight_decay": 0.1}, {"weight_decay": 0.1}),
    "momentum": ({"momentum": 0.5}, {"momentum": 0.5}),
    "nesterov": ({"momentum": 0.7}, {"momentum": 0.7}),
    "adagrad": ({"lr_decay": 0.1}, {"lr_decay": 0.1}),
    "adadelta": ({"rho": 0.5, "eps": 1e-2}, {"rho": 0.5, "eps": 1e-2}),
    "rmsprop": ({"alpha": 0.5, "momentum": 0.3}, {"alpha": 0.5, "momentum": 0.3}),
    "adam": ({"beta1": 0.5, "beta2": 0.9, "weight_decay": 0.1}, {"betas": (0.5, 0.9), "weight_decay": 0.1}),
    "adamw": ({"beta1": 0.5, "weight_decay": 0.2}, {"betas": (0.5, 0.999), "weight_decay": 0.2}),
    "nadam": ({"momentum_decay": 0.1}, {"momentum_decay": 0.1}),
    "radam": ({"beta2": 0.9}, {"betas": (0.9, 0.9)}),
}


@pytest.mark.parametrize("name", TORCH)
def test_own_hyper_parameters_and_noise_bit_for_bit(name: str) -> None:
    ours, in_torch = OWN[name]
    noise = 0.2 * torch.randn(MOST_STEPS, 2, generator=torch.Generator().manual_seed(5))
    found = trajectory(name, "himmelblau", (1.0, -1.0), 50, noise=0.2, seed=5, lr=0.01, **ours)
    assert same(found.points, plain_loop(name, "himmelblau", (1.0, -1.0), 50, noise, lr=0.01, **in_torch))
    shorter = trajectory(name, "himmelblau", (1.0, -1.0), 20, noise=0.2, seed=5, lr=0.01, **ours)
    assert torch.equal(shorter.points, found.points[:21])
    assert not torch.equal(
        found.points,
        trajectory(name, "himmelblau", (1.0, -1.0), 50, noise=0.2, seed=6, lr=0.01, **ours).points,
    )


@pytest.mark.parametrize("surface", SURFACES)
def test_adamw_without_weight_decay_is_adam(surface: str) -> None:
    adam, adamw = (
        trajectory(name, surface, (1.0, -1.0), 200, noise=0.1, lr=0.03, weight_decay=0.0)
        for name in ("adam", "adamw")
    )
    assert same(adam.points, adamw.points)
    decayed = trajectory("adamw", surface, (1.0, -1.0), 200, noise=0.1, lr=0.03)
    assert not same(adam.points, decayed.points)


def test_defaults_are_torchs() -> None:
    for name, (kind, arguments) in TORCH.items():
        group = kind([torch.zeros(1, requires_grad=True)], **arguments).param_groups[0]
        rows = {key: row.default for key, row in hyper_of(name).items()}
        if "beta1" in rows:
            assert (rows.pop("beta1"), rows.pop("beta2")) == group["betas"]
        assert rows == {key: group[key] for key in rows}, name


def test_no_step_and_most_steps() -> None:
    still = trajectory("adam", "saddle", (1, 2), 0)
    assert still.points.tolist() == [[1, 2]] and still.values.tolist() == [-3] and still.diverged_at is None
    assert trajectory("sgd", "ravine", (-5, -2), MOST_STEPS).points.shape == (2001, 2)


def test_from_exactly_the_ridge_nobody_leaves() -> None:
    for name in OPTIMIZERS:
        path = trajectory(name, "saddle", (1.0, 0.0), 300, lr=0.01)
        assert path.points[:, 1].abs().max() == 0 and path.left_at() is None
        assert path.points[-1, 0] < 1


def test_the_ranking_flips_with_the_learning_rate() -> None:
    steps = {
        lr: {
            name: trajectory(name, "saddle", (1.0, 1e-3), 1400, lr=lr).left_at()
            for name in list(OPTIMIZERS)[:7]
        }
        for lr in (0.01, 0.1)
    }
    assert steps[0.01] == {
        "rmsprop": 17,
        "nesterov": 67,
        "momentum": 72,
        "adam": 77,
        "sgd": 349,
        "adadelta": 553,
        "adagrad": 1263,
    }
    assert steps[0.1] == {
        "rmsprop": 1,
        "adam": 11,
        "nesterov": 16,
        "adagrad": 17,
        "momentum": 19,
        "sgd": 38,
        "adadelta": 98,
    }


def test_a_path_that_flies_off_is_named_and_raw() -> None:
    path = trajectory("sgd", "rosenbrock", (-1.2, 1.0), 50, lr=1.0)
    assert path.diverged_at is not None and path.points[-1].isnan().all()
    before = path.points[: path.diverged_at]
    assert path.values[: path.diverged_at].isfinite().all() and (before.abs() <= FAR).all()
    at = path.points[path.diverged_at]
    assert not path.values[path.diverged_at].isfinite() or not (at.abs() <= FAR).all()
    assert trajectory("adam", "rosenbrock", (-1.2, 1.0), 50).diverged_at is None


@pytest.mark.parametrize(
    ("surface", "start", "lr", "fell"),
    [
        ("saddle", (1.0, 1e-3), 0.1, True),
        ("saddle", (1.0, 0.0), 1.5, False),  # thrown up the walls, ever higher
        ("rosenbrock", (-1.2, 1.0), 1.0, False),
    ],
)
def test_to_fall_is_not_to_diverge(surface: str, start: tuple[float, float], lr: float, fell: bool) -> None:
    path = trajectory("sgd", surface, start, 400, lr=lr)
    assert path.diverged_at is not None and path.fell is fell
    assert not trajectory("sgd", surface, start, 3, lr=lr).fell


def test_arriving() -> None:
    path = trajectory("momentum", "bounded-saddle", (1.5, 1e-3), 300, lr=0.02)
    left, reached = path.left_at(), path.reached_at()
    assert left is not None and reached is not None and 0 < left <= reached == path.done_at()
    assert (
        abs(abs(float(path.points[reached, 1])) - math.sqrt(2))
        < 0.1
        <= distance(path.points[reached - 1 : reached], [(0, 2**0.5)])[0]
    )
    on_saddle = trajectory("momentum", "saddle", (1.5, 1e-3), 300, lr=0.02)
    assert on_saddle.reached_at() is None and on_saddle.done_at() == on_saddle.left_at() == 46
    assert distance(torch.tensor([[3.0, 4.0]]), [(0, 0), (3, 3)]).tolist() == [1.0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"optimizer": "nobody"},
        {"optimizer": None},
        {"surface": "moon"},
        {"surface": ["saddle"]},
        *(
            {"start": start}
            for start in [
                (math.nan, 0),
                (0, math.inf),
                (1001, 0),
                (1,),
                (1, 2, 3),
                "12",
                5,
                None,
                ("a", 0),
                (True, 1),
            ]
        ),
        *({"steps": steps} for steps in (-1, 2001, 1.5, math.nan, True, "5", None, 10**30)),
        *({"noise": noise} for noise in (-0.1, math.nan, math.inf, "1")),
        *({"seed": seed} for seed in (-1, 2**31, 0.5)),
        *({"lr": lr} for lr in (0.0, -1.0, math.nan, math.inf, 101.0, "0.1", True)),
        {"weight_decay": -1.0},
        {"momentum": 0.5},
        {"beta1": 1.0},
        {"beta2": math.nan},
        {"wings": 1.0},
    ],
)
def test_what_is_refused(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"optimizer": "adam", "surface": "saddle", "start": (1.0, 0.1), "steps": 5}
    with pytest.raises(InputError) as refused:
        trajectory(**(right | wrong))
    assert str(refused.value) and refused.value.sentence("zh")


def test_any_setting_within_its_range_gives_numbers_or_is_called_diverged() -> None:
    """A hundred draws over all ranges, the extremes included."""
    draw = torch.Generator().manual_seed(1)

    def pick(low: float, high: float) -> float:
        chance = float(torch.rand((), generator=draw))
        if chance < 0.2:
            return low if chance < 0.1 else high
        return low + (high - low) * float(torch.rand((), generator=draw)) ** 4

    for index in range(100):
        name, surface = list(OPTIMIZERS)[index % 10], list(SURFACES)[index % len(SURFACES)]
        hyper = {key: pick(row.low, row.high) for key, row in hyper_of(name).items()}
        start = (pick(-1000, 1000), pick(-1000, 1000)) if index % 3 else SURFACES[surface].start
        path = trajectory(name, surface, start, 60, noise=pick(0, 100), seed=index, **hyper)
        finite = len(path.points) if path.diverged_at is None else path.diverged_at
        assert path.points[:finite].isfinite().all() and path.values[:finite].isfinite().all()


def test_a_walk_shares_torchs_memory() -> None:
    walk = Walk("sgd", "saddle", (1.0, 1.0), lr=0.1)
    walk.look()
    assert (
        walk.gradient.tolist() == [2, -2]
        and walk.parameter.grad is not None
        and walk.parameter.grad.tolist() == [2, -2]
    )
    walk.step()
    assert walk.point.tolist() == pytest.approx([0.8, 1.2]) and walk.steps_done == 1


def test_a_race_is_its_paths_and_reports_each() -> None:
    hyper = {"sgd": {"lr": 1.0}, "adam": {}}
    work = race(hyper, "rosenbrock", (-1.2, 1.0), 50, noise=0.1, seed=3)
    reports = []
    while True:
        try:
            reports.append(next(work))
        except StopIteration as end:
            found = end.value
            break
    assert reports == [Progress(1, 2), Progress(2, 2)]
    for path, (name, own) in zip(found, hyper.items(), strict=True):
        expected = trajectory(name, "rosenbrock", (-1.2, 1.0), 50, noise=0.1, seed=3, **own)
        assert path.optimizer == name and same(path.points, expected.points)


@pytest.mark.parametrize("lr", [0.001, 1.0])  # the second flies off to infinity and NaN
def test_a_path_through_json_keeps_its_bits(lr: float) -> None:
    path = trajectory("sgd", "rosenbrock", (-1.2, 1.0), 50, lr=lr)
    back = Trajectory.from_json(json.loads(json.dumps(path.to_json())))
    assert (back.optimizer, back.surface, back.diverged_at) == ("sgd", "rosenbrock", path.diverged_at)
    assert back.points.numpy().tobytes() == path.points.numpy().tobytes()
    assert same(back.values, path.values)


def test_every_optimizer_has_an_estimate_of_its_time() -> None:
    assert all(seconds(name, 2000) == 2 * seconds(name, 1000) > 0 for name in OPTIMIZERS)
