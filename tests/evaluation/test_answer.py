"""core.evaluation.answer against softmax by hand, and what counts as an answer."""

import torch
from torch import nn

from core.cifar10 import MEAN, STD
from core.evaluation.answer import Answer, answer
from core.lenet import LeNet
from core.normalise import normalise
from tests.support.sample_data import noise


def test_the_answer_is_the_softmax_of_the_logits_and_the_mode_is_restored() -> None:
    model = nn.Sequential(LeNet(), nn.Dropout(0.5)).train()
    image = noise(1)[0]
    result = answer(model, image, MEAN, STD)
    assert model.training and model[1].training
    logits = model[0](normalise(image, MEAN, STD))[0].detach()
    torch.testing.assert_close(result.probabilities, logits.exp() / logits.exp().sum())
    # Nothing was dropped.
    assert torch.equal(result.probabilities, answer(model, image, MEAN, STD).probabilities)


def test_the_most_probable_come_first_and_equals_in_their_order() -> None:
    result = Answer(torch.tensor([0.1, 0.3, 0.3, 0.2, 0.1]))
    assert [label for label, _ in result.top(4)] == [1, 2, 3, 0]
    assert result.top(1) == [(1, float(result.probabilities[1]))]
    assert len(result.top(99)) == 5


def test_a_class_is_likely_when_it_outweighs_all_others() -> None:
    assert not Answer(torch.full((10,), 0.1)).likely
    assert not Answer(torch.tensor([0.5, 0.5])).likely
    assert Answer(torch.tensor([0.51, 0.49])).likely
