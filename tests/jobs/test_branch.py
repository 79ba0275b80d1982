"""Branches: the weights that they begin with, what came before, and that the other run is left alone."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.dataset.splits import SPLIT_SEED, splits
from core.errors import InputError
from core.files.epochs import epoch_files
from core.jobs import ENTRIES, State
from core.jobs.branch import START, Branch
from core.jobs.events import EventLog, EventWriter
from core.jobs.history import history
from core.jobs.tasks.train import train
from core.jobs.worker.job import Job, Memory
from core.training import checkpoints
from core.training.config import TrainConfig
from core.training.run import Training
from tests.jobs.test_train import Script, data, weights_of
from tests.support.sample_data import same

__all__ = ["data"]

OLD, NEW, NEXT = (f"20260101-00000{number}-{'0' * 20}" for number in range(3))
CONFIG = TrainConfig(epochs=3, batch_size=32, lr=0.02, seed=1)
OTHER = replace(CONFIG, epochs=2, batch_size=50, optimizer="adam", lr=0.001, flip=True, weight_decay=0.001)


def attempt(
    runs: Path, run: str, data: Path, config: TrainConfig, branch: Branch | None = None, **how: Any
) -> State:
    folder = runs / run
    folder.mkdir(exist_ok=True, parents=True)
    params: dict[str, Any] = {"config": config.to_json(), "data_set": "sketches", "root_dir": str(data)}
    if branch:
        params["branch"] = branch.to_json()
    script: Any = Script(folder / "events.jsonl", how.get("order"), how.get("after", 0))
    number = how.get("number", 1)
    with EventWriter(folder / "events.jsonl", number) as events:
        return train(Job(folder, params, number, None, events, script, Memory()))


def course(runs: Path, run: str) -> Any:
    return history(EventLog(runs / run / "events.jsonl").read())


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A folder of runs with one of three epochs."""
    runs = tmp_path_factory.mktemp("runs")
    assert attempt(runs, OLD, data, CONFIG) == State.DONE
    return runs


@pytest.fixture
def runs(old: Path, tmp_path: Path) -> Path:
    shutil.copytree(old, tmp_path / "runs")
    return tmp_path / "runs"


def test_a_branch_begins_with_the_weights_of_the_epoch_and_its_own_settings(runs: Path, data: Path) -> None:
    before = {path: path.read_bytes() for path in (runs / OLD).rglob("*") if path.is_file()}
    assert attempt(runs, NEW, data, OTHER, Branch(OLD, 2)) == State.DONE
    expected = Training(OTHER, splits(data, SPLIT_SEED))
    start = checkpoints.load_weights(runs / OLD / "weights" / "epoch-0002.safetensors")
    expected.model.load_state_dict(start.state_dict)
    for _ in expected:
        pass
    assert same(weights_of(runs / NEW, OTHER), expected.model.state_dict())
    assert {path: path.read_bytes() for path in (runs / OLD).rglob("*") if path.is_file()} == before


def test_its_curve_starts_where_the_other_stood(runs: Path, data: Path) -> None:
    attempt(runs, NEW, data, OTHER, Branch(OLD, 2))
    old, new = course(runs, OLD), course(runs, NEW)
    assert new.offset == 2 and new.before == old.epochs[:2]
    assert [row.epoch for row in new.timeline] == [1, 2, 3, 4]
    assert [row.epoch for row in new.epochs] == [1, 2]
    attempt(runs, NEXT, data, replace(OTHER, epochs=1), Branch(NEW, 1))  # a branch of a branch
    last = course(runs, NEXT)
    assert last.offset == 3 and [row.epoch for row in last.timeline] == [1, 2, 3, 4]
    assert last.timeline[:3] == new.timeline[:3]


def test_from_the_start_of_a_run_it_is_a_run_with_the_same_first_weights(runs: Path, data: Path) -> None:
    attempt(runs, NEW, data, CONFIG, Branch(OLD, 0))
    assert same(weights_of(runs / NEW, CONFIG), weights_of(runs / OLD, CONFIG))
    assert course(runs, NEW).offset == 0 and course(runs, NEW).before == []


