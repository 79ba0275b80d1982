"""core.code.training: exported scripts are executed and give the losses of the app's own run, bit for bit."""

import ast
import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.models import ResNet18_Weights, resnet18

from core.code.training import script
from core.dataset import Splits, sketches, splits
from core.text import LANGUAGES
from core.training.config import TrainConfig, recipe
from core.training.loop import EpochResult, StepResult
from core.training.run import fit
from core.transfer.config import TransferConfig
from core.transfer.run import HeadTraining, NetTraining, ResNetLoop, both_features, subset

OWN = (
    "Conv2d(3,8,3,stride=2),BatchNorm2d(8),ReLU(),MaxPool2d(2),Flatten(),"
    "Linear(392,20),Dropout(0.3),ReLU(),Linear(20,10)"
)
BLOCK = "Conv2d(3,8,3,stride=2,padding=1),BasicBlock(8,8,1),AdaptiveAvgPool2d(1),Flatten(),Linear(8,10)"
SHORT: dict[str, Any] = {"epochs": 2, "batch_size": 50}
COMBINATIONS = {
    "tutorial": recipe("tutorial", **SHORT),
    "fast": recipe("fast", **SHORT),
    "seed": recipe("fast", **SHORT, seed=2**31 - 1),
    "flip": recipe("fast", **SHORT, flip=True),
    "crop": recipe("fast", **SHORT, crop=4),
    "flip and crop": recipe("fast", **SHORT, flip=True, crop=2),
    "train_size": recipe("fast", **SHORT, train_size=120),
    "train_size, too many": recipe("fast", **SHORT, train_size=50_000),
    "wrong_labels": recipe("fast", **SHORT, wrong_labels=0.3),
    "imbalance": recipe("fast", **SHORT, imbalance=5.0),
    "both, of fewer": recipe("fast", **SHORT, train_size=200, wrong_labels=0.1, imbalance=3.0),
    "no shuffle": recipe("fast", **SHORT, shuffle=False),
    "patience": recipe("fast", epochs=8, batch_size=50, patience=1, lr=1e-6),
    "step": recipe("fast", **SHORT, schedule="step"),
    "cosine": recipe("fast", **SHORT, schedule="cosine"),
    "one step only": recipe("fast", epochs=1, batch_size=100, train_size=100),
    **{
        name: recipe("tutorial", **SHORT, optimizer=name)
        for name in ("sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "nadam", "radam")
    },
    "hyper": recipe(
        "tutorial", **SHORT, optimizer="adam", hyper={"beta1": 0.5, "eps": 1e-6}, weight_decay=0.01
    ),
    "half, with std of its own": recipe("tutorial", **SHORT, mean=(0.1, 0.2, 0.3), std=(0.2, 0.3, 0.25)),
    "own network": recipe("fast", **SHORT, network=OWN),
    "own network, augmented": recipe("tutorial", **SHORT, network=OWN, flip=True),
    "block": recipe("fast", **SHORT, network=BLOCK),
}
RESNETS = {
    "scratch": TransferConfig(
        mode="scratch", size=32, train_size=61, validation_size=20, epochs=2, batch_size=20
    ),
    "fine-tune": TransferConfig(
        mode="fine-tune", size=64, train_size=50, validation_size=10, epochs=1, batch_size=10
    ),
    "features": TransferConfig(
        train_size=150, validation_size=30, epochs=3, batch_size=50, weight_decay=0.01, seed=3
    ),
    "few": TransferConfig(
        mode="features", size=32, train_size=50, validation_size=10, epochs=1, batch_size=25
    ),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for _ in sketches.write(folder, train_size=500, test_size=100):
        pass
    return folder


@pytest.fixture
def there(tmp_path: Path, data: Path) -> Iterator[Path]:
    """A working directory with the data in it, as the zip is unpacked."""
    before = Path.cwd()
    (tmp_path / "cifar-10-batches-py").symlink_to(data / "cifar-10-batches-py")
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def executed(program: str) -> dict[str, Any]:
    """What the program leaves, run as a file would be."""
    found: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()), torch.random.fork_rng(devices=[]):
        exec(compile(program, "train.py", "exec"), found)
    return found


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_script_gives_the_same_losses_bit_for_bit(name: str, there: Path, data: Path) -> None:
    config = COMBINATIONS[name]
    results = list(fit(config, splits(data)))
    steps = [row.loss for row in results if isinstance(row, StepResult)]
    epochs = [
        (row.validation_loss, row.validation_accuracy) for row in results if isinstance(row, EpochResult)
    ]
    found = executed(script(config, "sketches", "en"))
    assert found["losses"] == steps
    assert [loss for loss, _ in found["history"]] == [loss for loss, _ in epochs]
    assert [accuracy for _, accuracy in found["history"]] == pytest.approx(
        [accuracy for _, accuracy in epochs]
    )
    assert list(there.glob("*.pt"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, torch.Tensor]]:
    """Weights where torchvision keeps those of ImageNet, drawn here."""
    home, kept = tmp_path_factory.mktemp("torch"), torch.hub.get_dir()
    (home / "checkpoints").mkdir()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        drawn = resnet18(weights=None).state_dict()
    torch.save(drawn, home / "checkpoints" / ResNet18_Weights.IMAGENET1K_V1.url.rpartition("/")[2])
    torch.hub.set_dir(home)
    yield drawn
    torch.hub.set_dir(kept)


def resnet_run(config: TransferConfig, data: Splits, weights: dict[str, torch.Tensor]) -> ResNetLoop:
    state_dict = weights if config.pretrained else None
    if config.mode != "features":
        train, validation = (
            subset(data.train, config.train_size),
            subset(data.validation, config.validation_size),
        )
        return NetTraining(config, train, validation, state_dict)
    work = both_features(config, data, state_dict, "drawn")
    while True:
        try:
            next(work)
        except StopIteration as stop:
            train, validation, seen, judged = stop.value
            return HeadTraining(config, (seen, train.labels), (judged, validation.labels))


@pytest.mark.parametrize("name", RESNETS)
def test_the_script_of_a_resnet_gives_the_same_losses(
    name: str, there: Path, data: Path, weights: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(there / "cache"))  # no features of another run
    config = RESNETS[name]
    results = list(resnet_run(config, splits(data), weights))
    found = executed(script(config, "sketches", "en"))
    assert found["losses"] == [row.loss for row in results if isinstance(row, StepResult)]
    assert [loss for loss, _ in found["history"]] == [
        row.validation_loss for row in results if isinstance(row, EpochResult)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*COMBINATIONS, *RESNETS])
