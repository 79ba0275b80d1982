"""core.evaluation: F.cross_entropy and counting by hand are the oracles."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.cifar10 import MEAN, STD
from core.evaluation import BATCH, Evaluation, evaluate
from core.lenet import LeNet
from core.normalise import normalise
from tests.support.sample_data import noise


def judged(logits: Tensor, labels: Tensor) -> Evaluation:
    """Evaluation of a network that outputs `logits` for any images."""

    class Says(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.at = 0
            self.unused = nn.Parameter(torch.zeros(1))

        def forward(self, x: Tensor) -> Tensor:
            self.at += len(x)
            return logits[self.at - len(x) : self.at]

    return evaluate(Says(), torch.zeros(len(labels), 3, 4, 4, dtype=torch.uint8), labels, mean=MEAN, std=STD)


@pytest.fixture(scope="module")
def made() -> Evaluation:
    """200 answers that are often right; class 3 is never predicted, class 7 never occurs."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 10, (200,), generator=generator)
    labels[labels == 7] = 8
    logits = torch.randn(200, 10, generator=generator) * 2 + 3 * F.one_hot(labels, 10)
    logits[:, 3] = -20.0
    return judged(logits, labels)


class Viewed(LeNet):
    """LeNet with `view` after the convolutions, as most tutorials write it."""

    def forward(self, x: Tensor) -> Tensor:
        maps = self.pool(F.relu(self.conv2(self.pool(F.relu(self.conv1(x))))))
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(maps.view(-1, 16 * 5 * 5))))))


def test_judges_a_network_that_views_its_maps() -> None:
    torch.manual_seed(0)
    model, (images, labels) = Viewed(), noise(30)
    same = LeNet()
    same.load_state_dict(model.state_dict())
    logits = [evaluate(network, images, labels, mean=MEAN, std=STD).logits for network in (model, same)]
    torch.testing.assert_close(*logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, BATCH - 1, BATCH, BATCH + 1])
def test_equals_one_pass_over_everything(count: int) -> None:
    torch.manual_seed(0)
    model, (images, labels) = LeNet(), noise(count)
    result = evaluate(model, images, labels, mean=MEAN, std=STD)
    with torch.no_grad():
        logits = model(normalise(images, MEAN, STD))
    torch.testing.assert_close(result.logits, logits, rtol=1e-4, atol=1e-5)
    assert result.loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)
    assert result.accuracy == (result.logits.argmax(1) == labels).sum().item() / count
    assert (
        result.confusion.sum() == count
        and result.logits.shape == (count, 10)
        and torch.equal(result.labels, labels)
    )


def test_confusion_counts_true_rows_and_predicted_columns() -> None:
    logits = F.one_hot(torch.tensor([0, 1, 1, 2, 2, 2]), 3).float()
    result = judged(logits, torch.tensor([0, 0, 1, 2, 2, 0]))
    assert result.confusion.tolist() == [[1, 1, 1], [0, 1, 0], [0, 0, 2]]
    assert result.accuracy == 4 / 6 and result.predictions.tolist() == [0, 1, 1, 2, 2, 2]
    assert result.standard_error == pytest.approx(math.sqrt(4 / 6 * 2 / 6 / 6))


def test_scores_of_each_class_by_counting(made: Evaluation) -> None:
    scores = made.per_class
    pairs = list(zip(made.labels.tolist(), made.predictions.tolist(), strict=True))
    for label in range(10):
        hits = sum(true == guess == label for true, guess in pairs)
        occurs, predicted = sum(true == label for true, _ in pairs), sum(guess == label for _, guess in pairs)
        expected = [
            hits / predicted if predicted else math.nan,
            hits / occurs if occurs else math.nan,
            2 * hits / (occurs + predicted),
        ]
        found = [float(scores.precision[label]), float(scores.recall[label]), float(scores.f1[label])]
        assert found == pytest.approx(expected, nan_ok=True) and scores.support[label] == occurs
    assert math.isnan(scores.precision[3]) and scores.recall[3] == 0 and math.isnan(scores.recall[7])


def test_confusion_and_confidence_by_counting(made: Evaluation) -> None:
    for true in range(10):
        for predicted in range(10):
            expected = [
                i
                for i in range(200)
                if (int(made.labels[i]), int(made.logits[i].argmax())) == (true, predicted)
            ]
            assert made.confusion[true, predicted] == len(expected)
            expected.sort(key=lambda i: -float(F.softmax(made.logits[i], 0).max()))
            assert made.cell(true, predicted).tolist() == expected


@pytest.mark.parametrize("count", [0, 1, 5, 1000])
def test_worst_mistakes_are_wrong_and_the_surest_first(made: Evaluation, count: int) -> None:
    wrong = [i for i in range(200) if made.labels[i] != made.logits[i].argmax()]
    wrong.sort(key=lambda i: -float(F.softmax(made.logits[i], 0).max()))
    assert len(wrong) > 10 and made.worst_mistakes(count).tolist() == wrong[:count]


