"""core.diagnosis.measuring: the numbers are torch's, and measuring changes no bit of the training."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.diagnosis.measuring import Activations, Probe
from core.jobs import vitals
from core.jobs.vitals import Vitals
from core.normalise import normalise
from core.training.config import TrainConfig
from core.training.run import Training
from tests.support.sample_data import made_splits, same

SPLITS = made_splits(train=200, validation=20)
CONFIG = TrainConfig(epochs=2, batch_size=64, lr=0.01, seed=3)
# Buffers that change in a forward pass, random numbers, ReLUs in place.
OWN = (
    "Conv2d(3,8,3,stride=2),BatchNorm2d(8),ReLU(inplace=True),Flatten(),"
    "Linear(1800,20),Dropout(0.3),ReLU(),Linear(20,10)"
)


def probed(training: Training) -> Vitals:
    probe = Probe(training)
    training.step()
    return probe.vitals()


@pytest.mark.parametrize("fault", ["none", "no_zero_grad"])
@pytest.mark.parametrize("network", ["", OWN])
def test_measuring_every_step_changes_no_bit(network: str, fault: str) -> None:
    config = replace(CONFIG, network=network, fault=fault)
    measured, alone = Training(config, SPLITS), Training(config, SPLITS)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for _ in range(4):
        probed(measured)
        alone.step()
    assert same(measured.state().model, alone.state().model)
    assert same(measured.state().optimizer, alone.state().optimizer)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_numbers_of_a_step_are_torchs() -> None:
    training = Training(CONFIG, SPLITS)
    training.step()
    images, labels = training.batch(0, 1)
    more = torch.cat([images, training.batch(0, 2)[0]])  # 128 images, for units and outputs
    twin = Training(CONFIG, SPLITS, training.state()).model
    F.cross_entropy(twin(images), labels).backward()
    outputs = outputs_of(twin, more)
    found = probed(training)
    assert (found.step, found.epoch, found.images, found.classes) == (2, 1, 64, len(labels.unique()))
    assert [row.name for row in found.layers] == list(outputs)
    for row in found.layers:
        output, before = outputs[row.name], flat(twin, row.name)
        update = flat(training.model, row.name) - before
        gradient = flat(twin, row.name, of="grad")
        expected = numbers(output.std(correction=0), gradient.norm(), before.norm(), update.norm())
        assert (row.activation, row.gradient, row.weight, row.update) == pytest.approx(expected, rel=1e-4)
        silent = (F.relu(output) == 0).transpose(0, 1).flatten(1).all(1).double().mean()
        assert row.dead == (None if row.name == "fc3" else float(silent))
    assert found.inputs == pytest.approx(numbers(images.mean(), images.std(correction=0)))
    shown = normalise(SPLITS.validation.images, CONFIG.mean, CONFIG.std)
    assert found.validation == pytest.approx(numbers(shown.mean(), shown.std(correction=0)))
    logits = outputs["fc3"]
    sums = logits.sum(1)
    assert (found.lowest, *found.sums) == pytest.approx(
        numbers(logits.min(), sums.min(), sums.max()), abs=1e-5
    )
    assert found.spread == pytest.approx(logits.std(0, correction=0).mean().item(), rel=1e-4)
    assert found.leftover == 0.0


@torch.no_grad()
def outputs_of(model: Any, images: Tensor) -> dict[str, Tensor]:
    """What each layer of LeNet returns."""
    conv1 = model.conv1(images)
    conv2 = model.conv2(model.pool(F.relu(conv1)))
    fc1 = model.fc1(model.pool(F.relu(conv2)).flatten(1))
    fc2 = model.fc2(F.relu(fc1))
    return {"conv1": conv1, "conv2": conv2, "fc1": fc1, "fc2": fc2, "fc3": model.fc3(F.relu(fc2))}


def numbers(*scalars: Tensor) -> list[float]:
    return [float(scalar) for scalar in scalars]


def flat(model: nn.Module, layer: str, of: str = "data") -> Tensor:
    """All weights of a layer in a row, or their gradients."""
    return torch.cat([getattr(p, of).flatten() for p in getattr(model, layer).parameters()]).clone()


def test_what_a_fault_does_is_measured() -> None:
    sick = Training(replace(CONFIG, fault="no_zero_grad"), SPLITS)
    first, second = probed(sick), probed(sick)
    assert first.leftover == 0.0
    norm = sum(row.gradient**2 for row in first.layers if row.gradient is not None) ** 0.5
    assert second.leftover == pytest.approx(norm, rel=1e-5)
    assert probed(Training(replace(CONFIG, fault="double_softmax"), SPLITS)).sums == pytest.approx((1.0, 1.0))
    assert probed(Training(replace(CONFIG, fault="class_order"), SPLITS)).classes < 10
    dead = probed(Training(replace(CONFIG, fault="dead_relus"), SPLITS))
    assert [row.dead for row in dead.layers] == [1.0, 1.0, 1.0, 1.0, None]


def test_relus_are_told_by_the_layer_before_them_whoever_calls_them() -> None:
    model = Training(replace(CONFIG, network=OWN), SPLITS).model
    with torch.no_grad(), Activations(model) as found:
        model(torch.randn(16, 3, 32, 32))
    assert list(found.dead) == ["bn1", "fc1"] and set(found.std) == {"conv1", "bn1", "fc1", "fc2"}
    with torch.no_grad():
        model(torch.zeros(2, 3, 32, 32))
    assert len(found.std) == 4  # closed: nothing is recorded any more


def test_a_report_survives_json() -> None:
    found = probed(Training(CONFIG, SPLITS))
    assert vitals.read(json.loads(json.dumps(asdict(found)))) == found