def test_a_script_is_short_and_in_one_language(name: str, language: str) -> None:
    config = (COMBINATIONS | RESNETS)[name]
    for data_set in ("sketches", "cifar-10"):
        program = script(config, data_set, language)  # type: ignore[arg-type]
        ast.parse(program)
        lines = program.splitlines()
        own = isinstance(config, TrainConfig) and (config.network or config.imbalance > 1)
        assert len(lines) <= 150 or own, len(lines)
        assert max(map(len, lines)) <= 110
        assert "\n\n\n\n" not in program and not any(line != line.rstrip() for line in lines)
        assert "core" not in program and "streamlit" not in program
        assert program == script(config, data_set, language)  # type: ignore[arg-type]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in program) == (language == "zh")


def test_the_tutorial_is_short() -> None:
    code = [line for line in script(recipe("tutorial"), "cifar-10", "en").splitlines() if line.strip()]
    assert len(code) < 90


def test_settings_that_the_script_does_not_know_would_be_noticed() -> None:
    known = {
        *(
            "epochs",
            "batch_size",
            "optimizer",
            "lr",
            "hyper",
            "weight_decay",
            "schedule",
            "flip",
            "crop",
            "mean",
        ),
        *("std", "seed", "train_size", "network", "wrong_labels", "imbalance", "shuffle", "patience"),
    }
    assert set(TrainConfig().__dataclass_fields__) - known == {"device", "fault"}
    assert replace(TrainConfig(), device="cuda").device == "cuda"
