"""One step of an optimizer: every term of its rule, recomputed from torch's state and compared with torch.

The terms are computed by the formula in float64, from the float32 state that torch held before the step. The
arena and a training's inspected step share them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from core.optimizers.trajectories import Walk, limited

Vector = np.ndarray[Any, np.dtype[np.float64]]
State = Mapping[str, Vector]
Settings = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Term:
    """One quantity of the rule: its LaTeX symbol, the key of its name in words, and its numbers.

    `values` has a number for each parameter, or one if they share it.
    """

    symbol: str
    key: str
    values: tuple[float, ...]
    shared: bool


@dataclass(frozen=True, eq=False)
class StepTerms:
    """Step number `step`: torch's positions before and after, the terms, and the parts that sum to the step.

    parts: contributions of memory, this gradient and weight decay, each a vector in parameter space.
    plain: SGD's step with the same gradient and learning rate.
    """

    optimizer: str
    step: int
    before: tuple[float, float]
    after: tuple[float, float]
    computed: tuple[float, float]
    terms: tuple[Term, ...]
    parts: Mapping[str, tuple[float, float]]
    plain: tuple[float, float]
    trail: tuple[tuple[float, float], ...]

    @property
    def gap(self) -> float:
        """Larger coordinate gap between float64 formula and float32 torch; NaN once the path has diverged."""
        away = [abs(computed - actual) for computed, actual in zip(self.computed, self.after, strict=True)]
        return max(away) if all(map(math.isfinite, away)) else math.nan


@dataclass
class _Rule:
    """Inputs of a rule: the gradient, including coupled weight decay, parameters and state before step t."""

    g: Vector
    theta: Vector
    state: State
    hyper: Settings
    t: int
    terms: list[Term] = field(default_factory=list)

    def __getitem__(self, name: str) -> float:
        return self.hyper[name]

    def old(self, name: str, default: float = 0.0) -> Vector:
        """Torch's state; `default` where it has none yet."""
        return self.state.get(name, np.full_like(self.theta, default))

    def record(self, symbol: str, key: str, value: Any) -> Any:
        """Record a term and return its value."""
        values = tuple(float(number) for number in np.atleast_1d(value))
        self.terms.append(Term(symbol, key, values, shared=np.ndim(value) == 0))
        return value


Parts = dict[str, Vector]


def _sgd(rule: _Rule) -> Parts:
    return {"gradient": -rule["lr"] * rule.g}


def _momentum(rule: _Rule) -> Parts:
    kept = rule.record(r"\mu v_{t-1}", "kept", rule["momentum"] * rule.old("momentum_buffer"))
    rule.record("v_t", "velocity", kept + rule.g)
    return {"memory": -rule["lr"] * kept, "gradient": -rule["lr"] * rule.g}


def _nesterov(rule: _Rule) -> Parts:
    mu = rule["momentum"]
    kept = rule.record(r"\mu v_{t-1}", "kept", mu * rule.old("momentum_buffer"))
    velocity = rule.record("v_t", "velocity", kept + rule.g)
    rule.record(r"g_t + \mu v_t", "ahead", rule.g + mu * velocity)
    return {"memory": -rule["lr"] * mu * kept, "gradient": -rule["lr"] * (1 + mu) * rule.g}


def _adagrad(rule: _Rule) -> Parts:
    total = rule.record("G_t", "square_sum", rule.old("sum") + rule.g**2)
    rate = rule["lr"] / (1 + (rule.t - 1) * rule["lr_decay"])
    scale = rule.record(
        r"\gamma / (\sqrt{G_t} + \epsilon)", "own_rate", rate / (np.sqrt(total) + rule["eps"])
    )
    return {"gradient": -scale * rule.g}


def _adadelta(rule: _Rule) -> Parts:
    rho, eps = rule["rho"], rule["eps"]
    square = rule.record("v_t", "square_mean", rho * rule.old("square_avg") + (1 - rho) * rule.g**2)
    before = rule.record("u_{t-1}", "step_mean", rule.old("acc_delta"))
    delta = rule.record(r"\Delta_t", "delta", np.sqrt(before + eps) / np.sqrt(square + eps) * rule.g)
    rule.record("u_t", "step_mean_new", rho * before + (1 - rho) * delta**2)
    return {"gradient": -rule["lr"] * delta}


def _rmsprop(rule: _Rule) -> Parts:
    alpha = rule["alpha"]
    square = rule.record("v_t", "square_mean", alpha * rule.old("square_avg") + (1 - alpha) * rule.g**2)
    scaled = rule.record(r"g_t / (\sqrt{v_t} + \epsilon)", "scaled", rule.g / (np.sqrt(square) + rule["eps"]))
    if not rule["momentum"]:
        return {"gradient": -rule["lr"] * scaled}
    kept = rule.record(r"\mu b_{t-1}", "kept", rule["momentum"] * rule.old("momentum_buffer"))
    return {"memory": -rule["lr"] * kept, "gradient": -rule["lr"] * scaled}


def _moments(rule: _Rule) -> tuple[Vector, Vector, Vector]:
    """The kept and the new share of Adam's m, and the bias-corrected v."""
    beta1, beta2 = rule["beta1"], rule["beta2"]
    kept = beta1 * rule.old("exp_avg")
    new = (1 - beta1) * rule.g
    rule.record("m_t", "mean", kept + new)
    square = rule.record("v_t", "square_mean", beta2 * rule.old("exp_avg_sq") + (1 - beta2) * rule.g**2)
    correction = rule.record(r"1 - \beta_2^t", "correction2", 1 - beta2**rule.t)
    return kept, new, rule.record(r"\hat v_t", "square_corrected", square / correction)


