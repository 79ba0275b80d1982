"""core.evaluation.robustness: neutral strengths change nothing, quarter turns are exact, no black borders."""

from pathlib import Path

import pytest
import torch

from core.cifar10 import MEAN, STD
from core.errors import InputError
from core.evaluation import evaluate
from core.evaluation.robustness import CHANGES, accuracies, blurred, fed_with, moved, rotated, scaled
from core.jobs.entries import ENTRIES
from core.jobs.tasks.compute import open_weights
from core.layers.shifts import shifted
from core.lenet import LeNet
from core.training import checkpoints
from core.training.config import recipe
from tests.support.sample_data import coloured, made_splits, same


@pytest.mark.parametrize("name", CHANGES)
def test_the_neutral_strength_changes_nothing(name: str) -> None:
    images, change = coloured(6)[0], CHANGES[name]
    assert torch.equal(change.apply(images, change.neutral), images)
    assert change.neutral in change.strengths and list(change.strengths) == sorted(change.strengths)
    assert fed_with(name, change.neutral, MEAN, STD) == (MEAN, STD)


@pytest.mark.parametrize("name", CHANGES)
def test_every_strength_gives_images_of_the_same_kind_and_no_black_border(name: str) -> None:
    white = torch.full((2, 3, 32, 32), 200, dtype=torch.uint8)
    for strength in CHANGES[name].strengths:
        altered = CHANGES[name].apply(white, strength)
        assert altered.dtype == torch.uint8 and torch.equal(altered, white)


def test_quarter_turns_and_shifts_are_exact() -> None:
    images = coloured(4)[0]
    for turns in (1, 2, 3):
        assert (rotated(images, 90 * turns).int() - torch.rot90(images, turns, (2, 3)).int()).abs().max() <= 1
    assert torch.equal(moved(images, 3), shifted(images, 3))


def test_scaling_by_two_shows_the_middle_and_by_a_half_everything() -> None:
    images = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    images[:, :, 8:24, 8:24] = 255
    assert scaled(images, 2.0).float().mean() > 250
    assert torch.equal(
        scaled(images, 0.5)[..., 13:19, 13:19], torch.full((1, 3, 6, 6), 255, dtype=torch.uint8)
    )
    assert float(blurred(images, 2.0).float().std()) < float(images.float().std())


def test_unnormalise_ends_at_what_to_tensor_alone_gives() -> None:
    mean, std = fed_with("unnormalise", 1.0, MEAN, STD)
    assert mean == (0, 0, 0) and std == pytest.approx((1, 1, 1))


def test_accuracies_are_those_of_evaluate() -> None:
    torch.manual_seed(0)
    model, images = LeNet(), made_splits().validation
    work = accuracies(model, images, "shift", MEAN, STD)
    progress = []
    while True:
        try:
            progress.append(next(work))
        except StopIteration as stop:
            found = stop.value
            break
    assert [step.done for step in progress] == list(range(1, 10)) and progress[-1].total == 9
    for pixels in (0, 4):
        assert (
            found[pixels]
            == evaluate(model, shifted(images.images, pixels), images.labels, mean=MEAN, std=STD).accuracy
        )


def test_a_worker_opens_what_it_was_told_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "20261128-run" / "weights"
    folder.mkdir(parents=True)
    checkpoints.save_weights(
        folder / "epoch-0001.safetensors", LeNet(), recipe("fast"), "sketches", 1, 10, {}
    )
    name = "20261128-run/weights/epoch-0001.safetensors"
    digest = (folder / "epoch-0001.safetensors.sha256").read_text().split()[0]
    assert same(
        open_weights(tmp_path, name, digest).state_dict, checkpoints.load_weights(tmp_path / name).state_dict
    )
    assert same(
        open_weights(tmp_path, "shipped-sketches", "").state_dict,
        checkpoints.shipped_model("sketches").state_dict,
    )
    for wrong in (
        "../x.safetensors",
        "/etc/passwd",
        "a/../../b",
        "",
        "nobody/weights/epoch-0001.safetensors",
        "." * 9,
    ):
        with pytest.raises(InputError):
            open_weights(tmp_path, wrong, digest)
    with pytest.raises(InputError):
        open_weights(tmp_path, name, "0" * 64)  # rewritten since


@pytest.mark.parametrize(
    "wrong", [{"model": "../x"}, {"digest": "A/B"}, {"change": 3}, {"model": None}, {"more": 1}]
)
def test_a_job_is_refused_unless_its_parameters_are_names(wrong: dict[str, object]) -> None:
    good = {"root_dir": "/data", "model": "shipped-sketches", "digest": "shipped-sketches", "change": "blur"}
    assert ENTRIES["robustness"].checked("robustness", dict(good))["change"] == "blur"
    with pytest.raises(InputError):
        ENTRIES["robustness"].checked("robustness", good | wrong)
