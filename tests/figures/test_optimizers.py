"""core.figures.optimizers: the browser decodes what torch computed, and arrows end where the step does."""

import base64
import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch

from core.figures import optimizers as figures
from core.figures.optimizers import field, momenta_chart, paths, step_map, surface_field
from core.figures.palette import OPTIMIZERS, VALIDATION
from core.optimizers.momenta import momenta
from core.optimizers.step_terms import StepTerms, step_terms
from core.optimizers.surfaces import SURFACES
from core.optimizers.table import OPTIMIZERS as ALL
from core.optimizers.trajectories import trajectory
from tests.figures.options import by_name, chart, colour, sent, words

WINDOW = (-2.0, 3.0, -1.0, 1.5)
NAMES = {name: name.upper() for name in OPTIMIZERS}
ARROWS = {name: name.upper() for name in ("memory", "gradient", "decay", "plain", "step")}
MOMENTA = {name: name.upper() for name in ("step", "position", "torch", "tutorial")}


def decoded(drawn: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The grid [rows from bottom, columns] of values that the browser reads from the 16-bit levels."""
    levels = np.frombuffer(base64.b64decode(drawn["values"]), "<u2").astype(float)
    scaled = drawn["low"] + levels / 65535 * (drawn["high"] - drawn["low"])
    return (np.expm1(scaled) + drawn["lowest"] if drawn["log"] else scaled).reshape(drawn["size"], -1)


def floats(block: str) -> torch.Tensor:
    """Little-endian float32 numbers."""
    return torch.from_numpy(np.frombuffer(base64.b64decode(block), "<f4").copy())


@pytest.mark.parametrize("log", [False, True])
def test_a_field_keeps_its_values(log: bool) -> None:
    values = torch.tensor([[-3.0, 0.0, 5.0], [1.0, 2.0, 40.0], [0.5, 7.0, 9.0]])
    drawn = sent(field(values, WINDOW, log=log))
    assert decoded(drawn) == pytest.approx(values.numpy(), abs=43 * 1e-4)
    assert (drawn["size"], drawn["window"], drawn["log"]) == (3, list(WINDOW), log)
    assert drawn["lowest"] == -3
    assert (drawn["low"], drawn["high"]) == pytest.approx((0, math.log(44)) if log else (-3, 40))


def test_the_lowest_value_may_lie_between_the_points() -> None:
    values = torch.tensor([[2.0, 5.0], [3.0, 40.0]])
    drawn = field(values, WINDOW, log=True, lowest=0.5)
    assert drawn["lowest"] == 0.5 and drawn["low"] == pytest.approx(math.log(2.5))
    assert decoded(drawn) == pytest.approx(values.numpy(), abs=0.01)
    assert field(values, WINDOW, log=True, lowest=2.5)["lowest"] == 2  # but not above any of them


def test_a_flat_field() -> None:
    drawn = sent(field(torch.full((4, 4), 3.0), WINDOW, log=False))
    assert decoded(drawn).tolist() == [[3.0] * 4] * 4
    assert not decoded(sent(field(torch.zeros(2, 2), WINDOW, log=True))).any()


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_from_the_bottom_up(name: str) -> None:
    surface = SURFACES[name]
    drawn = sent(surface_field(surface))
    left, right, bottom, top = drawn["window"]
    assert (left, right, bottom, top) == surface.window
    across, up = np.meshgrid(np.linspace(left, right, drawn["size"]), np.linspace(bottom, top, drawn["size"]))
    values = surface.value(torch.from_numpy(across), torch.from_numpy(up)).numpy()
    close = {"rel": 2e-3, "abs": 2e-3} if surface.log else {"abs": 1e-4 * np.ptp(values)}
    assert decoded(drawn) == pytest.approx(values, **close)
    assert drawn["log"] is surface.log
    goals = [float(surface.value(*torch.tensor(goal))) for goal in surface.goals]
    assert drawn["lowest"] == pytest.approx(min([values.min(), *goals]), abs=1e-6)


def test_a_surface_over_another_window() -> None:
    drawn = surface_field(SURFACES["rosenbrock"], (2.0, 3.0, -1.0, -0.5), 4)
    assert (drawn["size"], drawn["window"]) == (4, (2.0, 3.0, -1.0, -0.5))
    assert decoded(drawn)[0, 0] == pytest.approx(1 + 100 * 25, rel=1e-3)  # bottom left: x = 2, y = -1
    assert decoded(drawn)[-1, 0] == drawn["lowest"] == pytest.approx(1 + 100 * 4.5**2)  # the goal is far away


def test_paths_come_bit_by_bit_in_their_order() -> None:
    ran = [
        trajectory(name, "bounded-saddle", (1.5, 1e-3), 60, lr=0.05) for name in ("adam", "momentum", "sgd")
    ]
    drawn = sent(paths(ran, NAMES))
    assert drawn["steps"] == 60
    assert torch.equal(floats(drawn["points"]).view(3, 61, 2), torch.stack([path.points for path in ran]))
    assert torch.equal(floats(drawn["values"]).view(3, 61), torch.stack([path.values for path in ran]))
    for path, row in zip(ran, drawn["paths"], strict=True):
        assert (row["key"], row["name"]) == (path.optimizer, path.optimizer.upper())
        assert row["mark"] == sent(asdict(OPTIMIZERS[path.optimizer]))
        left = [step for step, (_, y) in enumerate(path.points.tolist()) if abs(y) > 1]
        assert row["left"] == next(iter(left), None)
        near = [
            step
            for step, (x, y) in enumerate(path.points.tolist())
            if min(math.hypot(x, y - math.sqrt(2)), math.hypot(x, y + math.sqrt(2))) < 0.1
        ]
        assert row["reached"] == next(iter(near), None)
        assert row["diverged"] is None
    assert {row["left"] is None for row in drawn["paths"]} == {True, False}  # sgd is slow
    assert [(point["kind"], point["x"], point["y"]) for point in drawn["flat"]] == [
        ("saddle", 0, 0),
        ("minimum", 0, -math.sqrt(2)),
        ("minimum", 0, math.sqrt(2)),
    ]
    assert drawn["minima"] == [[0, -math.sqrt(2)], [0, math.sqrt(2)]]


def test_a_diverged_path_can_be_sent() -> None:
    ran = trajectory("sgd", "rosenbrock", (-1.2, 1.0), 30, lr=1.0)
    drawn = sent(paths([ran], NAMES))
    assert drawn["paths"][0]["diverged"] == ran.diverged_at and 0 < drawn["paths"][0]["diverged"] < 30
    assert drawn["paths"][0]["fell"] is ran.fell is False
    assert not floats(drawn["points"]).isfinite().all()


def test_a_path_of_no_step() -> None:
    drawn = sent(paths([trajectory("adam", "saddle", (1.0, 0.5), 0)], NAMES))
    assert drawn["steps"] == 0 and floats(drawn["points"]).tolist() == [1.0, 0.5]
    assert floats(drawn["values"]).tolist() == [0.75]


def ends_of(arrow: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Where an arrow begins and ends."""
    return list(arrow["from"]), list(arrow["to"])


@pytest.mark.parametrize("optimizer", ALL)
def test_the_summands_laid_end_to_end_are_the_step(optimizer: str) -> None:
    terms = step_terms(optimizer, "beale", (1.0, 1.5), 3)
    plain, *parts, step = sent(step_map(terms, "beale", ARROWS))["arrows"]
    before, after = list(terms.before), list(terms.after)
    assert plain["from"] == before
    assert np.subtract(plain["to"], before) == pytest.approx(terms.plain)
    assert (step["from"], step["to"]) == (before, pytest.approx(after))
    assert (plain["label"], step["label"]) == ("PLAIN", "STEP")
    if len(terms.parts) == 1:
        assert parts == []
        return
    assert [part["label"] for part in parts] == [name.upper() for name in terms.parts]
    assert [part["from"] for part in parts] == [before, *(part["to"] for part in parts[:-1])]
    assert [np.subtract(*reversed(ends_of(part))) for part in parts] == [
        pytest.approx(part) for part in terms.parts.values()
    ]
    assert parts[-1]["to"] == pytest.approx(after, rel=1e-4)


def test_arrows_differ_in_colour_and_the_step_is_the_thickest() -> None:
    terms = step_terms("adamw", "beale", (1.0, 1.5), 3)
    drawn = sent(step_map(terms, "beale", ARROWS))
    plain, *parts, step = drawn["arrows"]
    assert len({arrow["colour"] for arrow in (plain, *parts)}) == 4
    assert {part["label"].lower(): part["colour"] for part in (plain, *parts)} == figures.PARTS
    assert step["colour"] == ""  # the browser's text colour
    assert plain["dash"] and not any(arrow["dash"] for arrow in (*parts, step))
    assert plain["width"] < min(part["width"] for part in parts) < step["width"]
    assert {arrow["label"] for arrow in drawn["arrows"]} == {*ARROWS.values()}


@pytest.mark.parametrize("optimizer", ALL)
def test_the_map_is_a_square_around_the_step(optimizer: str) -> None:
    terms = step_terms(optimizer, "rosenbrock", (-1.2, 1.0), 5)
    drawn = sent(step_map(terms, "rosenbrock", ARROWS))
    left, right, bottom, top = drawn["field"]["window"]
    x, _ = terms.before
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx(terms.before)
    assert right - left == pytest.approx(top - bottom)
    longest = max(
        math.dist(*ends_of(arrow)) for arrow in drawn["arrows"] if arrow["label"] != "PLAIN"
    )  # SGD's may be a thousand times as long
    assert right - x == pytest.approx(1.5 * longest)
    values = SURFACES["rosenbrock"].value(torch.tensor([left, right]), torch.tensor([bottom, bottom]))
    assert decoded(drawn["field"])[0, [0, -1]] == pytest.approx(values.numpy(), rel=1e-2, abs=1e-2)


def test_a_step_of_nothing_has_a_map_too() -> None:
    drawn = sent(step_map(step_terms("sgd", "ravine", (0.0, 0.0), 1), "ravine", ARROWS))
    left, right, _, _ = SURFACES["ravine"].window
    assert drawn["field"]["window"] == pytest.approx([-(right - left) / 10, (right - left) / 10] * 2)
    assert all(arrow["from"] == arrow["to"] == [0, 0] for arrow in drawn["arrows"])


def test_the_trail_ends_at_the_optimizers_mark() -> None:
    terms = step_terms("nadam", "saddle", (1.0, 1e-3), 251)
    drawn = sent(step_map(terms, "saddle", ARROWS))
    (trail,) = drawn["lines"]
    assert trail["points"] == [list(point) for point in terms.trail[51:]]  # the last 200
    assert trail["points"][-1] == [drawn["mark"]["x"], drawn["mark"]["y"]] == list(terms.before)
    mark = OPTIMIZERS["nadam"]
    assert (trail["colour"], trail["dash"]) == (mark.colour, list(mark.dash))
    assert trail["dots"] is False and trail["label"] == ""
    assert (drawn["mark"]["colour"], drawn["mark"]["shape"]) == (mark.colour, mark.shape)
    assert drawn["flat"] == [asdict(point) for point in SURFACES["saddle"].flat]


def test_every_step_of_every_optimizer_is_told_apart() -> None:
    seen: list[StepTerms] = [
        step_terms(name, "saddle", (1.0, 0.5), step) for name in ("sgd", "adam") for step in (1, 2)
    ]
    assert len({step_map(terms, "saddle", ARROWS)["id"] for terms in seen}) == 4


def test_positions_under_both_momenta() -> None:
    both = momenta([1.0] * 5, 0.1, 0.9)
    option = chart(momenta_chart(both, MOMENTA))
    velocity = np.cumsum(0.9 ** np.arange(5))  # 1, 1.9, 2.71 ...
    torchs, tutorials = by_name(option)["TORCH"], by_name(option)["TUTORIAL"]
    assert [step for step, _ in torchs["data"]] == [step for step, _ in tutorials["data"]] == [*range(6)]
    expected = np.concatenate([[0], -0.1 * np.cumsum(velocity)])
    assert [at for _, at in torchs["data"]] == pytest.approx(expected, rel=1e-5)
    assert [at for _, at in tutorials["data"]] == pytest.approx(0.1 * expected, rel=1e-5)
    assert (colour(torchs), colour(tutorials)) == (OPTIMIZERS["momentum"].colour, VALIDATION)
    assert tutorials["lineStyle"]["type"] == "dashed"  # seen where both are the same
    assert tutorials["lineStyle"]["width"] > torchs["lineStyle"]["width"]
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("STEP", "POSITION")
    assert option["yAxis"]["scale"] is True and "max" not in option["yAxis"]
    assert words(option) == {*MOMENTA.values()}
