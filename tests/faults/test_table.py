"""core.faults.table: each fault does what a wrong line does in torch, and nothing else, resumed too."""

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import InputError
from core.evaluation import evaluate
from core.faults.table import FAULTS
from core.lenet import LeNet
from core.training import checkpoints
from core.training.config import TrainConfig
from core.training.loop import EpochResult, StepResult
from core.training.network import fresh
from core.training.run import Training
from tests.support.sample_data import made_splits, same

SPLITS = made_splits(train=50, validation=20)
CONFIG = TrainConfig(epochs=2, batch_size=16, optimizer="sgd", lr=0.05, seed=3)


def training(fault: str, state: Any = None) -> Training:
    return Training(replace(CONFIG, fault=fault), SPLITS, state)


def test_no_fault_is_the_default_and_is_not_written() -> None:
    assert CONFIG.fault == "none" and "fault" not in CONFIG.to_json()
    config = replace(CONFIG, fault="lr_low")
    assert TrainConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize("name", ["", "None", "lr", 1, None])
def test_a_fault_that_is_none_is_refused(name: Any) -> None:
    with pytest.raises(InputError, match="fault can't be"):
        replace(CONFIG, fault=name)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "lr_high"])
def test_a_sick_run_resumes_with_the_same_bits(fault: str, tmp_path: Any) -> None:
    whole, half = training(fault), training(fault)
    expected = list(whole)
    steps = [half.step() for _ in range(3)]
    checkpoints.save(tmp_path / "half.pt", half.config, half.state(), "sketches")
    resumed = training(fault, checkpoints.load(tmp_path / "half.pt").state)
    assert [*steps, *resumed] == expected
    assert same(resumed.model.state_dict(), whole.model.state_dict())


@pytest.mark.parametrize(("fault", "factor"), [("lr_high", 1000), ("lr_low", 1e-5)])
def test_the_learning_rate_is_far_from_what_works(fault: str, factor: float) -> None:
    assert training(fault).step().lr == pytest.approx(factor * CONFIG.lr)
    extreme = {"lr_high": 100.0, "lr_low": 1e-8}[fault]  # where a training's settings end
    assert FAULTS[fault].applied(replace(CONFIG, lr=extreme)).lr == extreme


def test_without_zero_grad_gradients_add_up() -> None:
    sick = training("no_zero_grad")
    model = fresh("", CONFIG.seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=CONFIG.lr, fused=True)
    for index in range(4):
        images, labels = sick.batch(0, index)
        F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        sick.step()
    assert same(sick.model.state_dict(), model.state_dict())


def test_a_second_softmax_comes_before_the_loss_and_keeps_the_answers() -> None:
    sick = training("double_softmax")
    images, labels = sick.batch(0, 0)
    logits = fresh("", CONFIG.seed)(images)
    expected = F.cross_entropy(F.softmax(logits, 1), labels)
    first = sick.step()
    assert first.loss == pytest.approx(expected.item(), abs=1e-6)
    assert first.accuracy == float((logits.argmax(1) == labels).double().mean())


def test_shuffled_labels_are_the_same_labels_at_other_images() -> None:
    sick, sound = training("labels_shuffled").train, training("none").train
    assert torch.equal(sick.images, sound.images) and not torch.equal(sick.labels, sound.labels)
    assert torch.equal(sick.labels.sort().values, sound.labels.sort().values)
    assert torch.equal(training("labels_shuffled").train.labels, sick.labels)


def test_validation_images_are_only_divided_by_255() -> None:
    sick, sound = training("validation_raw"), training("none")
    results, healthy = list(sick), list(sound)
    assert [row for row in results if isinstance(row, StepResult)] == [
        row for row in healthy if isinstance(row, StepResult)
    ]
    raw = evaluate(
        sick.model, SPLITS.validation.images, SPLITS.validation.labels, mean=(0,) * 3, std=(1,) * 3
    )
    last = results[-1]
    assert isinstance(last, EpochResult) and last.validation_loss == raw.loss
    assert last.validation_loss != healthy[-1].validation_loss  # type: ignore[union-attr]


def test_zero_weights_move_in_the_last_bias_alone() -> None:
    sick = training("weights_zero")
    assert all(not parameter.any() for parameter in sick.model.parameters())
    assert sick.step().loss == pytest.approx(float(torch.tensor(10.0).log()))
    list(sick)
    assert [name for name, p in sick.model.named_parameters() if p.any()] == ["fc3.bias"]


@pytest.mark.parametrize("network", ["", "Conv2d(3,8,3),BatchNorm2d(8),ReLU(),Flatten(),Linear(7200,10)"])
def test_dead_relus_let_nothing_through(network: str) -> None:
    model = fresh(network, 0)
    FAULTS["dead_relus"].network(model)
    outputs: list[Tensor] = []
    last = list(model.children())[-1] if network else model.fc3  # type: ignore[union-attr]
    assert isinstance(last, nn.Module)
    last.register_forward_hook(lambda module, inputs, output: outputs.append(inputs[0]))
    model(torch.randn(16, 3, 32, 32))
    assert not outputs[0].any()


def test_images_come_class_by_class() -> None:
    labels = torch.cat([training("class_order").batch(0, index)[1] for index in range(4)])
    assert torch.equal(labels, SPLITS.train.labels.sort().values)


def test_pixels_stay_between_0_and_255() -> None:
    sick = training("pixels_255")
    images, _ = sick.batch(0, 0)
    assert 200 < images.max() <= 255.001 and images.min() >= 0
    assert sick.judged_with == (sick.config.mean, sick.config.std)


def test_the_network_of_a_sick_run_is_lenet() -> None:
    assert isinstance(training("double_softmax").model, LeNet)
