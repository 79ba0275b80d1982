"""core.code.evaluation: the script loads a file of either form and finds what `evaluate` finds."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from core.code.evaluation import evaluation_printed, evaluation_program
from core.dataset import splits
from core.evaluation import evaluate
from core.files.locations import DATA_SETS
from core.saving.export import as_pt, as_safetensors
from core.text import LANGUAGES
from core.training.checkpoints import Weights, shipped_model
from core.training.network import fresh
from tests.support.programs import executed, judged

OWN = "Conv2d(3,8,3,stride=2),BatchNorm2d(8),ReLU(),MaxPool2d(2),Flatten(),Dropout(0.5),Linear(392,10)"
FORMS = {"weights.pt": as_pt, "weights.safetensors": as_safetensors}


def own() -> Weights:
    return Weights(
        dict(fresh(OWN, 3).state_dict()), (0.1, 0.2, 0.3), (0.5, 0.4, 0.3), "sketches", 0, 0, layers=OWN
    )


NETWORKS = {"lenet": lambda: shipped_model("sketches"), "own": own}


def program_of(weights: Weights, file: str, data_set: Any, language: str) -> Any:
    return evaluation_program(file, weights.architecture, weights.mean, weights.std, data_set, language)


@pytest.mark.parametrize("file", FORMS)
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_script_prints_the_same_scores(
    name: str,
    file: str,
    language: str,
    small_sketches: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    weights = NETWORKS[name]()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cifar-10-batches-py").symlink_to(small_sketches / "cifar-10-batches-py")
    Path(file).write_bytes(FORMS[file](weights))
    found = executed(program_of(weights, file, "sketches", language).script)
    images = splits(small_sketches)
    expected = evaluate(
        weights.network(), images.validation.images, images.validation.labels,
        mean=weights.mean, std=weights.std,
    )  # fmt: skip
    assert capsys.readouterr().out == evaluation_printed(expected, language)
    accuracy, loss, confusion = found["evaluate"](*found["load"](train=False))
    test = evaluate(
        weights.network(), images.test.images, images.test.labels, mean=weights.mean, std=weights.std
    )
    assert (accuracy, loss) == (test.accuracy, test.loss) and torch.equal(confusion, test.confusion)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NETWORKS)
def test_script_and_notebook_are_short_and_in_one_language(name: str, language: str) -> None:
    for data_set in DATA_SETS:
        for file in FORMS:
            judged(partial(program_of, NETWORKS[name](), file, data_set, language), language)
