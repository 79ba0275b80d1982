"""A sweep's cells are what its axes say, and nothing else is let in."""

import json
from dataclasses import replace
from typing import Any

import pytest

from core.errors import InputError
from core.sweeps.config import LENET, MOST_CELLS, Axis, Sweep, layer_names, repeated
from core.training.config import TrainConfig, recipe

FAST = recipe("fast", epochs=2)


def test_cells_are_every_combination_seed_by_seed() -> None:
    sweep = Sweep(FAST, (Axis("lr", (0.1, 0.01)), Axis("batch_size", (64, 128))), (4, 7))
    points = [(0.1, 64), (0.1, 128), (0.01, 64), (0.01, 128)]
    assert [(cell.point, cell.config.seed) for cell in sweep.cells] == [
        *((point, 4) for point in points),
        *((point, 7) for point in points),
    ]
    assert [cell.index for cell in sweep.cells] == list(range(8))
    for cell in sweep.cells:
        lr, batch_size = cell.point
        assert cell.config == replace(FAST, lr=lr, batch_size=batch_size, seed=cell.config.seed)
    assert [cell.config.seed for cell in sweep.group((0.01, 64))] == [4, 7]


def test_seeds_alone_are_a_sweep_without_axes() -> None:
    sweep = repeated(replace(FAST, seed=5), 3)
    assert [cell.config for cell in sweep.cells] == [replace(FAST, seed=seed) for seed in (5, 6, 7)]
    assert sweep.points == [()] and sweep.group(()) == list(sweep.cells)


def test_augmentation_is_flip_and_crop_together() -> None:
    off, on = Sweep(replace(FAST, crop=2), (Axis("augmentation", (False, True)),)).cells
    assert (off.config.flip, off.config.crop) == (False, 0) and (on.config.flip, on.config.crop) == (True, 2)
    assert Sweep(FAST, (Axis("augmentation", (True,)),)).cells[0].config.crop == 4


def test_a_width_changes_the_layer_and_what_reads_it() -> None:
    narrow, usual = Sweep(FAST, (Axis("width", (3, 6), "conv1"),)).cells
    assert narrow.config.network == LENET.replace("3,6,5", "3,3,5").replace("6,16,5", "3,16,5")
    assert usual.config.network == ""  # LeNet itself, which every page knows
    assert layer_names(FAST) == {"conv1": 6, "conv2": 16, "fc1": 120, "fc2": 84}
    own = replace(FAST, network="Flatten(),Linear(3072,8),ReLU(),Linear(8,10)")
    (cell,) = Sweep(own, (Axis("width", (5,), "fc1"),)).cells
    assert cell.config.network == "Flatten(),Linear(3072,5),ReLU(),Linear(5,10)"


def test_json_brings_a_sweep_back() -> None:
    sweep = Sweep(FAST, (Axis("width", (3, 6), "conv1"), Axis("augmentation", (True, False))), (1, 2))
    assert Sweep.from_json(json.loads(json.dumps(sweep.to_json()))) == sweep
    assert Sweep.from_json({}) == Sweep(TrainConfig())


def axes(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"base": FAST.to_json(), "axes": list(found), **more}


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (
            axes({"name": "lr", "values": [float(n) for n in range(1, 11)]}, seeds=list(range(100))),
            "sweep_cells",
        ),
        (axes({"name": "lr", "values": [0.1] * 1000}), "sweep_cells"),
        (axes(seeds=list(range(1000))), "sweep_cells"),
        (axes({"name": "momentum", "values": [0.1]}), "setting_wrong"),
        (axes({"name": ["lr"], "values": [0.1]}), "setting_wrong"),
        (axes({"name": "lr", "values": []}), "sweep_empty"),
        (axes({"name": "lr"}), "sweep_empty"),
        (axes({"name": "lr", "values": 0.1}), "sweep_empty"),
        (axes(seeds=[]), "sweep_empty"),
        (axes(seeds=5), "setting_wrong"),
        (axes(seeds=[1.5]), "setting_out_of_range"),
        (axes(seeds=[1, 1]), "sweep_twice"),
        (axes(seeds=[[1]]), "setting_out_of_range"),
        (axes({"name": "lr", "values": [0.1, 0.1]}), "sweep_twice"),
        (axes({"name": "lr", "values": [1, 1.0]}), "sweep_twice"),
        (axes({"name": "lr", "values": [0.1]}, {"name": "lr", "values": [0.2]}), "sweep_twice"),
        (axes({"name": "lr", "values": [float("nan")]}), "setting_out_of_range"),
        (axes({"name": "lr", "values": [float("inf")]}), "setting_out_of_range"),
        (axes({"name": "lr", "values": ["0.1"]}), "setting_wrong"),
        (axes({"name": "lr", "values": [None]}), "setting_wrong"),
        (axes({"name": "batch_size", "values": [0]}), "setting_out_of_range"),
        (axes({"name": "batch_size", "values": [2.5]}), "setting_out_of_range"),
        (axes({"name": "augmentation", "values": [1]}), "setting_wrong"),
        (axes({"name": "width", "values": [5]}), "setting_wrong"),
        (axes({"name": "width", "values": [5], "layer": "conv9"}), "setting_wrong"),
        (axes({"name": "width", "values": [5], "layer": "fc3"}), "setting_wrong"),
        (axes({"name": "width", "values": [True], "layer": "fc1"}), "setting_wrong"),
        (axes({"name": "width", "values": [0], "layer": "fc1"}), "shape_number"),
        (axes({"name": "width", "values": [10**9], "layer": "fc1"}), "shape_number"),
        (axes({"name": "width", "values": [50_000], "layer": "fc1"}), "network_too_large"),
        (axes({"name": "lr", "values": [1], "layer": "conv1"}), "setting_wrong"),
        (axes({"name": "lr", "values": [1], "more": 1}), "setting_unknown"),
        (axes("lr"), "setting_wrong"),  # type: ignore[arg-type]
        (axes(*[{"name": "lr", "values": [1]}] * 3), "sweep_axes"),
        (axes(more=1), "setting_unknown"),
        ([], "setting_wrong"),
        (None, "setting_wrong"),
        ({"base": {"lr": "no"}}, "setting_out_of_range"),
        ({"base": 3}, "setting_wrong"),
        ({"base": object()}, "setting_wrong"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(values: Any, key: str) -> None:
    with pytest.raises(InputError) as refusal:
        Sweep.from_json(values)
    assert refusal.value.key.startswith(key), refusal.value
    assert str(refusal.value) and refusal.value.sentence("zh")


def test_as_many_cells_as_allowed() -> None:
    assert (
        len(Sweep(FAST, (Axis("lr", tuple(n / 100 for n in range(1, 9))),), tuple(range(5))).cells)
        == MOST_CELLS
    )
    with pytest.raises(InputError, match=r"41.*40"):
        repeated(FAST, MOST_CELLS + 1)
