"""core.training.command_line: trains, writes, judges; a mistake is a line and a status, never a traceback."""

import re
import subprocess
import sys
import threading
from dataclasses import fields
from functools import partial
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from core.dataset import sketches, splits
from core.evaluation import evaluate
from core.saving import export, library
from core.trainer import data_set
from core.training import checkpoints
from core.training.command_line import main
from core.training.config import BOUNDS, TrainConfig
from core.training.run import Training
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


def test_a_network_of_ones_own_is_trained_and_judged(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "own.safetensors"
    network = "Conv2d(3, 4, 5, stride=4), BatchNorm2d(4), Flatten(), Dropout(), Linear(196, 10), Softmax(1)"
    main([str(data), *SMALL, "--network", network, "--out", str(out)])
    trained = capsys.readouterr().out
    assert trained.startswith("warning: the last layer is a softmax")
    card = out.with_suffix(".md").read_text(encoding="utf-8")
    assert "A list of layers, 2,282 parameters" in card
    written = "Conv2d(3,4,5,4),BatchNorm2d(4),Flatten(),Dropout(),Linear(196,10),Softmax(1)"
    assert f"| network | {written} |" in card
    main([str(data), "--evaluate", str(out)])
    assert last(capsys.readouterr().out, "validation") == last(trained, "validation")


def test_judges_every_file_that_the_app_hands_out(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lenet.safetensors"
    main([str(data), *SMALL, "--mean", "0.1", "0.2", "0.3", "--std", "0.5", "0.5", "0.5", "--out", str(out)])
    expected = last(capsys.readouterr().out, "validation")
    weights = checkpoints.load_weights(out)
    training = Training(
        TrainConfig(epochs=1, batch_size=16, mean=weights.mean, std=weights.std), splits(data, 0)
    )
    training.model.load_state_dict(weights.state_dict)
    checkpoints.save(tmp_path / "checkpoint.pt", training.config, training.state(), "sketches")
    kept = library.keep(
        tmp_path,
        "local",
        "mine",
        weights.state_dict,
        mean=weights.mean,
        std=weights.std,
        data_set="sketches",
    )
    (tmp_path / "taken.safetensors").write_bytes(export.as_safetensors(weights))
    for path in (tmp_path / "checkpoint.pt", kept.path, tmp_path / "taken.safetensors"):
        main([str(data), "--evaluate", str(path)])
        shown = capsys.readouterr().out
        assert last(shown, "validation") == expected and "doesn't say" not in shown, path
    damaged = bytearray(kept.path.read_bytes())
    damaged[-1] ^= 1
    kept.path.write_bytes(damaged)
    with pytest.raises(SystemExit, match="checksum"):
        main([str(data), "--evaluate", str(kept.path)])


@pytest.mark.parametrize("name", ["lenet.pt", "lenet.ckpt", "lenet.pth.tar"])
def test_a_file_that_does_not_say_how_to_normalise(
    name: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = checkpoints.shipped_model("sketches")
    path = tmp_path / name
    path.write_bytes(export.as_pt(weights))
    judged, sets = {}, splits(data, 0).validation
    for mean, std, *more in (
        ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
        ((0.5,) * 3, (0.5,) * 3, "--recipe", "tutorial"),
        ((0.0, 0.0, 0.1), (1.0,) * 3, *["--mean", "0", "0", "0.1", "--std", "1", "1", "1"]),
    ):
        main([str(data), "--evaluate", str(path), *more])
        shown = capsys.readouterr().out
        result = evaluate(weights.network(), sets.images, sets.labels, mean=mean, std=std)
        assert f"loss {result.loss:.4f}, accuracy {result.accuracy:.4f}" in last(shown, "validation")
        numbers = f"--mean {' '.join(f'{value:g}' for value in mean)}; --std"
        assert ("doesn't say" in shown) == (numbers in shown) == (more[:1] != ["--mean"])
        judged[mean] = result.loss
    assert len(set(judged.values())) == 3


def test_the_same_line_gives_the_same_weights(data: Path, tmp_path: Path) -> None:
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path in paths:
        main([str(data), *SMALL, "--recipe", "tutorial", "--crop", "2", "--out", str(path)])
    first, second = map(checkpoints.load_weights, paths)
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
        (("--network", "Flatten(),Linear(3072,9)"), r"ends with \(9,\)"),
        (("--network", "Conv2d(4,6,5)"), "breaks at conv1: "),
        (("--network", "print(3)"), "print"),
        ((*SMALL, "--optimizer", "sgd", "--lr", "100"), "diverged, and nothing was written"),
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
    ("arguments", "expected"),
    [
        ("FOLDER --threads 0", "--threads: 0 is not within the range 1 to 256"),
        ("FOLDER --threads x", "--threads: 'x' is not a whole number"),
        ("FOLDER --split-seed -1", "--split-seed: -1 is not within the range 0 to 2147483647"),
        ("FOLDER --epochs 1.5", "--epochs: '1.5' is not a whole number"),
        ("FOLDER --lr fast", "--lr: 'fast' is not a number"),
        ("FOLDER --recipe slow", "--recipe: invalid choice: 'slow'"),
        ("FOLDER --hyper momentum", "--hyper: 'momentum' is not NAME=VALUE"),
        ("FOLDER --hyper momentum=much", "--hyper: 'much' is not a number"),
        ("--hyper momentum FOLDER", "--hyper: 'momentum' is not NAME=VALUE"),
        ("FOLDER --mean 1", "--mean: expected 3 arguments"),
        ("FOLDER --evaluate x.safetensors --lr 0.1 --out y.safetensors", "leave out --lr, --out"),
        ("--epochs 1", "DATA is missing: sketches, cifar-10, or a folder"),
        ("", "DATA is missing"),
    ],
)
def test_a_line_that_cannot_be_read(
    arguments: str, expected: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused in plain words, never by the name of one of our functions."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments.replace("FOLDER", str(data)).split())
    message = capsys.readouterr().err
    assert stopped.value.code == 2 and expected in message and "_" not in message.partition("error: ")[2]


def test_data_may_follow_a_hyper_parameter(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*SMALL, "--hyper", "momentum=0.95", str(data)])
    after = capsys.readouterr().out
    main([str(data), *SMALL, "--hyper", "momentum=0.95"])
    assert last(capsys.readouterr().out, "validation") == last(after, "validation")


def test_help_lists_every_setting_with_its_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert stopped.value.code == 0
    for name in (row.name for row in fields(TrainConfig)):
        assert f"--{name.replace('_', '-')}" in text
    for name, bounds in BOUNDS.items():
        assert re.search(rf"--{name.replace('_', '-')} N [^-]*; {bounds.low:.4g} to ", text), name
    assert "images per step; 1 to 8192; tutorial: 16, fast: 128" in text
    assert "momentum 0.9 (0.01 to 0.999)" in text and "only those of an earlier training are replaced" in text


def test_missing_sketches_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = partial(sketches.write, train_size=200, test_size=20)
    monkeypatch.setattr("core.dataset.source.sketches.write", draw)
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path))
    with FileLock(tmp_path / "sketches-v1" / ".sketches.lock", thread_local=False) as lock:
        threading.Timer(0.5, lock.release).start()
        main(["sketches", "--epochs", "1"])
    first = capsys.readouterr().out
    assert "another program is drawing the sketches" in first and "this once: 220 of 220" in first
    main(["sketches", "--epochs", "1"])
    again = capsys.readouterr().out
    assert "sketches" not in again and last(again, "validation") == last(first, "validation")
    assert len(data_set("sketches").test) == 20