def _adam(rule: _Rule) -> Parts:
    kept, new, square = _moments(rule)
    correction = rule.record(r"1 - \beta_1^t", "correction1", 1 - rule["beta1"] ** rule.t)
    rule.record(r"\hat m_t", "mean_corrected", (kept + new) / correction)
    scale = -rule["lr"] / (correction * (np.sqrt(square) + rule["eps"]))
    return {"memory": scale * kept, "gradient": scale * new}


def _adamw(rule: _Rule) -> Parts:
    return {"decay": -rule["lr"] * rule["weight_decay"] * rule.theta, **_adam(rule)}


def _nadam(rule: _Rule) -> Parts:
    beta1, decay, t = rule["beta1"], rule["momentum_decay"], rule.t
    kept, new, square = _moments(rule)
    mu = rule.record(r"\mu_t", "mu", beta1 * (1 - 0.5 * 0.96 ** (t * decay)))
    mu_next = rule.record(r"\mu_{t+1}", "mu_next", beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * decay)))
    product = rule.record(
        r"\textstyle\prod_{i=1}^{t} \mu_i", "mu_product", float(rule.old("mu_product", 1.0).flat[0]) * mu
    )
    scale = -rule["lr"] / (np.sqrt(square) + rule["eps"])
    ahead = mu_next / (1 - product * mu_next)
    return {
        "memory": scale * ahead * kept,
        "gradient": scale * (ahead * new + (1 - mu) / (1 - product) * rule.g),
    }


def _radam(rule: _Rule) -> Parts:
    kept, new, square = _moments(rule)
    beta2, t = rule["beta2"], rule.t
    correction = rule.record(r"1 - \beta_1^t", "correction1", 1 - rule["beta1"] ** t)
    most = 2 / (1 - beta2) - 1
    rho = rule.record(r"\rho_t", "rho", most - 2 * t * beta2**t / (1 - beta2**t))
    scale: Any = -rule["lr"] / correction
    if rho > 5:
        rectify = rule.record(
            "r_t", "rectify", math.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
        )
        # torch adds eps to the uncorrected root, then corrects
        root = math.sqrt(1 - beta2**t)
        scale = scale * rectify * root / (np.sqrt(square) * root + rule["eps"])
    return {"memory": scale * kept, "gradient": scale * new}


RULES: Mapping[str, Callable[[_Rule], Parts]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
    "nadam": _nadam,
    "radam": _radam,
}


def rule_terms(
    optimizer: str, gradient: Vector, theta: Vector, state: State, hyper: Settings, step: int
) -> tuple[tuple[Term, ...], Parts]:
    """Terms of one step on any number of parameters, and the parts that sum to it; `step` counts from 1.

    `gradient` and `state` are those before the step, the state by torch's own names.
    """
    rule = _Rule(gradient, theta, state, hyper, step)
    rule.record("g_t", "gradient", gradient)
    decay = hyper["weight_decay"]
    if decay and optimizer != "adamw":  # AdamW alone keeps it out of the gradient
        rule.g = rule.record(r"g_t + \lambda \theta_{t-1}", "gradient_decay", gradient + decay * theta)
    parts = RULES[optimizer](rule)
    rule.record(r"\theta_t - \theta_{t-1}", "step", sum(parts.values(), np.zeros_like(theta)))
    return tuple(rule.terms), parts


def step_terms(
    optimizer: str,
    surface: str,
    start: Sequence[float],
    step: int,
    *,
    noise: float = 0.0,
    seed: int = 0,
    **hyper: float,
) -> StepTerms:
    """Take apart step number `step`, the first being 1. Raises InputError as `trajectory` does."""
    step = max(1, limited("steps", step))
    walk = Walk(optimizer, surface, start, noise=noise, seed=seed, **hyper)
    trail = [tuple(walk.point.tolist())]
    with np.errstate(all="ignore"):
        for _ in range(step - 1):
            walk.step()
            trail.append(tuple(walk.point.tolist()))
        before, state = walk.point.astype(np.float64), _snapshot(walk.optimizer.state[walk.parameter])
        walk.look()
        gradient = walk.gradient.astype(np.float64)
        walk.step()
        return _assembled(optimizer, step, walk, before, gradient, state, tuple(trail))


def _assembled(
    optimizer: str,
    step: int,
    walk: Walk,
    before: Vector,
    gradient: Vector,
    state: State,
    trail: tuple[Any, ...],
) -> StepTerms:
    terms, parts = rule_terms(optimizer, gradient, before, state, walk.hyper, step)
    return StepTerms(
        optimizer,
        step,
        _pair(before),
        _pair(walk.point),
        _pair(before + terms[-1].values),
        terms,
        {name: _pair(part) for name, part in parts.items()},
        _pair(-walk.hyper["lr"] * gradient),
        trail,
    )


def _snapshot(state: Mapping[str, Any]) -> dict[str, Vector]:
    """Torch's state before the step in float64; entries not there yet are left out."""
    return {
        name: value.detach().double().numpy().copy()
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def _pair(vector: Any) -> tuple[float, float]:
    x, y = (float(number) for number in vector)
    return x, y
