"""core.training.checkpoints: what was kept comes back, and whatever happened to the file is noticed."""

import errno
import hashlib
import io
import json
import math
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from core.dataset import splits
from core.dataset.splits import SPLIT_SEED
from core.errors import InputError
from core.evaluation import evaluate
from core.files.locations import DATA_SETS
from core.lenet import LeNet
from core.training import checkpoints
from core.training.config import TrainConfig, recipe
from core.training.run import Training
from tests.support.sample_data import made_splits, same

CONFIG = recipe("fast", epochs=2, batch_size=16, optimizer="adam", hyper={"beta1": 0.8}, flip=True, crop=2)
METRICS = {"validation_accuracy": 0.625, "validation_loss": 1.5}


@pytest.fixture(scope="module")
def training() -> Training:
    training = Training(CONFIG, made_splits())
    for _ in range(5):
        training.judge() if training.epoch_ended else training.step()
    return training


@pytest.fixture(params=["full", "weights"])
def kept(request: pytest.FixtureRequest, training: Training, tmp_path: Path) -> Path:
    """A file of either kind."""
    path = tmp_path / ("run.pt" if request.param == "full" else "run.safetensors")
    write(path, training)
    return path


def write(path: Path, training: Training, epoch: int = 1) -> None:
    if path.suffix == ".pt":
        checkpoints.save(path, CONFIG, training.state(), "sketches")
    else:
        checkpoints.save_weights(path, training.model, CONFIG, "sketches", epoch, 5, METRICS)


def read(path: Path) -> object:
    return checkpoints.load(path) if path.suffix == ".pt" else checkpoints.load_weights(path)


