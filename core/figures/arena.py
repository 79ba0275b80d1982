"""What the browser draws the arena from: a surface as a grid of levels, paths as float32."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.figures.palette import OPTIMIZERS
from core.optimizers.surfaces import SURFACES, Surface, Window
from core.optimizers.trajectories import Trajectory

GRID = 80  # points a side; the browser interpolates
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