def test_cifar_10_by_name(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path))
    monkeypatch.delenv("LENET_LAB_DATA", raising=False)
    with pytest.raises(SystemExit, match=r"cifar-10 isn't on .* run `python -m core\.download`"):
        main(["cifar-10"])
    monkeypatch.setenv("LENET_LAB_DATA", str(data))
    main(["cifar-10", *SMALL])
    assert "20 images" in last(capsys.readouterr().out, "validation")


# Where the weights go


def refused(data: Path, out: Path) -> str:
    """The sentence that refuses `out`, before any training."""
    with pytest.raises(SystemExit) as stopped:
        main([str(data), "--epochs", "1000", "--out", str(out)])
    message = str(stopped.value.code)
    assert message.startswith("error: ") and "\n" not in message
    return message


@pytest.mark.parametrize("name", ["notes.md", "lenet.pt", "README", "", ".safetensors"])
def test_out_must_be_a_safetensors_file(name: str, data: Path, tmp_path: Path) -> None:
    assert "written as .safetensors" in refused(data, tmp_path / name)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["lenet.safetensors", "lenet.safetensors.sha256", "lenet.md"])
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_out_replaces_nothing_of_others(kind: str, name: str, data: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    if kind == "file":
        path.write_text("# lenet.safetensors\nSHA-256 \nmy notes", encoding="utf-8")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    assert f"{path} is there already" in refused(data, tmp_path / "lenet.safetensors")
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_out_replaces_its_own(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "lenet.safetensors"
    for seed in ("0", "1"):
        main([str(data), *SMALL, "--seed", seed, "--out", str(out)])
    config = checkpoints.load_weights(out).config
    assert config is not None and config.seed == 1 and "| seed | 1 |" in out.with_suffix(".md").read_text()
    out.with_suffix(".md").write_text("SHA-256 and my notes")
    assert "lenet.md is there already" in refused(data, out)
    out.write_bytes(out.read_bytes() + b" ")
    assert "lenet.safetensors is there already" in refused(data, out)


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("/proc/lenet.safetensors", "No weights can be written to /proc"),
        ("a" * 250 + ".safetensors", "too long"),
        ("file/lenet.safetensors", "file, where the weights should go, doesn't exist"),
    ],
)
def test_out_where_nothing_can_be_written(out: str, expected: str, data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert expected in refused(data, tmp_path / out)


# How a run went


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ("--optimizer sgd --lr 2 --schedule constant", r"hint: a loss of \S+ means that training diverged"),
        ("--lr 1e-8", "hint: this is no better than guessing"),
        ("--lr 0.02 --epochs 12", "validation: "),
    ],
)
def test_a_run_that_learns_nothing_gets_a_hint(
    settings: str, hint: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(data), *SMALL, *settings.split()])
    *_, end = capsys.readouterr().out.splitlines()
    assert re.match(hint, end)


