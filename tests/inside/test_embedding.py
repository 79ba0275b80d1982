"""core.inside.embedding: PCA against torch's own, signs that don't flip, what the last layer reads."""

import torch
from torch import nn

from core.cifar10 import MEAN, STD
from core.evaluation import evaluate
from core.inside.embedding import IMAGES, Moment, moment, projection
from core.lenet import LeNet
from core.normalise import normalise
from core.training.checkpoints import Weights
from tests.support.sample_data import made_splits


def test_the_plane_is_that_of_the_covariance() -> None:
    features = torch.randn(200, 84, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.1, 3, 84)
    plane = projection(features)
    values, vectors = torch.linalg.eigh(torch.cov(features.T))
    for axis in (0, 1):
        assert abs(float(plane.axes[:, axis] @ vectors[:, -1 - axis])) > 0.999
        assert plane.axes[:, axis][plane.axes[:, axis].abs().argmax()] > 0
    assert abs(plane.captured - float(values[-2:].sum() / values.sum())) < 1e-4
    torch.testing.assert_close(plane(features).mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    assert torch.equal(projection(features).axes, plane.axes)


def test_more_numbers_than_images_have_the_same_plane() -> None:
    features = torch.randn(40, 100, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.1, 3, 100)
    _, sizes, directions = torch.linalg.svd(features - features.mean(0), full_matrices=False)
    plane = projection(features)
    for axis in (0, 1):
        assert abs(float(plane.axes[:, axis] @ directions[axis])) > 0.999
    assert abs(plane.captured - float(sizes[:2].square().sum() / sizes.square().sum())) < 1e-4
    assert projection(torch.ones(5, 84)).captured == 0.0


def test_nothing_but_equal_features_has_a_plane() -> None:
    plane = projection(torch.ones(5, 84))
    assert plane.captured == 0.0 and torch.equal(plane(torch.ones(5, 84)), torch.zeros(5, 2))


def test_a_moment_is_the_verdict_and_what_fc3_reads() -> None:
    model, images = LeNet(), made_splits(validation=30).validation
    found = moment(Weights(model.state_dict(), MEAN, STD, "sketches", 0, 0), images)
    assert len(found.features) == min(IMAGES, 30)
    logits = nn.functional.linear(found.features, model.fc3.weight, model.fc3.bias)
    torch.testing.assert_close(logits, model(normalise(images.images, MEAN, STD)), atol=1e-5, rtol=1e-4)
    assert (
        found.evaluation.accuracy
        == evaluate(model, images.images, images.labels, mean=MEAN, std=STD).accuracy
    )


def test_separation_is_nought_for_equal_classes_and_one_for_points() -> None:
    verdict = moment(
        Weights(LeNet().state_dict(), MEAN, STD, "sketches", 0, 0), made_splits(validation=20).validation
    ).evaluation
    one_point_each = nn.functional.one_hot(verdict.labels, 84).float()
    assert abs(Moment(verdict, one_point_each).separation - 1) < 1e-9
    assert Moment(verdict, torch.ones(20, 84)).separation == 0.0
