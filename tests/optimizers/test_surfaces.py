"""core.optimizers.surfaces: autograd is the oracle for slopes, its Hessian for the flat points."""

import numpy as np
import pytest
import torch

from core.optimizers.surfaces import SURFACES, Surface

NAMES = list(SURFACES)


def plain_gradient(surface: Surface, x: float, y: float) -> np.ndarray:
    """One backward pass over a parameter of two numbers, as in a training loop."""
    point = torch.tensor([x, y], requires_grad=True)
    surface.value(point[0], point[1]).backward()
    assert point.grad is not None
    return point.grad.numpy()


def somewhere(count: int) -> np.ndarray:
    """Points near and far, tiny and huge, infinite and NaN."""
    random = np.random.default_rng(0)
    near = random.normal(size=(count, 2)) * 3
    far = random.normal(size=(count, 2)) * 10.0 ** random.integers(-20, 38, (count, 1))
    odd = [[0, 0], [-0.0, 1], [np.inf, 1], [1, -np.inf], [np.nan, 0], [3e38, -3e38]]
    return np.concatenate([near, far, odd]).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_is_autograds_gradient_bit_for_bit(name: str) -> None:
    surface = SURFACES[name]
    points = somewhere(120)
    with np.errstate(all="ignore"):
        together = np.stack(surface.slope(points[:, 0], points[:, 1]), axis=1)
        for point, batched in zip(points, together, strict=True):
            expected = plain_gradient(surface, *point.tolist())
            alone = np.array(surface.slope(*point))
            assert alone.dtype == np.float32
            assert np.array_equal(alone, expected, equal_nan=True), point
            assert np.array_equal(batched, expected, equal_nan=True), point
    assert np.array_equal(surface.gradient(torch.from_numpy(points)).numpy(), together, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_flat_points_are_flat_and_of_their_kind(name: str) -> None:
    surface = SURFACES[name]
    left, right, bottom, top = surface.window
    for flat in surface.flat:
        point = torch.tensor([flat.x, flat.y], dtype=torch.float64)
        gradient = surface.gradient(point)
        hessian = torch.autograd.functional.hessian(lambda xy: surface.value(xy[0], xy[1]), point)
        assert gradient.norm() < 1e-3 * max(1.0, float(hessian.norm())), flat
        low, high = torch.linalg.eigvalsh(hessian).tolist()
        assert flat.kind == ("minimum" if low > 0 else "maximum" if high < 0 else "saddle")
        assert left <= flat.x <= right and bottom <= flat.y <= top
    lowest = min(
        (float(surface.value(*torch.tensor([g], dtype=torch.float64).T)) for g in surface.goals), default=None
    )
    assert lowest is None or float(surface.field(200).min()) >= lowest - 1e-5
    assert {flat.kind for flat in surface.flat if flat.best} <= {"minimum"}


def test_known_values() -> None:
    two = torch.tensor(2.0)
    known = {
        "saddle": 0.0,
        "bounded-saddle": 4.0,
        "ravine": 8.4,
        "rosenbrock": 401.0,
        "himmelblau": 26.0,
        "rastrigin": 8.0,
    }
    known |= {
        "beale": (1.5 - 2 + 4) ** 2 + (2.25 - 2 + 8) ** 2 + (2.625 - 2 + 16) ** 2,
        "plateau": 1 - 1 / 21,
    }
    assert {name: float(SURFACES[name].value(two, two)) for name in NAMES} == pytest.approx(known)
    assert SURFACES["bounded-saddle"].goals == [(0, -(2**0.5)), (0, 2**0.5)]
    assert SURFACES["saddle"].goals == []


@pytest.mark.parametrize("name", NAMES)
def test_the_field_lies_as_the_map_does(name: str) -> None:
    surface = SURFACES[name]
    field = surface.field(33)
    left, right, bottom, top = surface.window
    assert field.shape == (33, 33) and field.dtype == torch.float64 and field.isfinite().all()
    for row, column, x, y in ((0, 0, left, bottom), (0, 32, right, bottom), (32, 0, left, top)):
        assert float(field[row, column]) == pytest.approx(
            float(surface.value(torch.tensor(x), torch.tensor(y)))
        )