def test_equal_confidences_stay_in_order() -> None:
    result = judged(torch.zeros(30, 10), torch.ones(30, dtype=torch.int64))
    assert result.worst_mistakes(30).tolist() == result.cell(1, 0).tolist() == list(range(30))


@pytest.mark.parametrize("bins", [1, 7, 10])
def test_calibration_by_counting(made: Evaluation, bins: int) -> None:
    result = made.calibration(bins)
    members: list[list[int]] = [[] for _ in range(bins)]
    for i, confidence in enumerate(made.confidence.tolist()):
        members[min(int(confidence * bins), bins - 1)].append(i)
    error = 0.0
    for index, inside in enumerate(members):
        assert result.count[index] == len(inside)
        if not inside:
            assert result.confidence[index].isnan() and result.accuracy[index].isnan()
            continue
        confidence = sum(float(made.confidence[i]) for i in inside) / len(inside)
        accuracy = sum(bool(made.predictions[i] == made.labels[i]) for i in inside) / len(inside)
        assert float(result.confidence[index]) == pytest.approx(confidence) and float(
            result.accuracy[index]
        ) == pytest.approx(accuracy)
        error += len(inside) * abs(confidence - accuracy) / 200
    assert result.error == pytest.approx(error) and result.error > 0


def test_calibration_of_the_surest_and_the_least_sure() -> None:
    sure = judged(
        100 * F.one_hot(torch.tensor([0, 1, 2, 3]), 10).float(), torch.tensor([0, 1, 2, 0])
    ).calibration()
    assert sure.count.tolist() == [0] * 9 + [4] and sure.error == pytest.approx(0.25)
    unsure = judged(torch.zeros(10, 10), torch.arange(10)).calibration()
    assert unsure.error == pytest.approx(0.0, abs=1e-6) and unsure.count.sum() == 10


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_diverged_network_can_still_be_judged(value: float) -> None:
    logits = torch.randn(20, 10, generator=torch.Generator().manual_seed(0))
    logits[5:10] = value
    result = judged(logits, torch.arange(20) % 10)
    assert not math.isfinite(result.loss) and result.confusion.sum() == 20 and 0 <= result.accuracy <= 1
    assert result.confidence[5:10].tolist() == [0.0] * 5 and result.confidence[:5].min() > 0.1
    calibration = result.calibration()
    assert calibration.count.sum() == 20 and calibration.count[0] == 5 and 0 <= calibration.error <= 1
    assert len(result.worst_mistakes(24)) == (result.predictions != result.labels).sum()


class Recorder(LeNet):
    """LeNet that records the mode of each call; raises if broken."""

    def __init__(self, broken: bool) -> None:
        super().__init__()
        self.modes: list[tuple[bool, bool]] = []
        self.broken = broken

    def forward(self, x: Tensor) -> Tensor:
        self.modes.append((self.training, torch.is_grad_enabled()))
        if self.broken:
            raise RuntimeError("broken")
        return super().forward(x)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("broken", [True, False])
def test_the_mode_is_restored_whatever_happens(training: bool, broken: bool) -> None:
    model, (images, labels) = Recorder(broken), noise(3)
    model.train(training)
    arguments: dict[str, Any] = {"mean": MEAN, "std": STD}
    if broken:
        with pytest.raises(RuntimeError, match="broken"):
            evaluate(model, images, labels, **arguments)
    else:
        assert not evaluate(model, images, labels, **arguments).logits.requires_grad
    assert model.modes == [(False, False)] and model.training == model.conv1.training == training
    assert torch.is_grad_enabled()


def test_mean_and_std_are_used() -> None:
    torch.manual_seed(0)
    model, (images, labels) = LeNet(), noise(10)
    result, other = (
        evaluate(model, images, labels, mean=mean, std=(0.5,) * 3) for mean in ((0.5,) * 3, (0.1, 0.5, 0.9))
    )
    assert not torch.equal(result.logits, other.logits)


@pytest.mark.parametrize("confidence", [0.1, 0.25, 0.999, 1.0])
def test_the_bin_of_a_confidence(made: Evaluation, confidence: float) -> None:
    found = made.calibration().at(confidence)
    assert found.low <= confidence <= found.high and found.high - found.low == pytest.approx(
        1 / len(made.calibration().count)
    )
    sure = made.confidence.double()
    inside = (sure >= found.low) & ((sure < found.high) | (found.high == 1.0))
    assert found.count == int(inside.sum())
    right = (made.predictions == made.labels)[inside].double()
    assert (
        math.isnan(found.accuracy)
        if not found.count
        else found.accuracy == pytest.approx(float(right.mean()))
    )


def test_mean_logits_are_of_the_images_asked_for(made: Evaluation) -> None:
    rows = torch.tensor([3, 150, 7])
    expected = torch.stack([made.logits[3], made.logits[150], made.logits[7]]).double().mean(0)
    torch.testing.assert_close(made.mean_logits(rows), expected, rtol=0, atol=0)


def test_the_favourite_is_the_answer_given_most_often(made: Evaluation) -> None:
    counts = [sum(answer == label for answer in made.predictions.tolist()) for label in range(10)]
    assert made.favourite == (counts.index(max(counts)), max(counts) / 200)
