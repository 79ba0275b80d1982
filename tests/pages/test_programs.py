"""The code of a training: script and notebook to download, each part linked, settings from a notebook."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.code.bundle import bundle
from core.code.notebook import Origin, notebook
from core.code.training import sections
from core.files.locations import TEST_FILES, TRAIN_FILES
from core.text import LANGUAGES
from core.training.config import TrainConfig, recipe
from tests.support.visit import healthy, texts, visit, words

OWN = "Flatten(),Linear(3072,10)"
KIND = "application/x-ipynb+json"


def opened(language: str = "en", **link: str) -> AppTest:
    return visit("training", language, training__tab__open="code", **link)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("link", [{}, {"training__recipe": "tutorial"}, {"training__model": "own"}])
def test_the_program_of_the_settings_is_shown_part_by_part(language: str, link: dict[str, str]) -> None:
    at = opened(language, **link)
    shown = [block.value for block in at.code]
    config = recipe("tutorial" if "training__recipe" in link else "fast")
    if "training__model" not in link:
        assert [part.code for part in sections(config, "sketches", language)] == shown
    assert len(shown) == 6 and "torch.optim" in shown[4]
    labels = [element.proto.label for element in at.get("page_link")]
    code = words("code", language)
    assert {code("explained.step"), code("explained.calculator"), code("explained.files")} <= set(labels)
    assert {element.proto.label for element in at.get("download_button")} == {
        code("download.script"),
        code("download.notebook"),
    }


def uploaded(at: AppTest, data: bytes) -> AppTest:
    return healthy(at.file_uploader(key="code.upload").upload("train.ipynb", data, KIND).run())


@pytest.mark.parametrize(
    "config",
    [
        recipe("tutorial", epochs=3, seed=7, train_size=200),
        recipe(
            "fast", optimizer="adam", hyper={"beta1": 0.5}, lr=0.002, flip=True, crop=3, schedule="cosine"
        ),
        recipe("fast", network=OWN, patience=4, wrong_labels=0.25, imbalance=2.0, shuffle=False),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_settings_of_a_notebook_come_back(config: TrainConfig, language: str) -> None:
    at = uploaded(opened(language), notebook(config, "sketches", language, Origin("http://localhost")))
    assert words("code", language)("bring.done") in texts(at) and not at.error
    for name in ("epochs", "seed", "lr", "optimizer", "schedule", "flip", "crop", "shuffle", "patience"):
        assert at.get_by_key(f"training.{name}").value == getattr(config, name), name
    assert at.get_by_key("training.model").value == ("own" if config.network else "lenet")
    shown = [block.value for block in at.code]
    assert shown == [part.code for part in sections(config, "sketches", language)]


@pytest.mark.parametrize(
    ("data", "key"), [(b"", "notebook_broken"), (b'{"cells": [], "metadata": {}}', "notebook_foreign")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_another_file_is_refused_with_one_sentence(data: bytes, key: str, language: str) -> None:
    at = opened(language)
    before = at.get_by_key("training.epochs").value
    at = uploaded(at, data)
    assert [error.value for error in at.error] == [words("errors", language)(key)]
    assert at.get_by_key("training.epochs").value == before


def test_a_setting_out_of_range_is_refused(tmp_path: Path) -> None:
    book: dict[str, Any] = json.loads(notebook(recipe("fast"), "sketches", "en", Origin("")))
    next(cell for cell in book["cells"] if cell["id"] == "parameters")["source"] = "LR = 1000"
    at = uploaded(opened(), json.dumps(book).encode())
    assert len(at.error) == 1 and "lr is 1000" in at.error[0].value


def test_the_images_come_along(tmp_path: Path) -> None:
    for name in (*TRAIN_FILES, *TEST_FILES):
        (tmp_path / name).write_bytes(name.encode())
    first, second = (bundle("train.py", b"print()", tmp_path) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(BytesIO(first)) as archive:
        assert archive.read("train.py") == b"print()"
        assert archive.read("cifar-10-batches-py/test_batch") == b"test_batch"
        assert len(archive.namelist()) == 7


def test_weights_come_along_too() -> None:
    with zipfile.ZipFile(BytesIO(bundle("evaluation.py", b"", None, {"weights.pt": b"1234"}))) as archive:
        assert archive.namelist() == ["evaluation.py", "weights.pt"] and archive.read("weights.pt") == b"1234"
