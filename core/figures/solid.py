"""A race on its surface in three dimensions, as a plotly figure's JSON."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from core.figures.palette import OPTIMIZERS
from core.optimizers.surfaces import SURFACES, Frame, Surface
from core.optimizers.trajectories import Trajectory

GRID = 48  # points a side
MOST_POINTS = 300  # of a path
Height = Callable[[Tensor], Tensor]


def solid(
    trajectories: Sequence[Trajectory], step: int, names: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    """The surface with the paths up to a step, each cut off where it leaves the window.

    Heights are on the scale of the contours. labels: height.
    """
    surface = SURFACES[trajectories[0].surface]
    grid = surface.field(GRID)
    lowest = float(grid.min())

    def height(values: Tensor) -> Tensor:
        return torch.log1p((values - lowest).clamp(min=0)) if surface.log else values

    # A hair above the ground, or the surface swallows the path.
    lift = 0.01 * float(height(grid).max() - height(grid).min())
    paths = [_path(path, step, surface, lambda values: height(values) + lift, names) for path in trajectories]
    return {"data": [_ground(surface, height(grid)), *paths], "layout": _layout(surface.window, labels)}


def _ground(surface: Surface, heights: Tensor) -> dict[str, Any]:
    left, right, bottom, top = surface.window
    return {
        "type": "surface",
        "x": _rounded(torch.linspace(left, right, GRID)),
        "y": _rounded(torch.linspace(bottom, top, GRID)),
        "z": [_rounded(row) for row in heights],
        "showscale": False,
        "opacity": 0.85,
        "colorscale": [[0, "#7fb3d1"], [1, "#f4e9cf"]],
        "hoverinfo": "skip",
        "contours": {"z": {"show": True, "color": "#888888", "width": 1}},
    }


def _path(
    path: Trajectory, step: int, surface: Surface, height: Height, names: Mapping[str, str]
) -> dict[str, Any]:
    points = path.points[: step + 1]
    count = _inside(points, surface.window)
    kept = sorted({*range(0, count, max(1, math.ceil(count / MOST_POINTS))), max(0, count - 1)})
    colour = OPTIMIZERS[path.optimizer].colour
    return {
        "type": "scatter3d",
        "mode": "lines+markers",
        "name": names[path.optimizer],
        "x": _rounded(points[kept, 0]),
        "y": _rounded(points[kept, 1]),
        "z": _rounded(height(path.values[kept])),
        "line": {"color": colour, "width": 6},
        # Only where the optimizer is now.
        "marker": {"size": [0] * (len(kept) - 1) + [5], "color": colour, "line": {"width": 0}},
    }


def _inside(points: Tensor, window: Frame) -> int:
    """Number of points before the path leaves the window."""
    left, right, bottom, top = window
    x, y = points.unbind(1)
    outside = ~((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    return int(outside.nonzero()[0]) if outside.any() else len(points)


def _layout(window: Frame, labels: Mapping[str, str]) -> dict[str, Any]:
    left, right, bottom, top = window
    scene = {
        "xaxis": {"title": {"text": "x"}, "range": [left, right]},
        "yaxis": {"title": {"text": "y"}, "range": [bottom, top]},
        "zaxis": {"title": {"text": labels["height"]}},
        "camera": {"eye": {"x": 1.5, "y": -1.5, "z": 1.1}},
    }
    no_margin = {"l": 0, "r": 0, "t": 0, "b": 0}
    return {
        "scene": scene,
        "margin": no_margin,
        "legend": {"orientation": "h"},
        "uirevision": "arena",  # the camera stays where it is
    }


def _rounded(values: Tensor) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]