def refused(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read(path)
    assert path.name in str(error.value)
    return error.value.key


def digest_of(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def test_a_checkpoint_comes_back_bit_by_bit(training: Training, tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    checkpoints.save(path, CONFIG, training.state(), "sketches")
    back = checkpoints.load(path)
    assert (
        back.config == CONFIG
        and back.data_set == "sketches"
        and same(vars(back.state), vars(training.state()))
    )
    weights = checkpoints.weights_in(back)
    assert (weights.mean, weights.std, weights.epoch, weights.step, weights.config) == (
        CONFIG.mean,
        CONFIG.std,
        1,
        4,
        CONFIG,
    )
    assert (
        same(weights.network().state_dict(), training.model.state_dict()) and not weights.network().training
    )


def test_weights_come_back_bit_by_bit(training: Training, tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    write(path, training)
    back = checkpoints.load_weights(path)
    assert same(back.state_dict, training.model.state_dict()) and (back.data_set, back.epoch, back.step) == (
        "sketches",
        1,
        5,
    )
    assert (
        back.metrics == METRICS
        and back.config == CONFIG
        and (back.mean, back.std) == (CONFIG.mean, CONFIG.std)
    )
    assert list(checkpoints.load_state_dict(path)) == list(LeNet().state_dict())
    network, other = back.network(), back.network()
    with torch.no_grad():
        network.fc3.bias.fill_(9.0)
    assert not torch.equal(network.fc3.bias, other.fc3.bias)


def test_the_digest_is_what_sha256sum_writes(kept: Path) -> None:
    assert digest_of(kept).read_text() == f"{hashlib.sha256(kept.read_bytes()).hexdigest()}  {kept.name}\n"
    assert sorted(path.name for path in kept.parent.iterdir()) == [kept.name, kept.name + ".sha256"]


def test_every_flipped_bit_is_noticed(kept: Path) -> None:
    data = kept.read_bytes()
    chosen = random.Random(0)
    for position in [0, len(data) - 1, *(chosen.randrange(len(data)) for _ in range(60))]:
        changed = bytearray(data)
        changed[position] ^= 1 << chosen.randrange(8)
        kept.write_bytes(changed)
        assert refused(kept) == "checkpoint_damaged"
    kept.write_bytes(data)
    digest = digest_of(kept).read_bytes()
    for position in range(64):
        digest_of(kept).write_bytes(
            digest[:position] + bytes([digest[position] ^ 1]) + digest[position + 1 :]
        )
        assert refused(kept) == "checkpoint_damaged"
    digest_of(kept).write_bytes(digest)
    read(kept)


@pytest.mark.parametrize("length", [0, 1, 100, -100, -1])
def test_a_cut_off_file_is_noticed(kept: Path, length: int) -> None:
    kept.write_bytes(kept.read_bytes()[:length])
    assert refused(kept) == "checkpoint_damaged"


def test_what_is_missing_is_said(kept: Path) -> None:
    digest = digest_of(kept).read_bytes()
    for content in (b"", b"\xff\xfe", None):
        digest_of(kept).unlink() if content is None else digest_of(kept).write_bytes(content)
        assert refused(kept) == "checkpoint_missing"
    digest_of(kept).write_bytes(digest)
    kept.unlink()
    assert refused(kept) == "checkpoint_missing"
    kept.mkdir()
    assert refused(kept) == "checkpoint_missing"


def signed(path: Path, data: bytes) -> Path:
    """A file with the right digest beside it, whatever is in it."""
    path.write_bytes(data)
    digest_of(path).write_text(hashlib.sha256(data).hexdigest())
    return path


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


class Calls:
    """Object whose pickle makes a folder when it is opened carelessly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_foreign_files_are_refused_and_run_nothing(training: Training, tmp_path: Path) -> None:
    whole = {"format": 1, "config": CONFIG.to_json(), "data_set": "sketches", "state": vars(training.state())}
    changes: list[dict[str, object]] = [
        {"format": 2}, {"config": {"lr": 1e9}}, {"config": None}, {"state": {}}, {"state": None},
        {"data_set": Calls(tmp_path / "made")},
    ]  # fmt: skip
    contents = [
        b"",
        b"{}",
        b"PK\x03\x04",
        saved([1, 2]),
        saved(LeNet().state_dict()),
        *(saved(whole | change) for change in changes),
    ]
    for index, content in enumerate(contents):
        assert refused(signed(tmp_path / f"{index}.pt", content)) == "checkpoint_foreign"
    assert not (tmp_path / "made").exists()
    assert read(signed(tmp_path / "right.pt", saved(whole)))


@pytest.mark.parametrize("about", [None, [], {}, {"config": {"lr": 1e9}}, {"config": CONFIG.to_json()}])
def test_weights_without_what_is_to_be_known_of_them(about: object, tmp_path: Path) -> None:
    from safetensors.torch import save

    metadata = {} if about is None else {"lenet_lab": json.dumps(about)}
    assert (
        refused(signed(tmp_path / "w.safetensors", save(LeNet().state_dict(), metadata)))
        == "checkpoint_foreign"
    )


def test_weights_that_have_diverged_are_refused(training: Training, tmp_path: Path) -> None:
    path, model = tmp_path / "w.safetensors", LeNet()
    with torch.no_grad():
        model.conv2.weight[0, 0, 0, 0] = math.inf
    checkpoints.save_weights(path, model, CONFIG, "sketches", 1, 5, {})
    with pytest.raises(InputError, match=r"conv2\.weight"):
        checkpoints.load_weights(path)


# Writing goes wrong


@pytest.fixture(params=[1, 2])
def full_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk that is full when the first, or the second, file is written."""
    calls = iter(range(1, 100))

    def fsync(_: int) -> None:
        if next(calls) == request.param:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    yield


def test_a_full_disk_leaves_the_old_file(kept: Path, training: Training, full_disk: None) -> None:
    before = kept.read_bytes()
    other = Training(replace(CONFIG, seed=9), made_splits())
    with pytest.raises(OSError, match="No space"):
        write(kept, other, epoch=2)
    assert kept.read_bytes() == before and read(kept)
    assert sorted(path.name for path in kept.parent.iterdir()) == [kept.name, kept.name + ".sha256"]


def test_a_crash_between_the_two_files_is_noticed(
    kept: Path, training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    replaced, calls = Path.replace, iter((True, False))

    def crashes(self: Path, target: Path) -> Path:
        if next(calls):
            return replaced(self, target)
        raise Crash

    monkeypatch.setattr(Path, "replace", crashes)
    with pytest.raises(Crash):
        write(kept, Training(replace(CONFIG, seed=9), made_splits()), epoch=2)
    assert refused(kept) == "checkpoint_damaged"  # never half of one and half of the other
    monkeypatch.undo()
    write(kept, training)
    assert read(kept)


def test_a_folder_that_is_not_there(training: Training, tmp_path: Path) -> None:
    for name in ("run.pt", "run.safetensors"):
        with pytest.raises(FileNotFoundError):
            write(tmp_path / "no" / name, training)


# The models that come with the app


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_model_for_each_data_set_comes_with_the_app(name: str) -> None:
    weights = checkpoints.shipped_model(name)
    assert sum(parameter.numel() for parameter in weights.network().parameters()) == 62_006
    assert weights.data_set == name and isinstance(weights.config, TrainConfig) and weights.epoch >= 1
    assert list(weights.network()(torch.zeros(2, 3, 32, 32)).shape) == [2, 10]


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_model_card_is_that_of_its_file(name: str) -> None:
    path = checkpoints.SHIPPED / f"lenet-{name}.safetensors"
    card, digest = (
        path.with_suffix(".md").read_text(encoding="utf-8"),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    assert digest in card and digest in path.with_name(path.name + ".sha256").read_text()
    config = checkpoints.shipped_model(name).config
    assert config is not None and all(
        f"| {setting} | {value} |" in card for setting, value in config.to_json().items()
    )


def test_the_cifar_10_model_is_as_good_as_its_card_says(real: Path) -> None:
    weights = checkpoints.shipped_model("cifar-10")
    images = splits(real, SPLIT_SEED).validation
    result = evaluate(weights.network(), images.images, images.labels, mean=weights.mean, std=weights.std)
    # The files may be another copy.
    assert abs(result.accuracy - weights.metrics["validation_accuracy"]) < 0.01


@pytest.mark.parametrize(
    "name", ["mnist", "", "../x", "../../README", "..", "sketches/../sketches", "a\0b", "x" * 5000, "-"]
)
def test_no_other_model_comes_with_it(name: str) -> None:
    with pytest.raises(InputError) as error:
        checkpoints.shipped_model(name)
    assert error.value.key == "no_shipped_model" and len(str(error.value)) < 150


def test_the_same_weights_make_the_same_file(training: Training, tmp_path: Path) -> None:
    for n in range(12):  # safetensors orders several entries of its metadata anew at each call
        checkpoints.save_weights(
            tmp_path / f"{n}.safetensors", training.model, CONFIG, "sketches", 1, 9, METRICS
        )
    assert len({path.read_bytes() for path in tmp_path.glob("*.safetensors")}) == 1


# Files from anywhere


@pytest.mark.parametrize(
    ("about", "mean"),
    [
        ({"normalise": '{"mean": [0.5, 0.5, 0.25], "std": [1, 1, 1]}'}, (0.5, 0.5, 0.25)),
        ({"lenet_lab": '{"mean": [0.5, 0.5, 0.5], "std": [1, 1, 1], "name": "mine"}'}, (0.5, 0.5, 0.5)),
        ({"lenet_lab": '{"config": {"mean": [0, 0, 0], "std": [1, 1, 1]}}'}, (0.0, 0.0, 0.0)),
        ({"normalise": '{"mean": [0.5, 0.5, 7], "std": [1, 1, 1]}'}, None),
        ({"normalise": '{"mean": [0.5, 0.5, NaN], "std": [1, 1, 1]}'}, None),
        ({"normalise": '{"mean": 1e999, "std": "x"}'}, None),
        ({"normalise": "{}"}, None),
        ({"normalise": "[" * 100_000}, None),
        ({"lenet_lab": "3"}, None),
        ({"format": "pt"}, None),
        (None, None),
    ],
)
def test_the_normalisation_is_read_where_a_file_says_it(
    about: dict[str, str] | None, mean: tuple[float, ...] | None, tmp_path: Path
) -> None:
    path = tmp_path / "mine.safetensors"
    state = LeNet().state_dict()
    path.write_bytes(safetensors.torch.save(state, about))
    model, stated = checkpoints.load_any(path)
    assert same(model.state_dict(), dict(state)) and (stated.mean if stated else None) == mean


@pytest.mark.parametrize(
    "value", [None, 3, [1], [10**400] * 3, [True, "a", 1j], {"a": 1}, torch.ones(3), {1, 2}]
)
def test_settings_of_others_are_no_normalisation(value: object, tmp_path: Path) -> None:
    path = tmp_path / "theirs.pt"
    for config in (value, {"mean": value, "std": [0.5] * 3}, {"mean": [0.5] * 3, "std": value}):
        torch.save({"config": config, "model": LeNet().state_dict()}, path)
        assert checkpoints.load_any(path)[1] is None
