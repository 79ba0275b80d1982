"""One step of an optimizer with every term of its rule as a number: recomputed from torch's own state, and compared with where torch went.

The terms are computed in float64 by the formula, from the float32 state that torch held before the step.
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
    """One quantity of the rule: its LaTeX symbol, the key of its name in words, its two numbers (one for both parameters if they agree)."""

    symbol: str
    key: str
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class StepTerms:
    """Step number `step`: where torch was and where it went, the terms, and the parts that the step is the sum of.

    parts: what memory, this gradient and weight decay contribute, each a vector in the space of the parameters.
    plain: what SGD would do with the same gradient and learning rate.
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
        """How far the formula in float64 is from torch in float32: the larger of both differences; NaN once the path has diverged."""
        away = [abs(ours - torchs) for ours, torchs in zip(self.computed, self.after, strict=True)]
        return max(away) if all(map(math.isfinite, away)) else math.nan


@dataclass
class _Rule:
    """What a rule has at hand: the gradient, weight decay in it where the rule couples them, and everything as it was before step t."""

    g: Vector
    theta: Vector
    state: State
    hyper: Settings
    t: int
    terms: list[Term] = field(default_factory=list)

    def __getitem__(self, name: str) -> float:
        return self.hyper[name]

    def old(self, name: str, default: float = 0.0) -> Vector:
        """Torch's state; what is not there yet is zero, or `default`."""
        return self.state.get(name, np.full(2, default))

    def tell(self, symbol: str, key: str, value: Any) -> Any:
        self.terms.append(Term(symbol, key, tuple(float(number) for number in np.atleast_1d(value))))
        return value


Parts = dict[str, Vector]


def _sgd(rule: _Rule) -> Parts:
    return {"gradient": -rule["lr"] * rule.g}


def _momentum(rule: _Rule) -> Parts:
    kept = rule.tell(r"\mu v_{t-1}", "kept", rule["momentum"] * rule.old("momentum_buffer"))
    rule.tell("v_t", "velocity", kept + rule.g)
    return {"memory": -rule["lr"] * kept, "gradient": -rule["lr"] * rule.g}


def _nesterov(rule: _Rule) -> Parts:
    mu = rule["momentum"]
    kept = rule.tell(r"\mu v_{t-1}", "kept", mu * rule.old("momentum_buffer"))
    velocity = rule.tell("v_t", "velocity", kept + rule.g)
    rule.tell(r"g_t + \mu v_t", "ahead", rule.g + mu * velocity)
    return {"memory": -rule["lr"] * mu * kept, "gradient": -rule["lr"] * (1 + mu) * rule.g}


def _adagrad(rule: _Rule) -> Parts:
    total = rule.tell("G_t", "square_sum", rule.old("sum") + rule.g**2)
    rate = rule["lr"] / (1 + (rule.t - 1) * rule["lr_decay"])
    scale = rule.tell(r"\gamma / (\sqrt{G_t} + \epsilon)", "own_rate", rate / (np.sqrt(total) + rule["eps"]))
    return {"gradient": -scale * rule.g}


def _adadelta(rule: _Rule) -> Parts:
    rho, eps = rule["rho"], rule["eps"]
    square = rule.tell("v_t", "square_mean", rho * rule.old("square_avg") + (1 - rho) * rule.g**2)
    before = rule.tell("u_{t-1}", "step_mean", rule.old("acc_delta"))
    delta = rule.tell(r"\Delta_t", "delta", np.sqrt(before + eps) / np.sqrt(square + eps) * rule.g)
    rule.tell("u_t", "step_mean_new", rho * before + (1 - rho) * delta**2)
    return {"gradient": -rule["lr"] * delta}


