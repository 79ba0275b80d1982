"""A race of the arena as a program of plain autograd and torch.optim that gives the same points."""

import inspect
from collections.abc import Mapping, Sequence

from core.code.optimizer import arguments, optimizer_class
from core.code.program import Program, composed
from core.code.template import call
from core.optimizers import NAMES
from core.optimizers.surfaces import SURFACES
from core.optimizers.trajectories import MOST_STEPS, Trajectory, complete

SECTIONS = ("imports", "parameters", "surface", "race", "picture")


def race_program(
    surface: str,
    start: tuple[float, float],
    steps: int,
    noise: float,
    seed: int,
    hyper: Mapping[str, Mapping[str, float]],
    language: str,
) -> Program:
    """The race as `core.optimizers.trajectories.race` runs it; comments are in the language."""
    row = SURFACES[surface]
    values = {
        "body": inspect.getsource(row.value).partition("-> Tensor:\n")[2].rstrip(),
        "log": row.log,
        "most": MOST_STEPS,
        "noise": noise,
        "racers": {NAMES[name]: _racer(name, own) for name, own in hyper.items()},
        "seed": seed,
        "start": tuple(map(float, start)),
        "steps": steps,
        "window": row.window,
    }
    return composed("race", SECTIONS, values, language, "matplotlib")


def race_printed(paths: Sequence[Trajectory]) -> str:
    """What the program prints of these paths."""
    lines = []
    for path in paths:
        x, y = path.points[-1].tolist()
        lines.append(f"{NAMES[path.optimizer]}: x = {x:.5g}, y = {y:.5g}, f(x, y) = {path.values[-1]:.5g}\n")
    return "".join(lines)


def _racer(name: str, hyper: Mapping[str, float]) -> str:
    own = complete(name, hyper)
    lr, weight_decay = own.pop("lr"), own.pop("weight_decay")
    made = call("race", [optimizer_class(name), f"lr={lr!r}", *arguments(name, own, weight_decay)])
    return made.replace("\n", "\n    ")
