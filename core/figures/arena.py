"""What the browser draws the arena from: a surface as a grid of levels, paths as float32, and the same as a plotly surface."""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.figures.palette import OPTIMIZERS
from core.surfaces import SURFACES, Surface, Window
from core.trajectories import Trajectory

GRID = 96  # points a side; the browser interpolates
LEVELS = 65535
Drawn = dict[str, Any]


def field(values: Tensor, window: Window, *, log: bool, lowest: float | None = None) -> Drawn:
    """A grid [size, size] of finite values, rows from bottom to top, as 16-bit levels on the scale of its contours."""
    bottom = float(values.min()) if lowest is None else min(lowest, float(values.min()))
    scaled = torch.log1p(values.double() - bottom) if log else values.double()
    low, high = float(scaled.min()), float(scaled.max())
    levels = ((scaled - low) / ((high - low) or 1.0) * LEVELS).round()
    packed = _base64(levels.numpy().astype("<u2"))
    return {"values": packed, "size": len(values), "window": window, "low": low, "high": high, "lowest": bottom, "log": log}


def surface_field(surface: Surface, window: Window | None = None, size: int = GRID) -> Drawn:
    """A surface over its own window, or over another one."""
    lowest = None
    if surface.goals and window is None:
        x, y = torch.tensor(surface.goals).unbind(1)
        lowest = float(surface.value(x, y).min())
    return field(surface.field(size, window), window or surface.window, log=surface.log, lowest=lowest)


def paths(trajectories: Sequence[Trajectory], names: Mapping[str, str]) -> Drawn:
    """All paths of a race in one block each of points and values, little-endian float32, one path after the other."""
    surface = SURFACES[trajectories[0].surface]
    return {
        "points": _base64(np.concatenate([path.points.numpy().astype("<f4") for path in trajectories])),
        "values": _base64(np.concatenate([path.values.numpy().astype("<f4") for path in trajectories])),
        "steps": len(trajectories[0].points) - 1,
        "paths": [
            {
                "key": path.optimizer,
                "name": names[path.optimizer],
                "mark": asdict(OPTIMIZERS[path.optimizer]),
                "left": path.left_at(),
                "reached": path.reached_at(),
                "diverged": path.diverged_at,
            }
            for path in trajectories
        ],
        "flat": [asdict(point) for point in surface.flat],
        "minima": surface.points("minimum"),
    }


def _base64(array: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def solid(trajectories: Sequence[Trajectory], step: int, names: Mapping[str, str], labels: Mapping[str, str]) -> Drawn:
    """The surface in three dimensions with the paths up to a step, as a plotly figure's JSON; cut off at the edge of the window.

    Heights are on the scale of the contours. labels: height.
    """
    surface = SURFACES[trajectories[0].surface]
    left, right, bottom, top = surface.window
    grid = surface.field(48)
    lowest = float(grid.min())

    def height(values: Tensor) -> Tensor:
        return torch.log1p((values - lowest).clamp(min=0)) if surface.log else values

    ground = {
        "type": "surface",
        "x": _rounded(torch.linspace(left, right, 48)),
        "y": _rounded(torch.linspace(bottom, top, 48)),
        "z": [_rounded(row) for row in height(grid)],
        "showscale": False,
        "opacity": 0.85,
        "colorscale": [[0, "#7fb3d1"], [1, "#f4e9cf"]],
        "hoverinfo": "skip",
        "contours": {"z": {"show": True, "color": "#888888", "width": 1, "start": None, "size": None}},
    }
    ground["contours"] = {"z": {"show": True, "color": "#888888", "width": 1}}
    lines = []
    for path in trajectories:
        inside = _inside(path.points[: step + 1], surface.window)
        count = len(path.points[: step + 1]) if inside is None else inside
        kept = sorted({*range(0, count, max(1, math.ceil(count / 300))), max(0, count - 1)})
        points, values = path.points[kept], path.values[kept]
        lift = 0.01 * float(height(grid).max() - height(grid).min())  # a hair above the ground, or the surface swallows it
        lines.append(
            {
                "type": "scatter3d",
                "mode": "lines+markers",
                "name": names[path.optimizer],
                "x": _rounded(points[:, 0]),
                "y": _rounded(points[:, 1]),
                "z": _rounded(height(values) + lift),
                "line": {"color": OPTIMIZERS[path.optimizer].colour, "width": 6},
                "marker": {"size": [0] * (len(kept) - 1) + [5], "color": OPTIMIZERS[path.optimizer].colour, "line": {"width": 0}},
            }
        )
    layout = {
        "scene": {
            "xaxis": {"title": {"text": "x"}, "range": [left, right]},
            "yaxis": {"title": {"text": "y"}, "range": [bottom, top]},
            "zaxis": {"title": {"text": labels["height"]}},
            "camera": {"eye": {"x": 1.5, "y": -1.5, "z": 1.1}},
        },
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "legend": {"orientation": "h"},
        "uirevision": "arena",
    }
    return {"data": [ground, *lines], "layout": layout}


def _inside(points: Tensor, window: Window) -> int | None:
    """How many points there are before the path leaves the window; None where it stays."""
    left, right, bottom, top = window
    x, y = points.unbind(1)
    outside = ~((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    return int(outside.nonzero()[0]) if outside.any() else None


def _rounded(values: Tensor) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]
