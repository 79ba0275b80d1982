"""The arena as data for the browser: a surface as levels, paths as float32, one step as arrows.

Also a chart of two momenta.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.figures.echarts import Option, base, line
from core.figures.palette import OPTIMIZERS, VALIDATION
from core.optimizers.momenta import Momenta
from core.optimizers.step_terms import StepTerms
from core.optimizers.surfaces import SURFACES, Frame, Surface
from core.optimizers.trajectories import Trajectory

GRID = 80  # points a side; the browser interpolates
LEVELS = 65535
Drawn = dict[str, Any]


def field(values: Tensor, window: Frame, *, log: bool, lowest: float | None = None) -> Drawn:
    """Encode a grid [size, size] of finite values, rows from bottom to top.

    The values become 16-bit levels on the scale of the grid's contours.
    """
    bottom = float(values.min()) if lowest is None else min(lowest, float(values.min()))
    scaled = torch.log1p(values.double() - bottom) if log else values.double()
    low, high = float(scaled.min()), float(scaled.max())
    levels = ((scaled - low) / ((high - low) or 1.0) * LEVELS).round()
    packed = _base64(levels.numpy().astype("<u2"))
    return {
        "values": packed,
        "size": len(values),
        "window": window,
        "low": low,
        "high": high,
        "lowest": bottom,
        "log": log,
    }


def surface_field(surface: Surface, window: Frame | None = None, size: int = GRID) -> Drawn:
    """Encode a surface over its own window, or over another one."""
    lowest = None
    if surface.goals and window is None:
        x, y = torch.tensor(surface.goals).unbind(1)
        lowest = float(surface.value(x, y).min())
    return field(surface.field(size, window), window or surface.window, log=surface.log, lowest=lowest)


def paths(trajectories: Sequence[Trajectory], names: Mapping[str, str]) -> Drawn:
    """Encode all paths of a race: one block of points and one of values, little-endian float32, by path."""
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
                "fell": path.fell,
            }
            for path in trajectories
        ],
        "flat": [asdict(point) for point in surface.flat],
        "minima": surface.points("minimum"),
    }


def _base64(array: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


STEP_GRID = 96  # points a side of a map that is as large as a step
PARTS = {"memory": "#7b5bd6", "gradient": "#0072b2", "decay": "#8a7400", "plain": "#8c8c8c"}


def step_map(terms: StepTerms, surface: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The step as arrows: the step itself, its summands laid end to end, and the step of plain SGD.

    labels: memory, gradient, decay, plain, step.
    """
    row = SURFACES[surface]
    frame = _frame(terms, row.window)
    arrows = [_arrow(terms.before, terms.plain, PARTS["plain"], labels["plain"], dash=(5, 4), width=2)]
    at = terms.before
    if len(terms.parts) > 1:
        for name, part in terms.parts.items():
            arrows.append(_arrow(at, part, PARTS[name], labels[name], width=3))
            at = (at[0] + part[0], at[1] + part[1])
    moved = (terms.after[0] - terms.before[0], terms.after[1] - terms.before[1])
    arrows.append(_arrow(terms.before, moved, "", labels["step"], width=4))
    mark = OPTIMIZERS[terms.optimizer]
    return {
        "id": f"{terms.optimizer} {terms.step}",
        "field": surface_field(row, frame, STEP_GRID),
        "flat": [asdict(point) for point in row.flat],
        "lines": [
            {
                "points": [*terms.trail[-200:]],
                "colour": mark.colour,
                "dash": mark.dash,
                "dots": False,
                "label": "",
            }
        ],
        "arrows": arrows,
        "mark": {**asdict(mark), "x": terms.before[0], "y": terms.before[1]},
    }


def _arrow(
    start: tuple[float, float],
    by: tuple[float, float],
    colour: str,
    label: str,
    *,
    width: int,
    dash: tuple[int, ...] = (),
) -> Any:
    end = (start[0] + by[0], start[1] + by[1])
    return {"from": start, "to": end, "colour": colour, "label": label, "width": width, "dash": dash}


def _frame(terms: StepTerms, window: Frame) -> Frame:
    """Square around the step that reaches half as far again as its longest arrow.

    Where there is no step, the square is a fifth as wide as `window`.
    """
    x, y = terms.before
    reach = 1.5 * max(
        math.hypot(*part)
        for part in (
            *terms.parts.values(),
            tuple(a - b for a, b in zip(terms.after, terms.before, strict=True)),
        )
    )
    if not reach > 1e-7 * max(1.0, abs(x), abs(y)):
        reach = (window[1] - window[0]) / 10
    return (x - reach, x + reach, y - reach, y + reach)


def momenta_chart(both: Momenta, labels: Mapping[str, str]) -> Option:
    """Positions under both momenta, step by step. labels: step, position, torch, tutorial."""
    option = base(labels["step"], labels["position"])
    option["series"] = [
        line(labels["torch"], _points(both.torch.tolist()), OPTIMIZERS["momentum"].colour),
        line(
            labels["tutorial"],
            _points(both.tutorial.tolist()),
            VALIDATION,
            lineStyle={"width": 3, "type": "dashed", "color": VALIDATION},
        ),
    ]
    return option


def _points(values: list[float]) -> list[list[float]]:
    return [[step, float(f"{value:.6g}")] for step, value in enumerate(values)]
