"""core.layers.modes: both modes of Dropout and BatchNorm by their formulas, and what no_grad() keeps."""

import threading

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import InputError
from core.layers import modes
from core.layers.modes import ROW, LeNetWithModes, cases, difference, noise, passes, sensitive, with_modes
from core.lenet import LeNet

X = torch.tensor(ROW)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_dropout_scales_what_it_keeps(p: float) -> None:
    draws = [passes(count, p) for count in range(1, 21)]
    for found in draws:
        kept = found.dropout_train != 0
        torch.testing.assert_close(found.dropout_train[kept], X[kept] / (1 - p))
        assert torch.equal(found.dropout_eval, X)
    zeros = sum(int((found.dropout_train == 0).sum()) for found in draws) / (20 * len(ROW))
    assert zeros == pytest.approx(p, abs=0.12)
    assert modes.kept_on_average(p) == pytest.approx(1, abs=0.05)


def test_dropout_draws_anew_in_each_pass_and_the_same_for_the_same_pass() -> None:
    drawn = [tuple(passes(count, 0.5).dropout_train.tolist()) for count in range(1, 9)]
    assert len(set(drawn)) > 5
    assert drawn[3] == tuple(passes(4, 0.5).dropout_train.tolist())


@pytest.mark.parametrize("count", [1, 2, 7, 50])
def test_batchnorm_remembers(count: int) -> None:
    found = passes(count, 0.5)
    mean, variance = X.mean().item(), X.var(correction=0).item()
    assert (found.mean, found.variance, found.unbiased) == pytest.approx((4.5, 5.25, 6.0))
    torch.testing.assert_close(found.norm_train, (X - mean) / (variance + 1e-5) ** 0.5)
    left = 0.9**count  # of running_mean 0 and running_var 1, which BatchNorm starts with
    running = (1 - left) * mean, left + (1 - left) * X.var().item()
    assert found.running == pytest.approx(running, rel=1e-5)
    before = 0.9 ** (count - 1)
    assert found.running_before == pytest.approx(((1 - before) * mean, before + (1 - before) * 6.0), rel=1e-5)
    torch.testing.assert_close(found.norm_eval, (X - running[0]) / (running[1] + 1e-5) ** 0.5)


@pytest.mark.parametrize(
    ("count", "p"),
    [(0, 0.5), (51, 0.5), (1.5, 0.5), (True, 0.5), (1, 1.0), (1, -0.1), (1, float("nan")), (1, "x")],
)
def test_other_settings_are_refused(count: int, p: float) -> None:
    with pytest.raises(InputError):
        passes(count, p)


def test_a_batch_of_one_is_pytorchs_own_sentence() -> None:
    said = (
        "ValueError: Expected more than 1 value per channel when training, got input size torch.Size([1, 1])"
    )
    assert modes.batch_of_one().error == said


def test_lenet_is_the_same_in_both_modes() -> None:
    model = LeNet()
    images, labels = noise()
    assert sensitive(model) == ()
    assert difference(model, images) == 0
    found = cases(model, images, labels)
    assert {case.loss.item() for case in found} == {F.cross_entropy(model(images), labels).item()}
    assert not any(case.moved for case in found)


def test_with_both_layers_the_mode_changes_the_numbers_and_no_grad_does_not() -> None:
    lenet = LeNet()
    model = with_modes(lenet)
    images, labels = noise()
    assert sensitive(model) == ("norm", "dropout")
    assert all(torch.equal(model.state_dict()[name], value) for name, value in lenet.state_dict().items())
    assert difference(model, images) > 0.001
    trained, trained_bare, judged, judged_bare = cases(model, images, labels)
    assert trained.loss.item() == trained_bare.loss.item() != judged.loss.item() == judged_bare.loss.item()
    assert judged.loss.item() == F.cross_entropy(model.eval()(images), labels).item()
    assert [case.moved for case in (trained, trained_bare, judged, judged_bare)] == [True, True, False, False]
    for case in (trained, judged):
        assert case.loss.requires_grad and case.loss.grad_fn is not None
        assert case.saved > 10
        assert case.backward.error is None
    for case in (trained_bare, judged_bare):
        assert not case.loss.requires_grad and case.loss.grad_fn is None
        assert case.saved == 0
        said = "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn"
        assert case.backward.error == said


def test_looking_changes_nothing() -> None:
    model = LeNetWithModes()
    before, state = model.training, {name: value.clone() for name, value in model.state_dict().items()}
    generator = torch.get_rng_state()
    cases(model, *noise())
    difference(model, noise()[0])
    passes(3, 0.5)
    assert model.training == before
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), generator)


@pytest.mark.clock
def test_many_at_once_see_the_same_numbers() -> None:
    model, found = with_modes(LeNet()), []
    images, labels = noise()

    def look() -> None:
        for _ in range(5):
            found.append([case.loss.item() for case in cases(model, images, labels)])

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert all(losses == found[0] for losses in found)


def test_every_layer_with_two_modes_is_named() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(), nn.BatchNorm1d(4)
    )
    assert sensitive(model) == ("1", "3", "4")