def _rmsprop(rule: _Rule) -> Parts:
    alpha = rule["alpha"]
    square = rule.tell("v_t", "square_mean", alpha * rule.old("square_avg") + (1 - alpha) * rule.g**2)
    scaled = rule.tell(r"g_t / (\sqrt{v_t} + \epsilon)", "scaled", rule.g / (np.sqrt(square) + rule["eps"]))
    if not rule["momentum"]:
        return {"gradient": -rule["lr"] * scaled}
    kept = rule.tell(r"\mu b_{t-1}", "kept", rule["momentum"] * rule.old("momentum_buffer"))
    return {"memory": -rule["lr"] * kept, "gradient": -rule["lr"] * scaled}


def _moments(rule: _Rule) -> tuple[Vector, Vector, Vector]:
    """The kept and the new share of Adam's m, and the corrected v."""
    beta1, beta2 = rule["beta1"], rule["beta2"]
    kept = beta1 * rule.old("exp_avg")
    new = (1 - beta1) * rule.g
    rule.tell("m_t", "mean", kept + new)
    square = rule.tell("v_t", "square_mean", beta2 * rule.old("exp_avg_sq") + (1 - beta2) * rule.g**2)
    correction = rule.tell(r"1 - \beta_2^t", "correction2", 1 - beta2**rule.t)
    return kept, new, rule.tell(r"\hat v_t", "square_corrected", square / correction)


def _adam(rule: _Rule) -> Parts:
    kept, new, square = _moments(rule)
    correction = rule.tell(r"1 - \beta_1^t", "correction1", 1 - rule["beta1"] ** rule.t)
    rule.tell(r"\hat m_t", "mean_corrected", (kept + new) / correction)
    scale = -rule["lr"] / (correction * (np.sqrt(square) + rule["eps"]))
    return {"memory": scale * kept, "gradient": scale * new}


def _adamw(rule: _Rule) -> Parts:
    return {"decay": -rule["lr"] * rule["weight_decay"] * rule.theta, **_adam(rule)}


def _nadam(rule: _Rule) -> Parts:
    beta1, decay, t = rule["beta1"], rule["momentum_decay"], rule.t
    kept, new, square = _moments(rule)
    mu = rule.tell(r"\mu_t", "mu", beta1 * (1 - 0.5 * 0.96 ** (t * decay)))
    mu_next = rule.tell(r"\mu_{t+1}", "mu_next", beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * decay)))
    product = rule.tell(
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
    correction = rule.tell(r"1 - \beta_1^t", "correction1", 1 - rule["beta1"] ** t)
    most = 2 / (1 - beta2) - 1
    rho = rule.tell(r"\rho_t", "rho", most - 2 * t * beta2**t / (1 - beta2**t))
    scale: Any = -rule["lr"] / correction
    if rho > 5:
        rectify = rule.tell(
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
    """Step number `step`, the first being 1. Raises InputError as `trajectory`."""
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
        return _told(optimizer, step, walk, before, gradient, state, tuple(trail))


def _told(
    optimizer: str,
    step: int,
    walk: Walk,
    before: Vector,
    gradient: Vector,
    state: State,
    trail: tuple[Any, ...],
) -> StepTerms:
    decay = walk.hyper["weight_decay"]
    rule = _Rule(gradient, before, state, walk.hyper, step)
    rule.tell("g_t", "gradient", gradient)
    if decay and optimizer != "adamw":  # AdamW alone keeps it out of the gradient
        rule.g = rule.tell(r"g_t + \lambda \theta_{t-1}", "gradient_decay", gradient + decay * before)
    parts = RULES[optimizer](rule)
    moved = sum(parts.values(), np.zeros(2))
    rule.tell(r"\theta_t - \theta_{t-1}", "step", moved)
    return StepTerms(
        optimizer,
        step,
        _pair(before),
        _pair(walk.point),
        _pair(before + moved),
        tuple(rule.terms),
        {name: _pair(part) for name, part in parts.items()},
        _pair(-walk.hyper["lr"] * gradient),
        trail,
    )


def _snapshot(state: Mapping[str, Any]) -> dict[str, Vector]:
    """Torch's state before the step, as float64; what is not there yet is left out."""
    return {
        name: value.detach().double().numpy().copy()
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def _pair(vector: Any) -> tuple[float, float]:
    x, y = (float(number) for number in vector)
    return x, y
