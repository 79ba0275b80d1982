"""core.transfer: a body that stays frozen, features computed once, the same bits after a pause."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, resnet18
from torchvision.transforms.v2 import functional as tv

from core.dataset import ImageSet
from core.errors import InputError
from core.normalisations import NORMALISATIONS
from core.training import checkpoints
from core.training.loop import EpochResult, StepResult
from core.transfer.config import SIZES, TransferConfig
from core.transfer.features import CHUNK, features
from core.transfer.resnet import cost, fed, frozen_body, network
from core.transfer.run import HeadTraining, NetTraining, both_features, subset
from tests.support.sample_data import coloured, made_splits, noise, same

SPLITS = made_splits(train=120, validation=30)
SMALL = TransferConfig(size=32, train_size=120, validation_size=30, epochs=3, batch_size=32, lr=0.003)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


@pytest.fixture(scope="module")
def imagenet() -> dict[str, Tensor]:
    """A state_dict of the right form, with made-up numbers."""
    torch.manual_seed(5)
    return resnet18(weights=None).state_dict()


def result_of(work: Any) -> tuple[Any, list[Any]]:
    progress = []
    while True:
        try:
            progress.append(next(work))
        except StopIteration as stop:
            return stop.value, progress


def test_statistics_are_those_of_the_weights() -> None:
    transforms = ResNet18_Weights.IMAGENET1K_V1.transforms()
    assert (tuple(transforms.mean), tuple(transforms.std)) == NORMALISATIONS["imagenet"]


@pytest.mark.parametrize("size", [32, 64, 224])
def test_what_it_is_fed_is_torchvisions_resize_of_floats_and_normalize(size: int) -> None:
    images = coloured(2)[0]
    expected = tv.normalize(
        tv.resize(images.float() / 255, [size, size], antialias=True), *NORMALISATIONS["imagenet"]
    )
    torch.testing.assert_close(fed(images, size), expected, atol=1e-5, rtol=1e-5)


def test_the_body_is_torchvisions_with_another_last_layer(imagenet: dict[str, Tensor]) -> None:
    model, plain = network(imagenet, 0), resnet18(weights=None)
    plain.load_state_dict(imagenet)
    plain.fc = nn.Identity()
    x = fed(noise(3)[0], 64)
    torch.testing.assert_close(frozen_body(imagenet, 0)(x), plain.eval()(x), atol=1e-4, rtol=1e-4)
    assert model.fc.weight.shape == (10, 512) and same(
        network(imagenet, 0).state_dict(), network(imagenet, 0).state_dict()
    )
    with pytest.raises(InputError):
        network({"conv1.weight": imagenet["conv1.weight"]}, 0)


def test_a_frozen_body_stays_as_it_is_and_training_mode_would_move_it(imagenet: dict[str, Tensor]) -> None:
    body = frozen_body(imagenet, 0)
    before = {name: value.clone() for name, value in body.state_dict().items()}
    result_of(features(body, "made", SPLITS.train.images, 32))
    assert same(body.state_dict(), before) and not any(
        parameter.requires_grad for parameter in body.parameters()
    )
    with torch.no_grad():
        # What forgetting eval() does, although all parameters are frozen.
        body.train()(fed(SPLITS.train.images[:8], 32))
    assert not same(body.state_dict(), before)


@pytest.mark.parametrize("size", SIZES)
def test_the_cost_is_counted_from_the_shapes(size: int) -> None:
    found = cost(size)
    assert (
        found.parameters
        == sum(p.numel() for p in resnet18(weights=None).parameters())
        - 1_001 * 512
        + 10 * 512
        - 1000
        + 10
        + 512
    )
    assert found.last == math.ceil(size / 32)
    assert size != 224 or abs(found.macs / 1.8136e9 - 1) < 0.001


def test_features_are_computed_once(imagenet: dict[str, Tensor], cache: Path) -> None:
    images = noise(CHUNK + 30)[0]
    body = frozen_body(imagenet, 0)
    found, progress = result_of(features(body, "made", images, 32))
    assert [step.done for step in progress] == [CHUNK, CHUNK + 30]
    torch.testing.assert_close(found, body(fed(images, 32)), atol=1e-4, rtol=1e-4)

    def never(_: Tensor) -> Tensor:
        raise AssertionError("computed again")

    body.forward = never  # type: ignore[method-assign]
    assert torch.equal(result_of(features(body, "made", images, 32))[0], found)
    with pytest.raises(AssertionError):
        result_of(features(body, "other", images, 32))
    with pytest.raises(AssertionError):
        result_of(features(body, "made", images, 64))


def test_a_damaged_file_is_computed_again(imagenet: dict[str, Tensor], cache: Path) -> None:
    images, body = noise(20)[0], frozen_body(imagenet, 0)
    found, _ = result_of(features(body, "made", images, 32))
    (file,) = cache.glob("*.safetensors")
    file.write_bytes(b"junk")
    assert (
        torch.equal(result_of(features(body, "made", images, 32))[0], found)
        and file.stat().st_size > 20 * 512 * 4
    )


def test_a_cache_that_cannot_be_written_stops_nobody(imagenet: dict[str, Tensor], cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("in the way")
    assert result_of(features(frozen_body(imagenet, 0), "made", noise(5)[0], 32))[0].shape == (5, 512)


def test_a_smaller_subset_is_the_beginning_of_a_larger_one() -> None:
    images = ImageSet(*coloured(50), "train")
    assert (
        torch.equal(subset(images, 20).labels, subset(images, 40).labels[:20])
        and len(subset(images, 999)) == 50
    )


def head(config: TransferConfig, state: Any = None) -> HeadTraining:
    train, validation, seen, judged = result_of(both_features(config, SPLITS, None, "random"))[0]
    return HeadTraining(config, (seen, train.labels), (judged, validation.labels), state)


def net(config: TransferConfig, state: Any = None) -> NetTraining:
    return NetTraining(
        config, subset(SPLITS.train, config.train_size), subset(SPLITS.validation, 10), None, state
    )


def test_the_head_learns_and_its_loss_is_cross_entropy() -> None:
    training = head(TransferConfig(**SMALL.to_json() | {"epochs": 30}))
    features, labels = training.batch(0, 0)
    expected = F.cross_entropy(training.model(features), labels).item()
    assert training.step().loss == pytest.approx(expected, abs=1e-6)
    results = list(training)
    epochs = [result for result in results if isinstance(result, EpochResult)]
    assert len(epochs) == 30 and sum(isinstance(result, StepResult) for result in results) == 30 * 4 - 1
    assert epochs[-1].train_loss < 0.5 * epochs[0].train_loss and epochs[-1].validation_accuracy > 0.6


@pytest.mark.parametrize("make", [head, net])
def test_a_pause_leaves_the_same_bits(make: Any, tmp_path: Path) -> None:
    config = TransferConfig(
        **SMALL.to_json() | ({"mode": "scratch", "train_size": 65, "epochs": 2} if make is net else {})
    )
    whole, paused = make(config), make(config)
    list(whole)
    steps = 4 if make is head else 3  # in the middle of an epoch, and after one
    for _ in range(steps + 1):
        paused.judge() if paused.epoch_ended else paused.step(inspect=True)  # inspecting changes nothing
    checkpoints.save(tmp_path / "a.pt", config, paused.state(), "made")
    saved = checkpoints.load_of(TransferConfig, tmp_path / "a.pt")
    assert saved.config == config
    resumed = make(config, saved.state)
    list(resumed)
    assert same(resumed.model.state_dict(), whole.model.state_dict())


def test_a_step_shows_a_weight_of_all_that_is_trained() -> None:
    layers = ("conv1.weight", "bn1.weight", *(f"layer{n}.0.conv1.weight" for n in range(1, 5)), "fc.weight")
    whole = net(TransferConfig(**SMALL.to_json() | {"mode": "scratch", "train_size": 64}))
    for training, names in ((head(SMALL), ("weight", "bias")), (whole, layers)):
        training.step()
        weights = training.step(inspect=True).weights
        assert weights is not None and tuple(weights.watched) == names and weights.rule == "adam"
        moved = [after - before for before, after in zip(weights.before, weights.after, strict=True)]
        assert moved == pytest.approx(weights.terms[-1].values, rel=1e-3, abs=1e-7)


def test_a_last_batch_of_one_image_is_left_out() -> None:
    training = net(
        TransferConfig(mode="scratch", size=32, train_size=65, validation_size=10, epochs=1, batch_size=32)
    )
    assert training.total_steps == 2 and [len(training.batch(0, index)[1]) for index in range(2)] == [32, 32]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "magic"},
        {"size": 33},
        {"size": True},
        {"train_size": 10},
        {"lr": math.nan},
        {"batch_size": 1},
        {"epochs": "3"},
        {"more": 1},
    ],
)
def test_settings_that_are_not_allowed(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        TransferConfig.from_json(SMALL.to_json() | wrong)
    assert TransferConfig.from_json(SMALL.to_json()) == SMALL
