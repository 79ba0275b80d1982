"""One step as arrows on a map that is as large as the step."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.figures.arena import surface_field
from core.figures.palette import OPTIMIZERS
from core.optimizers.step_terms import StepTerms
from core.optimizers.surfaces import SURFACES, Window

SIZE = 96  # points a side of the map
COLOURS = {"memory": "#7b5bd6", "gradient": "#0072b2", "decay": "#8a7400", "plain": "#8c8c8c"}


def step_map(told: StepTerms, surface: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The step, the parts it is the sum of laid end to end, and what plain SGD would do. labels: memory, gradient, decay, plain, step."""
    row = SURFACES[surface]
    frame = _frame(told, row.window)
    arrows = [_arrow(told.before, told.plain, COLOURS["plain"], labels["plain"], dash=(5, 4), width=2)]
    at = told.before
    if len(told.parts) > 1:
        for name, part in told.parts.items():
            arrows.append(_arrow(at, part, COLOURS[name], labels[name], width=3))
            at = (at[0] + part[0], at[1] + part[1])
    moved = (told.after[0] - told.before[0], told.after[1] - told.before[1])
    arrows.append(_arrow(told.before, moved, "", labels["step"], width=4))
    mark = OPTIMIZERS[told.optimizer]
    return {
        "id": f"{told.optimizer} {told.step}",
        "field": surface_field(row, frame, SIZE),
        "flat": [asdict(point) for point in row.flat],
        "lines": [{"points": [*told.trail[-200:]], "colour": mark.colour, "dash": mark.dash, "dots": False, "label": ""}],
        "arrows": arrows,
        "mark": {**asdict(mark), "x": told.before[0], "y": told.before[1]},
    }


def _arrow(start: tuple[float, float], by: tuple[float, float], colour: str, label: str, *, width: int, dash: tuple[int, ...] = ()) -> Any:
    end = (start[0] + by[0], start[1] + by[1])
    return {"from": start, "to": end, "colour": colour, "label": label, "width": width, "dash": dash}


def _frame(told: StepTerms, window: Window) -> Window:
    """Around the step, half as large again as its longest arrow; the surface's own window where there is no step."""
    x, y = told.before
    reach = 1.5 * max(
        math.hypot(*part) for part in (*told.parts.values(), tuple(a - b for a, b in zip(told.after, told.before, strict=True)))
    )
    if not reach > 1e-7 * max(1.0, abs(x), abs(y)):
        reach = (window[1] - window[0]) / 10
    return (x - reach, x + reach, y - reach, y + reach)
