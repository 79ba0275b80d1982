"""core.training.command_line: trains, writes, judges; a mistake is a line and a status, never a traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.dataset import splits
from core.evaluation import evaluate
from core.training import checkpoints
from core.training.command_line import main
from tests.support.sample_data import same, write_data_set

SMALL = ("--epochs", "2", "--batch-size", "16")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def threads() -> object:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def last(lines: str, name: str) -> str:
    """The last line about a split: loss, accuracy and the recalls."""
    return next(line for line in reversed(lines.splitlines()) if line.startswith(f"{name}: "))


def test_trains_writes_and_judges(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "lenet.safetensors"
    settings = (
        "--optimizer",
        "adam",
        "--lr",
        "0.003",
        "--hyper",
        "beta1=0.8",
        "--flip",
        "--seed",
        "3",
        "--out",
        str(out),
    )
    main([str(data), *SMALL, *settings])
    trained = capsys.readouterr().out
    assert (
        len(re.findall(r"^epoch +\d", trained, re.MULTILINE)) == 2
        and f"wrote {out}" in trained
        and "test: " not in trained
    )
    assert "a copy that isn't the official files" in out.with_suffix(".md").read_text(encoding="utf-8")
    weights = checkpoints.load_weights(out)
    config = weights.config
    assert config is not None and (config.optimizer, config.hyper, config.flip, config.seed) == (
        "adam",
        {"beta1": 0.8},
        True,
        3,
    )
    assert (weights.epoch, weights.step) == (2, 24)  # 180 of 200 images are for training: 12 batches of 16
    main([str(data.parent), "--evaluate", str(out)])
    assert last(capsys.readouterr().out, "validation") == last(trained, "validation")
    sets = splits(data, 0)
    judged = evaluate(
        weights.network(), sets.validation.images, sets.validation.labels, mean=weights.mean, std=weights.std
    )
    assert (
        f"20 images, loss {judged.loss:.4f}, accuracy {judged.accuracy:.4f} ± {judged.standard_error:.4f}"
        in trained
    )
    assert weights.metrics["validation_accuracy"] == judged.accuracy
    main([str(data), "--evaluate", str(out), "--test"])
    tested = evaluate(
        weights.network(), sets.test.images, sets.test.labels, mean=weights.mean, std=weights.std
    )
    assert f"test: 40 images, loss {tested.loss:.4f}" in capsys.readouterr().out


def test_the_same_line_gives_the_same_weights(data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        main([str(data), *SMALL, "--recipe", "tutorial", "--crop", "2", "--out", str(tmp_path / name)])
    first, second = (checkpoints.load_weights(tmp_path / name) for name in ("a", "b"))
    assert same(vars(first), vars(second))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--lr", "1e9"), "lr is 1000000000.0"),
        (("--lr", "nan"), "lr is nan"),
        (("--batch-size", "0"), "batch_size is 0"),
        (("--epochs", "1000000000"), "epochs is 1000000000"),
        (("--batch-size", "181"), "181.*180"),
        (("--hyper", "beta1=0.5"), "beta1"),
        (("--mean", "0.5", "0.5", "2"), "mean"),
        (("--evaluate", "no.safetensors"), "no.safetensors"),
        ((*SMALL, "--optimizer", "sgd", "--lr", "100"), "diverged"),
        # Noticed before the training.
        (("--epochs", "1000", "--out", "/nowhere/at/all.safetensors"), "/nowhere/at, where"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: tuple[str, ...], expected: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(data), *arguments])
    message = stopped.value.code
    # sys.exit prints the message and exits with status 1.
    assert isinstance(message, str) and message.startswith("error: ") and "\n" not in message
    assert re.search(expected, message)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--threads", "0"),
        ("--threads", "x"),
        ("--recipe", "slow"),
        ("--hyper", "momentum"),
        ("--mean", "1"),
        (),
    ],
)
def test_a_line_that_argparse_refuses(
    arguments: tuple[str, ...], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(data), *arguments] if arguments else [])
    assert stopped.value.code == 2 and "error: " in capsys.readouterr().err


@pytest.mark.parametrize("seed", [str(2**70), str(-(2**70))])
def test_a_seed_out_of_range(seed: str, data: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(data), "--split-seed", seed, "--epochs", "1"])
    assert stopped.value.code


def test_from_a_shell(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "core.trainer", str(tmp_path / "no")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (
        ran.returncode == 1
        and ran.stdout == ""
        and ran.stderr.startswith("error: ")
        and ran.stderr.count("\n") == 1
    )
    assert str(tmp_path / "no") in ran.stderr
