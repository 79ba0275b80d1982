"""core.transforms.loader against whole epochs of torch's DataLoader."""

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from core.dataset import CLASSES, CIFAR10Dataset
from core.errors import InputError
from core.transforms.loader import Loading, epoch, sorted_by_class
from core.transforms.pipeline import TransformStep
from tests.support.sample_data import noise

IMAGES, LABELS = noise(101)


def dataset() -> CIFAR10Dataset:
    return CIFAR10Dataset.of(IMAGES, LABELS, TransformStep("totensor").make())


def whole(loading: Loading) -> list[tuple[Tensor, Tensor]]:
    return list(loading.loader(dataset()))


def same(batch: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> bool:
    return all(map(torch.equal, batch, other))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("batch_size", [1, 10, 16, 33, 50, 64])
def test_the_shown_batches_are_those_of_the_whole_epoch(
    batch_size: int, shuffle: bool, drop_last: bool
) -> None:
    loading = Loading(batch_size, shuffle, drop_last, seed=5)
    before = torch.get_rng_state()
    batches, result = whole(loading), epoch(dataset(), loading)
    assert torch.equal(torch.get_rng_state(), before)
    assert result.count == len(batches) == len(loading.loader(dataset()))
    assert result.images == 101
    assert result.dropped == 101 - sum(len(labels) for _, labels in batches)
    expected = sorted({*range(min(3, len(batches))), len(batches) - 1})
    assert [batch.number - 1 for batch in result.shown] == expected
    for batch in result.shown:
        assert same((batch.images, batch.labels), batches[batch.number - 1])
        assert batch.per_class == [int((batch.labels == label).sum()) for label in range(len(CLASSES))]


def test_an_epoch_is_torchs_own_with_a_seeded_generator() -> None:
    """Pixels identify the images, so this checks the order too."""
    order = torch.Generator().manual_seed(3)
    expected = DataLoader(dataset(), batch_size=16, shuffle=True, generator=order)
    assert all(map(same, whole(Loading(seed=3)), expected))
    assert not same(whole(Loading(seed=3))[0], whole(Loading(seed=4))[0])


# Newer Pythons warn in a process that has threads.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_workers_change_nothing_about_the_batches() -> None:
    for shuffle in (True, False):
        alone, *others = (whole(Loading(16, shuffle, num_workers=workers)) for workers in (0, 1, 2))
        assert len(alone) == 7
        for batches in others:
            assert len(batches) == 7 and all(map(same, alone, batches))


def test_nothing_is_left_where_every_image_is_dropped() -> None:
    few = CIFAR10Dataset.of(IMAGES[:5], LABELS[:5], TransformStep("totensor").make())
    result = epoch(few, Loading(16, drop_last=True))
    assert (result.count, result.shown, result.dropped) == (0, (), 5)


def test_sorted_data_without_shuffle_gives_one_class_at_a_time() -> None:
    ordered = sorted_by_class(dataset())
    labels = [ordered[place][1] for place in range(len(ordered))]
    assert labels == sorted(LABELS.tolist())
    rows = LABELS.argsort(stable=True)
    assert torch.equal(ordered[0][0], dataset()[int(rows[0])][0])
    assert len(set(epoch(ordered, Loading(4, shuffle=False)).shown[0].labels.tolist())) == 1
    assert len(set(epoch(ordered, Loading(16)).shown[0].labels.tolist())) > 4


def test_the_code_makes_the_loader_that_it_shows() -> None:
    assert Loading().code == "DataLoader(dataset, batch_size=16, shuffle=True)"
    full = Loading(64, drop_last=True, num_workers=2)
    assert full.code == "DataLoader(dataset, batch_size=64, shuffle=True, drop_last=True, num_workers=2)"
    for loading in (Loading(), full, Loading(5, shuffle=False)):
        evaluated = eval(loading.code, {"DataLoader": DataLoader, "dataset": dataset()})
        made = loading.loader(dataset())
        for name in ("batch_size", "drop_last", "num_workers"):
            assert getattr(evaluated, name) == getattr(made, name)
        assert type(evaluated.sampler) is type(made.sampler)


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 0}, {"batch_size": 65}, {"batch_size": 1.5}, {"batch_size": True}, {"num_workers": 3}],
)
def test_what_is_not_offered_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError):
        Loading(**wrong)
