"""core.diagnosis.patients: a patient for each fault, and the batch that its network is given."""

import pytest
import torch

from core.dataset.splits import Splits
from core.diagnosis.patients import PATIENTS, SHOWN, given, settings
from core.errors import InputError
from core.faults.table import FAULTS
from core.training.config import recipe
from core.training.run import Training
from tests.support.sample_data import made_splits


@pytest.fixture(scope="module")
def data() -> Splits:
    return made_splits(300, 150)


def test_a_patient_for_each_fault() -> None:
    assert sorted(PATIENTS) == sorted(FAULTS.keys() - {"none"})
    assert all(settings(fault).differences(settings()) == ["fault"] for fault in PATIENTS)
    assert settings().differences(recipe("fast")) == ["epochs"]


@pytest.mark.parametrize("fault", PATIENTS)
def test_the_batch_is_the_one_that_the_training_takes(fault: str, data: Splits) -> None:
    train, validation = given(fault, data.train, data.validation)
    x, labels = Training(settings(fault), data).batch(0, 0)
    assert train.labels == tuple(labels[:SHOWN].tolist())
    assert (train.lowest, train.highest) == (float(x.min()), float(x.max()))
    assert (train.mean, train.std) == (float(x.mean()), float(x.std(correction=0)))
    assert train.images.shape == (SHOWN, 3, 32, 32) and train.images.dtype == torch.uint8
    assert validation.labels == tuple(data.validation.labels[:SHOWN].tolist())


def test_what_a_fault_does_to_the_batch(data: Splits) -> None:
    healthy, validation = given("none", data.train, data.validation)
    assert torch.equal(validation.images, data.validation.images[:SHOWN])
    assert len(set(given("class_order", data.train, data.validation)[0].labels)) == 1
    shuffled = given("labels_shuffled", data.train, data.validation)[0]
    assert torch.equal(shuffled.images, healthy.images) and shuffled.labels != healthy.labels
    pixels = given("pixels_255", data.train, data.validation)
    assert all(part.lowest >= 0 and 100 < part.highest <= 255 for part in pixels)
    assert torch.equal(pixels[0].images, healthy.images)
    raw = given("validation_raw", data.train, data.validation)[1]
    assert raw.lowest >= 0 and raw.highest <= 1
    assert raw.images.float().std() < validation.images.float().std()  # pale, since only training is undone


def test_an_unknown_fault(data: Splits) -> None:
    with pytest.raises(InputError):
        given("flu", data.train, data.validation)
