"""core.optimizers.step_terms: torch's own step is the oracle, and its own state the witness."""

import pytest
import torch

from core.errors import InputError
from core.optimizers import OPTIMIZERS
from core.optimizers.step_terms import step_terms
from core.optimizers.trajectories import Walk, hyper_of, trajectory


def number(generator: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_terms_add_up_to_torchs_step(name: str) -> None:
    """Equal to 1e-6 over ranges of all hyper-parameters, several surfaces and steps."""
    draw = torch.Generator().manual_seed(3)
    for index in range(12):
        hyper = {key: number(draw, row.low, row.high) for key, row in hyper_of(name).items()}
        hyper["lr"] = 10 ** number(draw, -4, -1)
        if "eps" in hyper:
            hyper["eps"] = 10 ** number(draw, -10, -2)
        surface = ("himmelblau", "bounded-saddle", "rastrigin", "plateau")[index % 4]
        start = (number(draw, -2, 2), number(draw, -2, 2))
        step = (1, 2, 7, 40)[index // 3]
        terms = step_terms(name, surface, start, step, noise=0.1 * (index % 2), seed=index, **hyper)
        path = trajectory(name, surface, start, step, noise=0.1 * (index % 2), seed=index, **hyper)
        assert list(terms.before) == path.points[-2].tolist()
        assert list(terms.after) == path.points[-1].tolist()
        assert terms.trail == tuple(tuple(point) for point in path.points[:-1].tolist())
        size = max(1.0, *map(abs, terms.before), *map(abs, terms.after))
        assert terms.gap <= 1e-6 * size, (hyper, surface, step)
        moved = [sum(part[axis] for part in terms.parts.values()) for axis in (0, 1)]
        assert moved == pytest.approx(
            [terms.computed[axis] - terms.before[axis] for axis in (0, 1)], abs=1e-14 * size + 1e-12
        )
        assert terms.terms[-1].values == pytest.approx(moved)


def test_the_terms_of_adam_are_torchs_state() -> None:
    values = {
        term.symbol: term.values for term in step_terms("adam", "himmelblau", (1.0, 2.0), 5, lr=0.1).terms
    }
    walk = Walk("adam", "himmelblau", (1.0, 2.0), lr=0.1)
    for _ in range(5):
        walk.step()
    state = walk.optimizer.state[walk.parameter]
    assert values["m_t"] == pytest.approx(state["exp_avg"].tolist(), rel=1e-5)
    assert values["v_t"] == pytest.approx(state["exp_avg_sq"].tolist(), rel=1e-5)
    assert values["g_t"] == pytest.approx(walk.gradient.tolist())
    assert values[r"1 - \beta_1^t"] == pytest.approx((1 - 0.9**5,))
    assert values[r"\hat m_t"] == pytest.approx([m / (1 - 0.9**5) for m in values["m_t"]])


def test_first_steps_as_worked_by_hand() -> None:
    # x^2 - y^2 at (1, 0.5): gradient (2, -1)
    sgd = step_terms("sgd", "saddle", (1.0, 0.5), 1, lr=0.1)
    assert sgd.parts == {"gradient": pytest.approx((-0.2, 0.1))} and sgd.plain == pytest.approx((-0.2, 0.1))
    adam = step_terms("adam", "saddle", (1.0, 0.5), 1, lr=0.1)
    assert adam.computed == pytest.approx((0.9, 0.6)) and adam.parts["memory"] == (
        0,
        0,
    )  # lr, whatever the gradient
    rmsprop = step_terms("rmsprop", "saddle", (1.0, 0.5), 1, lr=0.1)
    assert rmsprop.computed == pytest.approx((0.0, 1.5), abs=1e-6)  # 10 x lr: no bias correction
    second = step_terms("momentum", "saddle", (1.0, 0.0), 2, lr=0.1)
    assert second.parts["memory"] == pytest.approx((-0.18, 0)) and second.parts["gradient"] == pytest.approx(
        (-0.16, 0)
    )


def test_a_step_after_the_end_is_not_a_number_and_says_so() -> None:
    terms = step_terms("sgd", "rosenbrock", (-1.2, 1.0), 30, lr=1.0)
    assert terms.gap != terms.gap
    for wrong in (-1, 2001, 1.5):
        with pytest.raises(InputError):
            step_terms("sgd", "saddle", (1.0, 0.0), wrong)  # type: ignore[arg-type]
