"""core.code.pipeline: the exported script gives the page's draws bit for bit, and its batches in order."""

from functools import partial
from pathlib import Path

import pytest
import torch

from core.code.pipeline import pipeline_program
from core.dataset import CIFAR10Dataset, Splits, splits
from core.files.locations import DATA_SETS
from core.text import LANGUAGES
from core.transforms.loader import Loading, epoch, sorted_by_class
from core.transforms.pipeline import PRESETS, TRANSFORMS, Steps, TransformStep
from core.transforms.trace import draws
from tests.support.programs import executed, judged

ALL: Steps = (*map(TransformStep, ("resize", "rotation", "jitter", "crop", "flip", "totensor", "erasing")),)
COMBINATIONS: dict[str, tuple[Steps, Loading, bool]] = {
    "training": (PRESETS["training"], Loading(), False),
    "test": (PRESETS["test"], Loading(batch_size=64, drop_last=True, seed=3), False),
    "tutorial": (PRESETS["tutorial"], Loading(shuffle=False), False),
    "by class": (PRESETS["training"], Loading(shuffle=False, batch_size=7), True),
    "by class, shuffled": (PRESETS["test"], Loading(seed=9), True),
    "all": (ALL, Loading(batch_size=1), False),
}
IMAGE, SEED, DRAWN = 41, 2, 12


@pytest.fixture
def data(small_sketches: Path, monkeypatch: pytest.MonkeyPatch) -> Splits:
    """The sketches, in the working directory as the zip is unpacked."""
    monkeypatch.chdir(small_sketches)
    return splits(small_sketches)


@pytest.mark.parametrize("name", COMBINATIONS)
def test_draws_and_batches_are_those_of_the_page(name: str, data: Splits) -> None:
    steps, loading, by_class = COMBINATIONS[name]
    made = pipeline_program(steps, loading, by_class, "sketches", IMAGE, SEED, DRAWN, "en")
    found = executed(made.script)
    image, _ = CIFAR10Dataset.of(data.train.images, data.train.labels)[IMAGE]
    ours = draws(image, steps, range(SEED * DRAWN, (SEED + 1) * DRAWN))
    assert len(found["draws"]) == DRAWN
    assert all(map(torch.equal, found["draws"], ours.values))
    dataset = CIFAR10Dataset.of(data.train.images, data.train.labels, TRANSFORMS["totensor"].make())
    first = epoch(sorted_by_class(dataset) if by_class else dataset, loading).shown[0]
    assert torch.equal(found["y"], first.labels)
    assert found["x"].shape == (len(first.labels), *found["draws"][0].shape)


def test_workers_are_asked_for_behind_a_guard(data: Splits) -> None:
    made = pipeline_program(PRESETS["test"], Loading(num_workers=2), False, "sketches", 0, 0, 12, "en")
    assert "num_workers=2" in made.script and 'if __name__ == "__main__":' in made.script


@pytest.mark.parametrize("steps", [PRESETS["wrong"], ()])
def test_what_pytorch_refuses_on_the_page_it_refuses_in_the_script(steps: Steps, data: Splits) -> None:
    image, _ = CIFAR10Dataset.of(data.train.images, data.train.labels)[0]
    refusal = draws(image, steps, range(12)).refusal
    assert refusal is not None
    made = pipeline_program(steps, Loading(), False, "sketches", 0, 0, 12, "en")
    with pytest.raises(Exception, match=r".") as refused:
        executed(made.script)
    assert (type(refused.value).__name__, str(refused.value)) == (refusal.error, refusal.message)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMBINATIONS)
def test_script_and_notebook_are_short_and_in_one_language(name: str, language: str) -> None:
    for data_set in DATA_SETS:
        judged(partial(pipeline_program, *COMBINATIONS[name], data_set, 3, 0, 12, language), language)


def test_the_images_are_read_from_a_download_or_from_the_folder() -> None:
    of = {
        data_set: pipeline_program(*COMBINATIONS["training"], data_set, 0, 0, 12, "en").script
        for data_set in DATA_SETS
    }
    assert "CIFAR10(FOLDER, train=train, download=True)" in of["cifar-10"]
    assert "pickle" not in of["cifar-10"] and "CIFAR10(" not in of["sketches"]