@pytest.mark.parametrize("order", ["pause", "cancel", "orphan"])
def test_in_pieces_and_without_the_other_run_it_ends_with_the_same_bits(
    runs: Path, data: Path, order: str
) -> None:
    attempt(runs, NEXT, data, OTHER, Branch(OLD, 3))
    attempt(runs, NEW, data, OTHER, Branch(OLD, 3), order=order, after=4)
    shutil.rmtree(runs / OLD)
    attempt(runs, NEW, data, OTHER, Branch(OLD, 3), number=2)
    assert same(weights_of(runs / NEW, OTHER), weights_of(runs / NEXT, OTHER))
    scores = [[row.validation_accuracy for row in course(runs, run).timeline] for run in (NEW, NEXT)]
    assert scores[0] == scores[1] and len(scores[0]) == 5


def test_with_its_checkpoints_lost_it_begins_again_where_it_began(runs: Path, data: Path) -> None:
    attempt(runs, NEXT, data, OTHER, Branch(OLD, 3))
    attempt(runs, NEW, data, OTHER, Branch(OLD, 3), order="pause", after=4)
    for path in (runs / NEW).glob("resume-*"):
        path.write_bytes(b"")
    attempt(runs, NEW, data, OTHER, Branch(OLD, 3), number=2)
    assert same(weights_of(runs / NEW, OTHER), weights_of(runs / NEXT, OTHER))
    assert course(runs, NEW).offset == 3


@pytest.mark.parametrize(
    ("branch", "key"), [(Branch(OLD, 9), "checkpoint_missing"), (Branch(NEXT, 0), "checkpoint_missing")]
)
def test_what_is_gone_is_told(runs: Path, data: Path, branch: Branch, key: str) -> None:
    with pytest.raises(InputError) as caught:
        attempt(runs, NEW, data, OTHER, branch)
    assert caught.value.key == key and not (runs / NEW / START).exists()


def test_damaged_weights_are_told_and_another_network_is_refused(runs: Path, data: Path) -> None:
    with pytest.raises(InputError) as caught:
        attempt(runs, NEW, data, replace(OTHER, network="Flatten(),Linear(3072,10)"), Branch(OLD, 1))
    assert caught.value.key == "branch_network"
    path = runs / OLD / "weights" / "epoch-0001.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(InputError) as caught:
        attempt(runs, NEXT, data, OTHER, Branch(OLD, 1))
    assert caught.value.key == "checkpoint_damaged"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        {},
        {"run": OLD},
        {"run": OLD, "epoch": "1"},
        {"run": OLD, "epoch": True},
        {"run": OLD, "epoch": -1},
        {"run": OLD, "epoch": 10**9},
        {"run": "../../etc", "epoch": 1},
        {"run": OLD, "epoch": 1, "more": 2},
        {"run": None, "epoch": 1},
    ],
)
def test_no_branch_at_all(value: Any) -> None:
    config = {"config": CONFIG.to_json(), "data_set": "sketches", "root_dir": "/"}
    with pytest.raises(InputError):
        ENTRIES["train"].checked("train", config | {"branch": value})


def test_a_branch_is_stored_as_it_was_asked_for_and_other_entries_take_none() -> None:
    params = {
        "config": CONFIG.to_json(),
        "data_set": "sketches",
        "root_dir": "/",
        "branch": {"run": OLD, "epoch": 1},
    }
    assert ENTRIES["train"].checked("train", params)["branch"] == params["branch"]
    with pytest.raises(InputError):
        ENTRIES["resuming"].checked(
            "resuming", {name: params[name] for name in ("data_set", "root_dir", "branch")}
        )


@pytest.mark.parametrize(
    "damaged", [{"epochs": None}, {"offset": "2"}, {"offset": -1}, {"epochs": [3]}, {"epochs": [{}]}]
)
def test_a_damaged_report_of_what_came_before_hides_nothing_else(damaged: dict[str, Any]) -> None:
    report = {"type": "branch", "attempt": 1, "time": 0.0, "offset": 2, "epochs": []}
    seen = history([report | damaged])
    assert seen.before in ((), []) and seen.offset in (0, 2)


def test_the_kept_epochs_of_a_folder(tmp_path: Path) -> None:
    assert epoch_files(tmp_path) == {}
    (tmp_path / "weights").mkdir()
    for name in ("epoch-0003.safetensors", "epoch-0000.safetensors", "epoch-x.safetensors", "epoch-0001.txt"):
        (tmp_path / "weights" / name).touch()
    assert list(epoch_files(tmp_path)) == [0, 3]
