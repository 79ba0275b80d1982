"""Page Optimizer arena: controls, presets, panels, links."""

import base64
import inspect
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.jobs import JobService
from core.optimizers import NAMES, OPTIMIZERS, accumulation
from core.optimizers.races import FIRST, PRESETS
from core.optimizers.trajectories import SURFACES, trajectory
from pages.app.services import jobs
from pages.panels.optimizers import paths
from pages.panels.optimizers.paths import Racer
from pages.shared.computed import latest
from tests.conftest import Lab
from tests.support.processes import wait
from tests.support.visit import (
    PATIENCE,
    choose,
    errors,
    healthy,
    open_tab,
    press,
    shows,
    texts,
    until,
    visit,
    words,
)

TEXT = words("optimizers")


def data_of(at: AppTest, key: str) -> dict[str, Any]:
    """Data given to one of our components."""
    return dict(json.loads(at.get_by_key(key).proto.json))


def points_of(at: AppTest) -> np.ndarray:
    data = data_of(at, "optimizers.race")
    return np.frombuffer(base64.b64decode(data["points"]), "<f4").reshape(
        len(data["paths"]), data["steps"] + 1, 2
    )


def names_of(at: AppTest) -> list[str]:
    return [path["key"] for path in data_of(at, "optimizers.race")["paths"]]


def test_the_first_race_is_torchs(lab: Lab) -> None:
    at = visit("optimizers")
    assert names_of(at) == list(FIRST)
    for index, name in enumerate(FIRST):
        expected = trajectory(name, "saddle", (1.0, 1e-3), 400, lr=0.01)
        assert np.array_equal(points_of(at)[index], expected.points.numpy())
    data = data_of(at, "optimizers.race")
    assert {path["key"]: path["left"] for path in data["paths"]} == {
        "sgd": 349,
        "momentum": 72,
        "rmsprop": 17,
        "adam": 77,
    }
    assert len(json.dumps(data)) < 400_000
    assert any("RMSprop (17), SGD + momentum (72), Adam (77), SGD (349)" in line for line in texts(at))
    # x² − y² has no bottom: who is beyond a million there has fallen
    assert any(TEXT("outcome.fell", names="SGD + momentum") in line for line in texts(at))
    assert not any("**Diverged**" in line for line in texts(at))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_controls(lab: Lab, name: str) -> None:
    race = PRESETS[name]
    at = press(choose(visit("optimizers"), "optimizers.noise", 3.0), f"optimizers.preset.{name}")
    assert names_of(at) == [key for key in OPTIMIZERS if key in race.optimizers]
    hyper = {} if race.lr is None else {"lr": race.lr}
    for index, key in enumerate(names_of(at)):
        expected = trajectory(key, race.surface, race.start, race.steps, noise=race.noise, **hyper)
        assert np.array_equal(points_of(at)[index], expected.points.numpy(), equal_nan=True)
    assert at.get_by_key("optimizers.surface").value == race.surface
    assert TEXT(f"preset.{name}.help") in texts(at)


def test_on_the_ridge_nobody_leaves_and_nothing_diverges(lab: Lab) -> None:
    at = press(visit("optimizers"), "optimizers.preset.axis")
    assert np.abs(points_of(at)[..., 1]).max() == 0
    assert TEXT("outcome.not_left", names=", ".join(NAMES.values()), steps=400) in texts(at)


@pytest.mark.clock
def test_a_long_race_is_a_job_and_fits_the_wire(lab: Lab) -> None:
    at = press(visit("optimizers"), "optimizers.preset.axis")
    choose(at, "optimizers.y", 1e-3)
    choose(at, "optimizers.steps", 2000)
    assert not shows(at, "optimizers.race") and shows(at, "optimizers.raced.stop")
    until(at, lambda at: shows(at, "optimizers.race"))
    assert points_of(at).shape == (10, 2001, 2)
    for index, name in enumerate(OPTIMIZERS):
        expected = trajectory(name, "saddle", (1.0, 1e-3), 2000, lr=0.01)
        assert np.array_equal(points_of(at)[index], expected.points.numpy(), equal_nan=True)
    assert len(at.get_by_key("optimizers.race").proto.json) < 400_000
    assert not any(lab.runs.glob("*/events.jsonl"))  # taken, and thrown away


