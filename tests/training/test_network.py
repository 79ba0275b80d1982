"""A network of one's own: LeNet's list gives LeNet's bits; others train, resume and come back from files."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.errors import InputError
from core.normalise import normalise
from core.shapes.code import from_short, short
from core.shapes.network import PRESETS
from core.shapes.trainable import MOST_PARAMETERS, ends_in_softmax
from core.text import LANGUAGES
from core.training import checkpoints, costs
from core.training.config import TrainConfig
from core.training.network import build, expected
from core.training.run import Training
from tests.shapes.settings import TORCH_WARNS
from tests.support.own_networks import bad, good
from tests.support.sample_data import made_splits, same

pytestmark = [pytest.mark.filterwarnings(warning) for warning in TORCH_WARNS]
SPLITS = made_splits(train=50, validation=20)
# 4 steps an epoch, 2 images in the last.
LENET = TrainConfig(epochs=2, batch_size=16, lr=0.01, flip=True, crop=3, seed=7)
# all that draws numbers or keeps some between the steps
NOISY = (
    "Conv2d(3,4,5,stride=2),BatchNorm2d(4),ReLU(),Dropout2d(),MaxPool2d(2),Flatten(),"
    "Linear(196,20),BatchNorm1d(20),Dropout(),AlphaDropout(),Linear(20,10)"
)
RESNET = (
    "Conv2d(3,4,3,stride=2,bias=False),BatchNorm2d(4),ReLU(),BasicBlock(4,4),BasicBlock(4,6,stride=2),"
    "AdaptiveAvgPool2d(1),Flatten(),Linear(6,10)"
)


def own(network: str, **changes: Any) -> TrainConfig:
    return replace(LENET, network=network, **changes)


def refusal(network: str) -> InputError:
    with pytest.raises(InputError) as caught:
        own(network)
    for language in LANGUAGES:
        assert caught.value.sentence(language)
    return caught.value


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_the_list_of_lenet_gives_the_bits_of_lenet(optimizer: str) -> None:
    lenet = Training(replace(LENET, optimizer=optimizer), SPLITS)
    listed = Training(own(PRESETS["lenet"].text, optimizer=optimizer), SPLITS)
    assert type(listed.model) is nn.Sequential
    assert list(lenet) == list(listed)
    assert same(lenet.state().model, listed.state().model)
    assert same(lenet.state().optimizer, listed.state().optimizer)
    assert lenet.evaluation and listed.evaluation
    assert torch.equal(lenet.evaluation.logits, listed.evaluation.logits)


@pytest.mark.parametrize("network", [NOISY, RESNET], ids=["noisy", "resnet"])
@pytest.mark.parametrize("steps", [1, 3, 4, 5, 7])
def test_a_resumed_run_ends_with_the_same_bits(steps: int, network: str) -> None:
    whole = Training(own(network), SPLITS)
    results = list(whole)
    first = Training(own(network), SPLITS)
    part = iter(first)
    for result in part:
        if first.steps_done == steps and first.epoch_ended is (steps % 4 == 0):
            assert result
            break
    torch.manual_seed(12345)  # what others draw meanwhile
    rest = Training(own(network), SPLITS, first.state())
    assert list(rest)[-1] == results[-1]
    assert same(rest.state().model, whole.state().model)


def test_dropout_leaves_the_random_numbers_of_others_alone() -> None:
    before = torch.random.get_rng_state()
    list(Training(own(NOISY, epochs=1), SPLITS))
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("seed", range(40))
def test_a_random_list_trains(seed: int) -> None:
    config = own(short(good(seed)), flip=False, crop=0)
    try:
        training = Training(config, SPLITS)
    except InputError as error:
        assert error.key == "network_refused" and any(layer.params.get("inplace") for layer in good(seed))
        return
    before = training.state().model
    result = training.step()
    assert math.isfinite(result.loss) and not same(before, training.state().model)
    assert training.judge().validation_accuracy >= 0
    assert costs.training_memory(config, "sketches") >= costs.training_memory(LENET, "sketches")


@pytest.mark.parametrize("seed", range(40))
def test_a_random_list_with_a_fault_is_refused_in_a_sentence(seed: int) -> None:
    refusal(short(bad(seed)) or ",")


@pytest.mark.parametrize(
    ("network", "key", "part"),
    [
        ("Flatten(),Linear(3000,10)", "network_breaks", "fc1: 3072 features arrive"),
        ("Flatten(),Linear(3072,9)", "network_output", "(9,)"),
        ("Linear(32,10)", "network_output", "(3, 32, 10)"),
        ("Conv2d(3,6,5)", "network_output", "(6, 28, 28)"),
        ("Flatten(0),Linear(3072,10)", "network_output", ""),
        ("Other('Block',(10,))", "network_unknown", "Block"),
        ("Flatten(),AvgPool2d(1)", "network_breaks", ""),
        (
            "BasicBlock(4,8),AdaptiveAvgPool2d(1),Flatten(),Linear(8,10)",
            "network_breaks",
            "block1: 3 channels",
        ),
        ("BasicBlock(3,800),AdaptiveAvgPool2d(1),Flatten(),Linear(800,10)", "network_too_large", ""),
        ("Flatten(),Linear(3072,2000),Linear(2000,10)", "network_too_large", "6,166,010"),
        ("Conv2d(3,1000000000,1)", "shape_number", ""),
        ("nn.Linear(", "layers_unread", ""),
        ("__import__('os')", "layer_unknown", ""),
        ("Conv2d(" * 3000, "layers_text_long", ""),
    ],
)
def test_a_list_that_cannot_be_trained_says_why(network: str, key: str, part: str) -> None:
    error = refusal(network)
    assert part in str(error)
    assert error.key == key


@pytest.mark.parametrize("value", [None, 3, ["Flatten()"], b"Flatten()"])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(InputError):
        TrainConfig(network=value)


def test_nothing_to_learn_and_the_largest() -> None:
    nothing = "Flatten(),Unflatten(1,(1,3072,1)),AdaptiveAvgPool2d((10,1)),Flatten()"
    assert refusal(nothing).key == "network_learns_nothing"
    units = (MOST_PARAMETERS - 10) // (3073 + 10)
    kept = own(f"Flatten(),Linear(3072,{units}),Linear({units},10)")
    assert kept.network


def test_settings_of_lenet_are_written_as_before() -> None:
    assert "network" not in LENET.to_json()
    config = own(" Flatten( ) , Linear( in_features=3072, out_features=10 ) ")
    assert config.network == "Flatten(),Linear(3072,10)"
    assert TrainConfig.from_json(config.to_json()) == config
    assert config.differences(LENET) == ["network"]


@pytest.mark.parametrize(("images", "batch_size"), [(49, 16), (50, 1), (33, 16)])
def test_a_batch_of_one_that_pytorch_would_refuse(images: int, batch_size: int) -> None:
    splits = made_splits(train=images)
    with pytest.raises(InputError) as caught:
        Training(own(NOISY, batch_size=batch_size), splits)
    assert caught.value.key == "batch_of_one" and caught.value.values["layer"] == "bn2"
    with pytest.raises(InputError) as caught:
        Training(own("BasicBlock(3,4,32),Flatten(),Linear(4,10)", batch_size=batch_size), splits)
    assert caught.value.key == "batch_of_one" and caught.value.values["layer"] == "block1"
    Training(own("BasicBlock(3,4,16),Flatten(),Linear(16,10)", batch_size=batch_size), splits).step()
    Training(own("Flatten(),Linear(3072,10)", batch_size=batch_size), splits).step()


def test_what_pytorch_refuses_on_the_way_back_is_refused_before_the_first_step() -> None:
    network = "Flatten(),Linear(3072,20),Sigmoid(),ReLU(True),Linear(20,10)"
    Training(own(network.replace("Sigmoid(),", "")), SPLITS).step()
    with pytest.raises(InputError, match=r"modified by an inplace operation\.$"):
        Training(own(network), SPLITS)


def test_softmax_is_trained_and_known() -> None:
    assert ends_in_softmax(from_short("Flatten(),Linear(3072,10),Softmax(1)"))
    assert not ends_in_softmax(from_short(PRESETS["lenet"].text))
    Training(own("Flatten(),Linear(3072,10),Softmax(1)"), SPLITS).step()


# Files


@pytest.fixture(
    params=[NOISY, PRESETS["lenet"].text, PRESETS["vgg"].text, PRESETS["resnet"].text],
    ids=["noisy", "lenet", "vgg", "resnet"],
)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Training, Path]:
    training = Training(own(request.param, epochs=1), SPLITS)
    training.step()
    path = tmp_path / "own.safetensors"
    checkpoints.save_weights(path, training.model, training.config, "sketches", 0, 1, {})
    return training, path


def test_a_file_brings_its_network_back(written: tuple[Training, Path]) -> None:
    training, path = written
    weights = checkpoints.load_weights(path)
    x = normalise(SPLITS.test.images, weights.mean, weights.std)
    with torch.no_grad():
        wanted = training.model.eval()(x)
        assert torch.equal(weights.network()(x), wanted)
        model, stated = checkpoints.load_any(path)
        assert torch.equal(model.eval()(x), wanted)
    assert stated and stated.mean == training.config.mean
    with pytest.raises(InputError, match="LeNet"):
        weights.lenet()


@pytest.mark.parametrize("network", [NOISY, RESNET], ids=["noisy", "resnet"])
def test_a_checkpoint_goes_on(tmp_path: Path, network: str) -> None:
    training = Training(own(network), SPLITS)
    training.step()
    checkpoints.save(tmp_path / "resume.pt", training.config, training.state(), "sketches")
    found = checkpoints.load(tmp_path / "resume.pt")
    assert found.config == training.config
    again = Training(found.config, SPLITS, found.state)
    assert again.step() == training.step()


@pytest.mark.parametrize("network", ["Flatten(),Linear(3072,10)", PRESETS["lenet"].text])
def test_weights_of_another_network_are_refused(tmp_path: Path, network: str) -> None:
    path = tmp_path / "own.safetensors"
    checkpoints.save_weights(path, build(NOISY), own(network), "sketches", 0, 1, {})
    with pytest.raises(InputError) as caught:
        checkpoints.load_weights(path)
    assert caught.value.key == "network_other_weights"


def test_the_state_dict_has_the_names_of_the_calculator() -> None:
    assert list(expected(PRESETS["lenet"].text)) == list(expected(""))
    assert "bn1.running_mean" in expected(NOISY)
    assert {"block1.conv1.weight", "block2.downsample.1.running_var"} <= expected(RESNET).keys()
    assert "block1.downsample.0.weight" not in expected(RESNET)
