"""core.diagnosis.measuring: the numbers are torch's, and measuring changes no bit of the training."""

import json
from dataclasses import asdict, replace

import pytest
import torch
import torch.nn.functional as F

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
    before = {
        name: torch.cat([p.detach().flatten() for p in layer.parameters()])
        for name, layer in twin.named_children()
        if any(True for _ in layer.parameters())
    }
    found = probed(training)
    x1 = twin.conv1(more)
    x2 = twin.conv2(twin.pool(F.relu(x1)))
    x3 = twin.fc1(twin.pool(F.relu(x2)).flatten(1))
    x4 = twin.fc2(F.relu(x3))
    logits = twin.fc3(F.relu(x4))
    assert (found.step, found.epoch, found.images, found.classes) == (2, 1, 64, len(labels.unique()))
    assert [row.name for row in found.layers] == ["conv1", "conv2", "fc1", "fc2", "fc3"]
    for row, output in zip(found.layers, (x1, x2, x3, x4, logits), strict=True):
        layer = getattr(twin, row.name)
        gradient = torch.cat([p.grad.flatten() for p in layer.parameters()])
        now = torch.cat([p.detach().flatten() for p in getattr(training.model, row.name).parameters()])
        silent = (F.relu(output) == 0).transpose(0, 1).flatten(1).all(1).double().mean()
        expected = (
            output.std(correction=0),
            gradient.norm(),
            before[row.name].norm(),
            (now - before[row.name]).norm(),
        )
        assert (row.activation, row.gradient, row.weight, row.update) == pytest.approx(
            [float(x) for x in expected], rel=1e-4
        )
        assert row.dead == (None if row.name == "fc3" else float(silent))
    assert found.inputs == pytest.approx((float(images.mean()), float(images.std(correction=0))))
    shown = normalise(SPLITS.validation.images, CONFIG.mean, CONFIG.std)
    assert found.validation == pytest.approx((float(shown.mean()), float(shown.std(correction=0))))
    sums = logits.sum(1)
    assert (found.lowest, *found.sums) == pytest.approx(
        (float(logits.min()), float(sums.min()), float(sums.max())), abs=1e-5
    )
    assert found.spread == pytest.approx(float(logits.std(0, correction=0).mean()), rel=1e-4)
    assert found.leftover == 0.0


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
