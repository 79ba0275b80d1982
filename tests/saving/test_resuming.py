"""core.saving.resuming: 2 + 2 epochs are 4, and the third path is as described."""

import torch

from core.dataset import Splits
from core.saving import resuming
from core.saving.resuming import CONFIG, HALF, Resuming, compare, digest
from core.training.run import Training
from tests.support.sample_data import made_splits, same


def finished(splits: Splits) -> tuple[Resuming, list[float]]:
    work, shares = compare(splits, "sketches"), []
    try:
        while True:
            progress = next(work)
            shares.append(progress.done / progress.total)
    except StopIteration as stop:
        return stop.value, shares


def test_two_and_two_is_four_and_without_the_optimizer_it_is_another_path() -> None:
    splits = made_splits(100, 20)
    found, shares = finished(splits)
    whole = Training(CONFIG, splits)
    for _ in whole:
        pass
    assert (
        found.whole.sha256
        == digest(whole.model.state_dict())
        == found.resumed.sha256
        != found.forgotten.sha256
    )
    assert found.whole.difference == found.resumed.difference == 0.0 < found.forgotten.difference
    assert len(found.whole.losses) == 2 * HALF and found.resumed.losses == found.whole.losses[HALF:]
    assert found.checkpoint_bytes > 2 * 4 * 62_006  # weights and momentum
    assert shares == sorted(shares) and shares[0] >= 0.0 and shares[-1] <= 1.0


def test_the_digest_is_of_names_in_order_and_of_every_bit() -> None:
    weights = {"a": torch.ones(2), "b": torch.zeros(3)}
    assert digest(weights) == digest(dict(reversed(weights.items())))
    other = {name: tensor.clone() for name, tensor in weights.items()}
    assert same(weights, other) and digest(weights) == digest(other)
    other["b"][2] = -0.0
    assert digest(weights) != digest(other)
    assert resuming.CONFIG.epochs == 2 * HALF
