"""core.figures.solid: plotly takes the figure, the ground is the surface, and paths lie on it."""

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from core.figures.palette import OPTIMIZERS
from core.figures.solid import GRID, MOST_POINTS, solid
from core.optimizers.surfaces import SURFACES
from core.optimizers.trajectories import Trajectory, trajectory
from tests.figures.options import sent

NAMES = {name: name.upper() for name in OPTIMIZERS}
RAVINE = ("ravine", (-5.0, -2.0))


def drawn(ran: list[Trajectory], step: int) -> Any:
    """The figure as sent; plotly refuses a property it doesn't know."""
    figure = sent(solid(ran, step, NAMES, {"height": "HEIGHT"}))
    go.Figure(figure)
    return figure


def along(path: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Points [n, 3] of a path."""
    return np.array([path["x"], path["y"], path["z"]]).T


@pytest.mark.parametrize("name", SURFACES)
def test_the_ground_is_the_surface_over_its_window(name: str) -> None:
    surface = SURFACES[name]
    ground = drawn([trajectory("sgd", name, surface.start, 1)], 1)["data"][0]
    left, right, bottom, top = surface.window
    x, y = np.linspace(left, right, GRID), np.linspace(bottom, top, GRID)
    assert ground["x"] == pytest.approx(x, abs=1e-3) and ground["y"] == pytest.approx(y, abs=1e-3)
    across, up = (torch.from_numpy(part) for part in np.meshgrid(x, y))  # z[row of y][column of x]
    values = surface.value(across, up).numpy()
    heights = np.log1p(values - values.min()) if surface.log else values
    assert np.array(ground["z"]) == pytest.approx(heights, rel=1e-3, abs=1e-3)
    assert ground["type"] == "surface" and ground["showscale"] is False and ground["hoverinfo"] == "skip"
    assert [place for place, _ in ground["colorscale"]] == [0, 1]
    assert ground["contours"]["z"]["show"] is True


def test_the_axes_are_those_of_the_surface() -> None:
    layout = drawn([trajectory("sgd", *RAVINE, 3)], 3)["layout"]
    assert layout["scene"]["xaxis"] == {"title": {"text": "x"}, "range": [-6, 3]}
    assert layout["scene"]["yaxis"] == {"title": {"text": "y"}, "range": [-4, 4]}
    assert layout["scene"]["zaxis"]["title"]["text"] == "HEIGHT"
    assert "range" not in layout["scene"]["zaxis"]
    assert layout["uirevision"]  # or every step would turn the camera back


def test_a_path_lies_a_hair_above_the_ground() -> None:
    ran = trajectory("momentum", *RAVINE, 40, lr=0.01)
    ground, path = drawn([ran], 40)["data"]
    x, y, z = along(path).T
    assert x == pytest.approx(ran.points[:, 0].numpy(), rel=1e-3)
    assert y == pytest.approx(ran.points[:, 1].numpy(), rel=1e-3)
    lift = z - (0.1 * x**2 + 2 * y**2)
    assert lift == pytest.approx(0.01 * np.ptp(ground["z"]), abs=0.05)


def test_a_path_on_a_log_surface_lies_on_its_scale() -> None:
    ran = trajectory("adam", "himmelblau", (0.0, 0.0), 200, lr=0.1)
    ground, path = drawn([ran], 200)["data"]
    lowest = float(SURFACES["himmelblau"].field(GRID).min())
    expected = np.log1p((ran.values.numpy() - lowest).clip(0)) + 0.01 * np.ptp(ground["z"])
    assert path["z"] == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert float(ran.values.min()) < lowest  # the valley is deeper than any point of the grid


def test_each_path_has_its_optimizers_name_and_colour() -> None:
    ran = [trajectory(name, *RAVINE, 5) for name in ("adam", "sgd", "radam")]
    _, *found = drawn(ran, 5)["data"]
    assert [path["name"] for path in found] == ["ADAM", "SGD", "RADAM"]
    for path, one in zip(found, ran, strict=True):
        colour = OPTIMIZERS[one.optimizer].colour
        assert path["line"]["color"] == path["marker"]["color"] == colour
        assert (path["type"], path["mode"]) == ("scatter3d", "lines+markers")
        assert path["line"]["width"] > 2


@pytest.mark.parametrize("step", [0, 1, 17, 40, 99])
def test_a_path_ends_at_the_present_step_and_is_marked_there(step: int) -> None:
    ran = trajectory("sgd", *RAVINE, 40, lr=0.01)
    path = drawn([ran], step)["data"][1]
    last = min(step, 40)
    assert len(path["x"]) == len(path["y"]) == len(path["z"]) == last + 1
    assert along(path)[-1, :2] == pytest.approx(ran.points[last].numpy(), rel=1e-3)
    *others, now = path["marker"]["size"]
    assert now > 0 and others == [0] * last


def test_a_path_is_cut_off_where_it_leaves_the_window() -> None:
    ran = trajectory("sgd", "saddle", (1.0, 0.5), 60, lr=0.1)
    path = drawn([ran], 60)["data"][1]
    inside = (ran.points.abs() <= 1.5).all(1)
    assert 0 < inside.sum() < 61
    assert len(path["x"]) == inside.sum() == len(path["marker"]["size"])
    assert max(map(abs, path["y"])) <= 1.5 < ran.points[inside.sum(), 1]


@pytest.mark.parametrize("axis", [(1.0, 0.0), (0.0, 1.0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_every_side_of_the_window_cuts(axis: tuple[float, float], sign: int) -> None:
    points = 1.4 * sign * torch.tensor([[0.0], [1.0], [1.2], [0.5]]) * torch.tensor(axis)
    ran = Trajectory("adam", "saddle", points, torch.arange(4.0), None)
    assert along(drawn([ran], 3)["data"][1])[:, :2] == pytest.approx(points[:2].numpy(), rel=1e-3)


def test_a_diverged_path_ends_before_its_first_bad_point() -> None:
    ran = trajectory("sgd", "rosenbrock", (-1.2, 1.0), 30, lr=1.0)
    assert not ran.points.isfinite().all()
    assert len(drawn([ran], 30)["data"][1]["x"]) == 1
    lost = torch.tensor([[0.1, 0.1], [math.nan, 0.1], [0.2, 0.2]])
    path = drawn([Trajectory("adam", "saddle", lost, torch.zeros(3), 1)], 2)["data"][1]
    assert path["x"] == [pytest.approx(0.1)]


def test_a_long_path_is_thinned_but_ends_where_it_ends() -> None:
    ran = trajectory("sgd", *RAVINE, 1999, lr=1e-4)
    path = drawn([ran], 1999)["data"][1]
    assert MOST_POINTS / 2 < len(path["x"]) <= MOST_POINTS + 1
    assert along(path)[0, :2] == pytest.approx(ran.points[0].numpy(), rel=1e-3)
    assert along(path)[-1, :2] == pytest.approx(ran.points[-1].numpy(), rel=1e-3)