@pytest.mark.parametrize(
    ("picked", "steps", "here"), [(["sgd", "momentum"], 2000, True), (["nadam", "radam"], 1500, False)]
)
def test_the_rules_of_the_racers_decide_where_they_are_computed(
    lab: Lab, picked: list[str], steps: int, here: bool
) -> None:
    """RAdam takes eight times as long as SGD."""
    at = choose(visit("optimizers"), "optimizers.picked", picked)
    choose(at, "optimizers.steps", steps)
    assert shows(at, "optimizers.race") == here and shows(at, "optimizers.raced.stop") != here


@pytest.mark.clock
def test_a_long_race_that_nobody_waits_for_is_thrown_away(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    at = visit("optimizers", optimizers__steps="1500")
    choose(at, "optimizers.steps", 100)
    assert shows(at, "optimizers.race") and not shows(at, "optimizers.raced.stop")
    left = next(lab.runs.glob("*/spec.json")).parent
    until(at, lambda at: not jobs().get(left.name).active)
    monkeypatch.setattr(paths, "STALE", 0.0)
    choose(at, "optimizers.steps", 2000)
    assert not left.exists()
    until(at, lambda at: shows(at, "optimizers.race"))


def test_a_changed_racer_alone_is_computed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compute = Racer.path
    monkeypatch.setattr(Racer, "path", lambda racer: made.append(racer.optimizer) or compute(racer))
    at = visit("optimizers")
    assert made == list(FIRST)
    choose(at, "optimizers.steps", 1000)  # 0.05 s, which the server computes itself
    choose(at, "optimizers.adam.beta1", 0.5)
    assert made == [*FIRST, *FIRST, "adam"]
    other = visit("optimizers", optimizers__steps="1000", optimizers__adam__beta1="0.5")
    assert made == [*FIRST, *FIRST, "adam"]  # a path serves all sessions
    assert np.array_equal(points_of(other), points_of(at), equal_nan=True)


def test_no_more_paths_are_kept_than_agreed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MOST", 4)
    at = choose(visit("optimizers"), "optimizers.picked", list(FIRST))
    choose(at, "optimizers.lr", 0.02)
    choose(at, "optimizers.lr", 0.03)
    assert {dict(racer.hyper)["lr"] for racer in paths._kept()} == {0.03}


def test_a_folder_of_another_server_leaves_the_race_to_this_one(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobService, "read_only", property(lambda service: True))
    at = visit("optimizers", optimizers__steps="2000")
    assert points_of(at).shape == (4, 2001, 2)


def test_settings_reach_torch(lab: Lab) -> None:
    at = choose(visit("optimizers"), "optimizers.picked", ["adam"])
    choose(at, "optimizers.adam.beta1", 0.5)
    choose(at, "optimizers.surface", "himmelblau")
    assert at.get_by_key("optimizers.x").value == SURFACES["himmelblau"].start[0]
    choose(at, "optimizers.x", -1.5)
    choose(at, "optimizers.noise", 0.5)
    choose(at, "optimizers.seed", 7)
    expected = trajectory("adam", "himmelblau", (-1.5, 0.0), 400, noise=0.5, seed=7, lr=0.01, beta1=0.5)
    assert np.array_equal(points_of(at)[0], expected.points.numpy())
    choose(at, "optimizers.rate", "own")
    expected = trajectory("adam", "himmelblau", (-1.5, 0.0), 400, noise=0.5, seed=7, beta1=0.5)
    assert np.array_equal(points_of(at)[0], expected.points.numpy())
    choose(at, "optimizers.picked", [])
    assert TEXT("nobody_picked") in texts(at)


def test_a_start_from_the_map_reaches_the_race(lab: Lab) -> None:
    at = visit("optimizers")  # set as a click's callback would; the browser test clicks
    at.session_state["optimizers.x"], at.session_state["optimizers.y"] = 0.5, -0.25
    assert np.allclose(points_of(healthy(at.run()))[:, 0], [0.5, -0.25])


@pytest.mark.parametrize(
    "sent", [None, "x", [1], [1, 2, 3], [True, 1], [float("nan"), 0], [1e9, 0], ["1", 2], {"x": 1}]
)
def test_what_a_browser_sends_as_a_start_is_checked(sent: object) -> None:
    from pages.panels.optimizers.canvases import chosen_point

    assert chosen_point(sent) is None
    assert chosen_point([1, -0.5]) == (1.0, -0.5)


def test_a_list_has_the_punctuation_of_its_language(lab: Lab) -> None:
    first = "RMSprop（17）、SGD + momentum（72）、Adam（77）、SGD（349）。**一直下落**：SGD + momentum。"
    assert any(first in line for line in texts(visit("optimizers", "zh")))


def test_a_link_restores_the_race(lab: Lab) -> None:
    link = {
        "surface": "ravine",
        "x": "-4",
        "y": "1.5",
        "steps": "80",
        "lr": "0.2",
        "noise": "0.1",
        "seed": "3",
    }
    at = visit("optimizers", "zh", **{f"optimizers__{name}": value for name, value in link.items()})
    for index, name in enumerate(FIRST):
        expected = trajectory(name, "ravine", (-4, 1.5), 80, noise=0.1, seed=3, lr=0.2)
        assert np.array_equal(points_of(at)[index], expected.points.numpy())


def test_a_link_out_of_range_falls_back_with_a_sentence(lab: Lab) -> None:
    link = {
        "surface": "<script>",
        "x": "nan",
        "y": "1e9",
        "steps": "100000",
        "lr": "0",
        "noise": "-1",
        "seed": "x",
        "rate": "free",
    }
    at = visit("optimizers", **{f"optimizers__{name}": value for name, value in link.items()})
    assert {line.split(" is ")[0] for line in errors(at)} == {"x", "y", "steps", "lr", "noise", "seed"}
    assert data_of(at, "optimizers.race")["steps"] == 400
    assert "<script>" not in str(at.query_params)


def test_in_three_dimensions_up_to_the_moment(lab: Lab) -> None:
    at = choose(visit("optimizers"), "optimizers.solid", True)
    at.session_state["optimizers.moment"] = 10
    figure = json.loads(healthy(at.run()).get("plotly_chart")[0].proto.spec)
    assert [trace["type"] for trace in figure["data"]] == ["surface"] + ["scatter3d"] * 4
    assert len(figure["data"][1]["x"]) == 11
    assert all(abs(value) <= 1.5 for trace in figure["data"][1:] for value in trace["y"])
    assert data_of(at, "optimizers.race")["follow"] is True
    assert data_of(visit("optimizers", optimizers__solid="true"), "optimizers.race")["follow"] is True


@pytest.mark.parametrize("language", ["en", "zh"])
def test_step_by_step(lab: Lab, language: str) -> None:
    text = words("optimizers", language)
    at = open_tab(visit("optimizers", language), "optimizers.tab", text("tab.step"))
    for name in OPTIMIZERS:
        choose(at, "optimizers.one", name)
        assert any(text("term.step") in line for line in texts(at))
        assert data_of(at, "optimizers.arrows")["arrows"]
    choose(at, "optimizers.one", "adam")
    press(at, "optimizers.next")
    press(at, "optimizers.next")
    assert at.get_by_key("optimizers.t").value == 3
    expected = trajectory("adam", "saddle", (1.0, 1e-3), 3, lr=0.01).points[-1].tolist()
    arrow = data_of(at, "optimizers.arrows")["arrows"][-1]
    assert arrow["to"] == pytest.approx(expected)
    press(at, "optimizers.preset.ravine")
    assert text("surface.ravine") in next(line for line in texts(at) if "x = -5" in line)


def test_a_step_beyond_the_end_is_called_diverged(lab: Lab) -> None:
    at = press(visit("optimizers"), "optimizers.preset.ravine")
    open_tab(at, "optimizers.tab", TEXT("tab.step"))
    choose(at, "optimizers.one", "nesterov")
    choose(at, "optimizers.t", 60)
    assert TEXT("step.diverged", step=60) in texts(at)


def test_the_tutorials_momentum_is_a_tenth(lab: Lab) -> None:
    at = open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.momenta"))
    assert TEXT("momenta.ratio", ratio="10", expected="10") in texts(at)
    assert TEXT("momenta.steps", torch="-0.1, -0.29, -0.561", tutorial="-0.01, -0.029, -0.0561") in texts(at)
    choose(at, "optimizers.matched", True)
    assert TEXT("momenta.matched", ratio="1", expected="10") in texts(at)
    choose(at, "optimizers.stream", "turning")
    choose(at, "optimizers.beta", 0.5)
    assert TEXT("momenta.matched", ratio="1", expected="2") in texts(at)


def test_the_table_of_optimizers_and_the_code(lab: Lab) -> None:
    at = open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.choose"))
    assert len(at.latex) == len(OPTIMIZERS) + 1
    rules = [box for box in at.expander if "torch.optim" in box.label]
    assert [box.proto.expanded for box in rules] == [True] + 9 * [False]
    for box, kind in zip(rules, OPTIMIZERS.values(), strict=True):
        signature = inspect.signature(getattr(torch.optim, kind.torch_class)).parameters
        told = re.search(re.escape(TEXT("defaults", values="@")).replace("@", "(.*)"), box.markdown[0].value)
        assert told
        for key, value in (part.split(" = ") for part in told[1].split(", ")):
            beta = key in ("beta1", "beta2")
            default = signature["betas"].default[key == "beta2"] if beta else signature[key].default
            assert float(value) == default, (box.label, key)
        assert ("= 0.9" in box.markdown[0].value.replace(told[1], "")) == ("SGD +" in box.label)
    assert TEXT("adamw") in rules[list(OPTIMIZERS).index("adamw")].markdown[0].value


def test_adamw_without_weight_decay_is_called_adam(lab: Lab) -> None:
    at = choose(visit("optimizers"), "optimizers.picked", ["adam", "adamw"])
    assert TEXT("adamw") not in texts(at)
    assert TEXT("adamw") in texts(choose(at, "optimizers.adamw.weight_decay", 0.0))


def test_the_code_lies_in_parts(lab: Lab) -> None:
    at = open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.code"))
    assert any(code.value.startswith("def trajectory(") for code in at.code)
    parts = [box for box in at.expander if box.code]
    assert [box.label.split(" · ")[0] for box in parts] == [
        "**Walk**",
        "**Update**",
        "**trajectory**",
        "**Surface**",
        "**step_terms**",
        "**accumulated**",
    ]
    assert [box.proto.expanded for box in parts] == [True] + 5 * [False]


def test_the_code_of_the_sums_runs(lab: Lab) -> None:
    at = open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.code"))
    names: dict[str, Any] = vars(accumulation) | {"accumulated": None}
    exec(next(code.value for code in at.code if code.value.startswith("def accumulated(")), names)
    assert names["accumulated"](3, "forgotten") == accumulation.accumulated(3, "forgotten")


def table(at: AppTest, index: int) -> list[list[str]]:
    return [list(row) for row in at.table[index].value.astype(str).to_numpy()]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_gradients_add_up_without_zero_grad(lab: Lab, language: str) -> None:
    text = words("optimizers", language)
    at = visit("optimizers", language, optimizers__tab__open="zero_grad")
    assert [row[1:] for row in table(at, 0)] == [
        ["", "`None`"],
        ["−7", "**−7**"],
        ["−2.5", "**−9.5**"],
        ["−6", "**−15.5**"],
        ["−8.5", "**−24**"],
    ]
    terms = "(−7) + (−2.5) + (−6) + (−8.5)"
    assert text("adding.told.forgotten", terms=terms, grad="−24", ratio="4") in texts(at)
    assert [row[1:3] for row in table(at, 1)] == [["−24", "1 → 4.6"], ["−6", "1 → 1.9"]]
    choose(at, "optimizers.adding", "cleared")
    after = [row[2] for row in table(at, 0)[1:]]
    assert after[::2] == ["`None`"] * 4
    assert after[1::2] == ["**−7**", "**−2.5**", "**−6**", "**−8.5**"]
    assert text("adding.told.cleared", grad="−8.5") in texts(at)
    choose(at, "optimizers.adding", "divided")
    assert [row[1] for row in table(at, 1)] == ["−6", "−6"]
    assert any("**0**" in line for line in texts(at))
    choose(at, "optimizers.calls", 3)
    assert [row[1] for row in table(at, 1)] == ["−5.1667", "−5.1667"]
    choose(choose(at, "optimizers.adding", "forgotten"), "optimizers.calls", 1)
    assert text("adding.told.forgotten", terms="(−7)", grad="−7", ratio="1") in texts(at)


def test_zero_grad_leaves_none(lab: Lab) -> None:
    at = visit("optimizers", optimizers__tab__open="zero_grad")
    assert [row[1:] for row in table(at, 2)] == [["`None`", "0"], ["`tensor(0.)`", "0.945"]]
    assert "AttributeError: 'NoneType' object has no attribute 'norm'" in at.code[0].value


def test_a_link_to_the_sums_is_restored_and_checked(lab: Lab) -> None:
    def linked(**link: str) -> AppTest:
        link = {"tab__open": "zero_grad", **link}
        return visit("optimizers", **{f"optimizers__{name}": value for name, value in link.items()})

    at = linked(adding="divided", calls="2")
    assert [row[1] for row in table(at, 0)[1:]] == ["−3.5", "−1.25"]
    for calls in ("99", "0", "nan", "<b>", "1e400"):
        at = linked(calls=calls)
        assert len(errors(at)) == 1
        assert len(table(at, 0)) == 5
    assert linked(adding="<script>").get_by_key("optimizers.adding").value == "forgotten"


@pytest.mark.clock
def test_who_wins_is_computed_as_a_job(lab: Lab) -> None:
    at = press(open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.who")), "optimizers.ranking")
    until(at, lambda at: any("160 cells" in line for line in texts(at)))
    data = data_of(at, "optimizers.ranked")
    assert np.array(data["steps"]).shape == (10, 10, 16)
    again = open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.who"))  # kept for everybody
    assert data_of(again, "optimizers.ranked")["steps"] == data["steps"]


@pytest.mark.clock
def test_whoever_stops_waiting_ends_nothing_that_another_waits_for(lab: Lab) -> None:
    ann, bob = (open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.who")) for _ in range(2))
    press(ann, "optimizers.ranking")
    bob.run()
    assert shows(bob, "optimizers.ranking.stop")
    press(ann, "optimizers.ranking.stop")
    assert shows(ann, "optimizers.ranking") and not shows(ann, "optimizers.ranking.stop")
    run = latest("ranking", {"surface": "saddle"})
    assert run is not None and run.active
    press(ann, "optimizers.ranking")  # and waits again
    assert shows(ann, "optimizers.ranking.stop")
    press(ann, "optimizers.ranking.stop")
    press(bob, "optimizers.ranking.stop")
    wait(lambda: jobs().get(run.id).state == "cancelled", PATIENCE)


@pytest.mark.clock
def test_the_loss_plane(trained: Lab) -> None:
    at = open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.plane"))
    press(at, "optimizers.slice")
    until(at, lambda at: any("21 × 21" in line for line in texts(at)))
    assert data_of(at, "optimizers.loss")["lines"] == []
    run = next(option for option in at.get_by_key("optimizers.laid").options if "#2 ·" in option)
    at.get_by_key("optimizers.laid").select(run)
    healthy(at.run())
    assert len(data_of(at, "optimizers.loss")["lines"][0]["points"]) == 3
    assert any("< 0.1" in line or "out of 62,006 hold only" in line for line in texts(at))


@pytest.mark.clock
def test_a_runs_own_plane_holds_its_way(trained: Lab) -> None:
    at = open_tab(visit("optimizers"), "optimizers.tab", TEXT("tab.plane"))
    options = at.get_by_key("optimizers.plane").options
    at.get_by_key("optimizers.plane").select(next(option for option in options if "#1 ·" in option))
    healthy(at.run())
    assert errors(at) == [words("errors")("slice_checkpoints", found=2)]  # before training, and one epoch
    at.get_by_key("optimizers.plane").select(next(option for option in options if "#2 ·" in option))
    healthy(at.run())
    press(at, "optimizers.slice")
    until(at, lambda at: any("**100.0%**" in line for line in texts(at)))  # three points lie in a plane
    points = data_of(at, "optimizers.loss")["lines"][0]["points"]
    assert len(points) == 3 and np.allclose(points[-1], 0)
