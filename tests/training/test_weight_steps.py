"""core.training.weight_steps: torch.optim on a copy of the network is the oracle for every number."""

import copy
from itertools import pairwise
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from core.optimizers import OPTIMIZERS
from core.training.config import TrainConfig
from core.training.run import Training
from core.training.weight_steps import WeightSteps, chosen
from tests.support.sample_data import made_splits

SPLITS = made_splits(train=50, validation=20)
HYPER = {"rmsprop": {"momentum": 0.5, "alpha": 0.8}, "adagrad": {"lr_decay": 0.1}, "adam": {"beta1": 0.7}}
# What torch keeps of a term, by the term's symbol; which of them depends on the optimizer.
KEPT = {
    "m_t": ("exp_avg",),
    "v_t": ("exp_avg_sq", "square_avg", "momentum_buffer"),
    "G_t": ("sum",),
    "u_t": ("acc_delta",),
}


def training_of(rule: str, weight_decay: float = 0.01) -> Training:
    config = TrainConfig(
        epochs=9,
        batch_size=16,
        optimizer=rule,
        lr=OPTIMIZERS[rule].lr,
        weight_decay=weight_decay,
        schedule="cosine",
        hyper=HYPER.get(rule, {}),
    )
    return Training(config, SPLITS)


def beside(training: Training) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """A copy of the network with the plain optimizer of torch in the same state, its gradients computed."""
    model, config = copy.deepcopy(training.model), training.config
    optimizer = OPTIMIZERS[config.optimizer].build(
        model.parameters(), config.lr, config.weight_decay, **config.hyper
    )
    optimizer.load_state_dict(copy.deepcopy(training.optimizer.state_dict()))
    for group in optimizer.param_groups:
        group["fused"] = False
    images, labels = training.batch(*divmod(training.steps_done, training.steps_per_epoch))
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    return model, optimizer


def inspected(training: Any) -> WeightSteps:
    weights = training.step(inspect=True).weights
    assert isinstance(weights, WeightSteps)
    return weights


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_every_number_is_torchs(rule: str, weight_decay: float) -> None:
    training = training_of(rule, weight_decay)
    for number in range(1, 10):
        if number not in (1, 2, 9):  # with no state, with one, and where RAdam has begun to rectify
            training.step()
            continue
        model, optimizer = beside(training)
        weights = inspected(training)
        assert weights.rule == rule and weights.hyper["weight_decay"] == weight_decay
        assert weights.hyper["lr"] == optimizer.param_groups[0]["lr"]
        parameters = [(model.get_parameter(name), index) for name, index in weights.watched.items()]
        terms = {term.symbol: term.values for term in weights.terms}
        assert list(weights.before) == [parameter[index].item() for parameter, index in parameters]
        own = [parameter.grad[index].item() for parameter, index in parameters]
        assert list(terms["g_t"]) == pytest.approx(own, rel=1e-4)
        for mine, its in zip(model.parameters(), training.model.parameters(), strict=True):
            mine.grad = its.grad.clone()  # the same bits, which another layout in memory would not give
        optimizer.step()
        expected = [parameter[index].item() for parameter, index in parameters]
        assert list(weights.after) == pytest.approx(expected, rel=1e-6)
        moved = weights.terms[-1].values
        assert sum(step != 0 for step in moved) >= 3  # a unit may be off for a whole batch
        for before, step, after in zip(weights.before, moved, weights.after, strict=True):
            rounding = 1.2e-7 * max(abs(before), abs(after))  # of a weight in single precision
            assert after - before == pytest.approx(step, rel=1e-5, abs=rounding)
        for symbol, names in KEPT.items():
            state = optimizer.state[parameters[0][0]]
            name = next((name for name in names if name in state), "")
            if symbol in terms and name:
                kept = [optimizer.state[parameter][name][index].item() for parameter, index in parameters]
                # a mean whose parts cancel is only as exact as they are
                size = max(map(abs, kept))
                assert list(terms[symbol]) == pytest.approx(kept, rel=1e-5, abs=1e-6 * size)


def test_one_weight_of_each_layer_and_the_same_all_along() -> None:
    training = training_of("momentum")
    steps = [inspected(training) for _ in range(4)]
    layers = [f"{layer}.weight" for layer in ("conv1", "conv2", "fc1", "fc2", "fc3")]
    assert all(list(step.watched) == layers for step in steps)
    for earlier, later in pairwise(steps):
        assert later.watched == earlier.watched and later.before == earlier.after


def test_what_was_watched_before_is_watched_again_unless_it_makes_no_sense() -> None:
    training = training_of("sgd")
    inspected(training)
    wanted = {"conv1.weight": [0, 1, 2, 3], "fc3.weight": [9, 83]}
    found = chosen(training.model, wanted)
    assert (found["conv1.weight"], found["fc3.weight"]) == ((0, 1, 2, 3), (9, 83))
    first = chosen(training.model, {})
    for wrong in ([0, 1, 2], [6, 0, 0, 0], [0, 0, 0, -1], [0, 0, 0, "1"], "x", None, 7):
        assert chosen(training.model, {"conv1.weight": wrong, "no.such": [0]}) == first


def test_inspecting_changes_no_bit() -> None:
    plain, looked = training_of("radam"), training_of("radam")
    for _ in range(5):
        plain.step()
        inspected(looked)
    for one, other in zip(plain.model.parameters(), looked.model.parameters(), strict=True):
        assert torch.equal(one, other)
