"""Experiments on the training images: the counts, that nothing else changes, and that a seed repeats them."""

from dataclasses import replace

import pytest
import torch

from core.dataset import ImageSet
from core.dataset.experiments import mislabelled, unequal
from core.training.config import TrainConfig
from core.training.loop import generator
from core.training.run import Training
from tests.support.sample_data import made_splits, same

LABELS = torch.arange(1000) % 10
IMAGES = ImageSet(torch.arange(1000, dtype=torch.int16).view(-1, 1, 1, 1), LABELS, "train")
SPLITS = made_splits(train=120, validation=20)
CONFIG = TrainConfig(epochs=1, batch_size=16, seed=5)


def drawn(key: int) -> torch.Generator:
    return generator(key)


@pytest.mark.parametrize(("share", "wrong"), [(0.0, 0), (0.2, 200), (0.0006, 1), (1.0, 1000)])
def test_so_many_labels_are_wrong_and_no_image_moves(share: float, wrong: int) -> None:
    result = mislabelled(IMAGES, share, drawn(1))
    assert int((result.labels != LABELS).sum()) == wrong
    assert result.images is IMAGES.images and LABELS.equal(torch.arange(1000) % 10)
    assert result.labels.min() >= 0 and result.labels.max() <= 9
    assert result.labels.equal(mislabelled(IMAGES, share, drawn(1)).labels)
    assert wrong in (0, 1) or not result.labels.equal(mislabelled(IMAGES, share, drawn(2)).labels)


def test_every_wrong_class_is_as_likely_as_another() -> None:
    labels = torch.zeros(90_000, dtype=torch.long)
    result = mislabelled(ImageSet(torch.empty(90_000), labels, "train"), 1.0, drawn(3))
    counts = torch.bincount(result.labels, minlength=10)
    assert counts[0] == 0 and (counts[1:] - 10_000).abs().max() < 500  # five standard deviations


@pytest.mark.parametrize(("factor", "last"), [(1.0, 100), (10.0, 10), (100.0, 1), (1000.0, 1)])
def test_the_first_class_has_so_many_times_the_images_of_the_last(factor: float, last: int) -> None:
    result = unequal(IMAGES, factor, drawn(1))
    counts = result.counts
    assert counts[0] == 100 and counts[9] == last and counts == sorted(counts, reverse=True)
    rows = result.images.flatten().tolist()
    assert rows == sorted(set(rows)) and result.labels.tolist() == [row % 10 for row in rows]
    assert unequal(IMAGES, factor, drawn(1)).images.equal(result.images)


def test_a_class_that_is_missing_stays_missing() -> None:
    few = ImageSet(IMAGES.images[:7], LABELS[:7], "train")
    assert unequal(few, 5.0, drawn(1)).counts == [1] * 7 + [0] * 3


@pytest.mark.parametrize(
    "change", [{"wrong_labels": 0.5}, {"imbalance": 5.0}, {"shuffle": False}, {"train_size": 60}]
)
def test_a_run_does_what_its_settings_say_and_repeats_it(change: dict[str, float]) -> None:
    config = replace(CONFIG, **change)
    runs = [Training(config, SPLITS) for _ in range(2)]
    plain = Training(CONFIG, SPLITS)
    for training in (*runs, plain):
        for _ in training:
            pass
    assert same(runs[0].model.state_dict(), runs[1].model.state_dict())
    assert not same(runs[0].model.state_dict(), plain.model.state_dict())
    assert same(runs[0].validation.__dict__, SPLITS.validation.__dict__)
    assert TrainConfig.from_json(config.to_json()) == config


def test_without_shuffling_the_images_come_class_by_class_in_every_epoch() -> None:
    training = Training(replace(CONFIG, shuffle=False), SPLITS)
    labels = [torch.cat([training.batch(epoch, index)[1] for index in range(8)]) for epoch in range(2)]
    assert labels[0].equal(SPLITS.train.labels.sort().values) and labels[0].equal(labels[1])
