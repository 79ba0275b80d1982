"""core.training.snapshots: which files of a run are offered."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from core.training import checkpoints
from core.training.config import TrainConfig
from core.training.run import Training
from core.training.snapshots import run_checkpoints
from tests.support.sample_data import made_splits, same


def epoch(step: int) -> dict[str, Any]:
    return {"type": "epoch", "step": step}


def saved(name: str, step: int) -> dict[str, Any]:
    return {"type": "checkpoint", "file": name, "step": step}


def run_folder(folder: Path, *epochs: int) -> Path:
    (folder / "weights").mkdir()
    for number in epochs:
        (folder / "weights" / f"epoch-{number:04}.safetensors").touch()
        (folder / "weights" / f"epoch-{number:04}.safetensors.sha256").write_text(f"{number:x}abc  name\n")
    return folder


@pytest.mark.parametrize("running", [True, False])
def test_a_run_without_anything(tmp_path: Path, running: bool) -> None:
    assert (
        run_checkpoints(tmp_path, [], running=running)
        == run_checkpoints(tmp_path / "no", [{"type": "attempt"}], running=running)
        == []
    )


def test_epochs_in_order_and_nothing_else(tmp_path: Path) -> None:
    run_folder(tmp_path, 10, 2, 0, 1000)
    for name in (
        "epoch-1.safetensors",
        "epoch-0003.safetensors.tmp",
        "epoch-000x.safetensors",
        "best.safetensors",
    ):
        (tmp_path / "weights" / name).touch()
    found = run_checkpoints(tmp_path, [], running=False)
    assert [(entry.name, entry.epoch) for entry in found] == [
        ("epoch-0000", 0),
        ("epoch-0002", 2),
        ("epoch-0010", 10),
        ("epoch-1000", 1000),
    ]
    assert [entry.digest for entry in found] == ["0abc", "2abc", "aabc", "3e8abc"]


def test_a_digest_that_is_not_there(tmp_path: Path) -> None:
    run_folder(tmp_path, 1)
    beside = tmp_path / "weights" / "epoch-0001.safetensors.sha256"
    for content in (b"", b"\xff", None):
        beside.unlink() if content is None else beside.write_bytes(content)
        assert run_checkpoints(tmp_path, [], running=False)[0].digest == ""


def test_where_it_was_stopped_in_mid_epoch(tmp_path: Path) -> None:
    events = [
        saved("resume-a.pt", 4),
        epoch(10),
        saved("resume-b.pt", 10),
        saved("resume-a.pt", 13),
        {"type": "end"},
    ]
    last = run_checkpoints(run_folder(tmp_path, 0, 1), events, running=False)[-1]
    assert (last.name, last.path, last.epoch, last.step) == ("last", tmp_path / "resume-a.pt", None, 13)
    assert all(entry.name != "last" for entry in run_checkpoints(tmp_path, events, running=True))
    assert [entry.name for entry in run_checkpoints(tmp_path, events[:3], running=False)] == [
        "epoch-0000",
        "epoch-0001",
    ]


def test_the_weights_of_each(tmp_path: Path) -> None:
    config = TrainConfig(epochs=1, batch_size=16)
    training = Training(config, made_splits())
    (tmp_path / "weights").mkdir()
    checkpoints.save_weights(
        tmp_path / "weights" / "epoch-0000.safetensors", training.model, config, "sketches", 0, 0, {}
    )
    before = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    training.step()
    checkpoints.save(tmp_path / "resume-a.pt", config, training.state(), "sketches")
    first, last = run_checkpoints(tmp_path, [saved("resume-a.pt", 1)], running=False)
    assert same(first.weights().state_dict, before) and same(
        last.weights().state_dict, training.model.state_dict()
    )
    assert len(first.digest) == len(last.digest) == 64
    last.path.write_bytes(b"")
    with pytest.raises(InputError) as error:
        last.weights()
    assert error.value.key == "checkpoint_damaged"