def test_ctrl_c_ends_without_a_traceback(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.training.command_line.Training", interrupted)
    with pytest.raises(SystemExit) as stopped:
        main([str(data)])
    assert stopped.value.code == 130 and "nothing is kept" in capsys.readouterr().err


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


def test_patience_ends_the_training_with_the_weights_of_the_best_epoch(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "early.safetensors"
    given = (
        "--recipe",
        "tutorial",
        "--epochs",
        "30",
        "--patience",
        "2",
        "--lr",
        "0.02",
        "--batch-size",
        "16",
    )
    main([str(data), *given, "--out", str(out)])
    printed = capsys.readouterr().out
    epochs = re.findall(r"^epoch +(\d+) .* validation loss \S+ accuracy (\S+)", printed, re.MULTILINE)
    best = max(epochs, key=lambda row: float(row[1]))
    assert len(epochs) == int(best[0]) + 2 < 30
    assert f"stopped early: epoch {best[0]} of {len(epochs)} was the best" in printed
    weights = checkpoints.load_weights(out)
    assert (weights.epoch, weights.step) == (int(best[0]), 12 * int(best[0]))
    assert f"{weights.metrics['validation_accuracy']:.4f}" == best[1]
    main([str(data), "--evaluate", str(out)])
    assert last(capsys.readouterr().out, "validation") == last(printed, "validation")
