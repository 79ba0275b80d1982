"""core.saving.tensorboard, read back by TensorBoard itself."""

import io
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from core.errors import InputError
from core.saving import tensorboard
from core.saving.tensorboard import FILTER_SIDE, PICTURES, export, filters
from core.training import checkpoints
from tests.support.sample_data import made_splits

EVENTS = [
    {"type": "attempt", "time": 1_000_000.0, "total_steps": 4},
    {"type": "step", "time": 1_000_001.0, "step": 1, "lr": 0.1, "loss": 2.5},
    {"type": "step", "time": 1_000_002.0, "step": 2, "lr": 0.05, "loss": None},
    {
        "type": "epoch", "time": 1_000_003.0, "epoch": 1, "step": 2,
        "train_loss": 2.25, "validation_loss": 2.0, "train_accuracy": 0.25, "validation_accuracy": 0.5,
    },
    {"type": "epoch"},
]  # fmt: skip


def read(data: bytes, folder: Path) -> EventAccumulator:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert all(name.startswith("lenet-run/events.out.tfevents.") for name in archive.namelist())
        archive.extractall(folder)
    accumulator = EventAccumulator(str(folder / "lenet-run"))
    accumulator.Reload()
    return accumulator


def test_tensorboard_reads_scalars_with_their_steps_and_times(tmp_path: Path) -> None:
    found = read(export("lenet-run", EVENTS, [], None), tmp_path)
    scalars = {
        tag: [(event.wall_time, event.step, event.value) for event in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }
    assert scalars == {
        "step/loss": [(1_000_001.0, 1, 2.5)],
        "step/lr": [(1_000_001.0, 1, pytest.approx(0.1)), (1_000_002.0, 2, pytest.approx(0.05))],
        "loss/train": [(1_000_003.0, 1, 2.25)],
        "loss/validation": [(1_000_003.0, 1, 2.0)],
        "accuracy/train": [(1_000_003.0, 1, 0.25)],
        "accuracy/validation": [(1_000_003.0, 1, 0.5)],
    }


def test_tensorboard_reads_filters_and_pictures(tmp_path: Path) -> None:
    weights, validation = checkpoints.shipped_model("sketches"), made_splits().validation
    found = read(export("lenet-run", EVENTS, [(0, weights), (1, weights)], validation), tmp_path)
    steps = [(image.step, image.wall_time) for image in found.Images("conv1")]
    assert steps == [(0, 1_000_000.0), (1, 1_000_003.0)]
    painted = Image.open(io.BytesIO(found.Images("conv1")[0].encoded_image_string))
    assert painted.size == (6 * FILTER_SIDE, FILTER_SIDE)
    assert painted.tobytes() == bytes(filters(weights).permute(1, 2, 0).flatten().tolist())
    pictures = Image.open(io.BytesIO(found.Images("validation")[0].encoded_image_string))
    assert pictures.tobytes() == bytes(
        torch.cat(list(validation.images[:PICTURES]), dim=2).permute(1, 2, 0).flatten().tolist()
    )
    assert "validation/predicted/text_summary" in found.Tags()["tensors"]


def test_zero_is_grey_and_the_largest_weight_full_colour() -> None:
    weights = checkpoints.shipped_model("sketches")
    kernels = weights.state_dict["conv1.weight"]
    painted = filters(weights)
    assert painted.shape == (3, FILTER_SIDE, 6 * FILTER_SIDE) and painted.dtype == torch.uint8
    extreme = 255 if kernels.max() == kernels.abs().max() else 0
    assert extreme in (int(painted.max()), int(painted.min()))
    none = checkpoints.Weights(
        {"conv1.weight": torch.zeros(6, 3, 5, 5)}, weights.mean, weights.std, "sketches", 0, 0
    )
    assert set(filters(none).flatten().tolist()) == {128}


def test_without_tensorboard_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorboard, "installed", lambda: False)
    with pytest.raises(InputError, match="pip install tensorboard"):
        export("lenet-run", EVENTS, [], None)


def test_an_empty_run_and_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(export("lenet-run", [], [], None), tmp_path).Tags()["scalars"] == []

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.saving.tensorboard.tempfile.TemporaryDirectory", full)
    with pytest.raises(InputError, match="No space left"):
        export("lenet-run", EVENTS, [], None)
