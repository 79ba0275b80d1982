"""core.code.notebook and settings: executed with the losses of the run, the same bytes twice, read back."""

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from core.code.network import network_printed, network_program
from core.code.notebook import Origin, notebook, of_program
from core.code.race import race_printed, race_program
from core.code.settings import settings
from core.dataset import sketches, splits
from core.errors import InputError
from core.jobs.history import History, history
from core.optimizers.trajectories import trajectory
from core.shapes import trace
from core.shapes.code import from_short
from core.text import LANGUAGES
from core.training.config import TrainConfig, recipe
from core.training.loop import StepResult
from core.training.run import fit

ORIGIN = Origin("http://localhost:8501/train-lenet?lang=en", 1_790_000_000.0)
SHORT: dict[str, Any] = {"epochs": 2, "batch_size": 50}
OWN = "Conv2d(3,8,3,stride=2),BatchNorm2d(8),ReLU(),MaxPool2d(2),Flatten(),Dropout(0.3),Linear(392,10)"
COMBINATIONS = {
    "tutorial": recipe("tutorial", **SHORT),
    "fast, augmented": recipe("fast", **SHORT, flip=True, crop=2),
    "own network": recipe("fast", **SHORT, network=OWN),
    "adam, cosine": recipe("tutorial", **SHORT, optimizer="adam", schedule="cosine"),
    "experiments": recipe("fast", **SHORT, wrong_labels=0.2, imbalance=3.0, train_size=300),
    "patience": recipe("fast", epochs=6, batch_size=50, patience=1, lr=1e-6),
}

RACE: Any = ("ravine", (-5.0, -2.0), 5, 0.1, 1)
NETWORK = from_short("Flatten(),Linear(12,5)")
TRACED = trace(NETWORK, (3, 2, 2))
OTHERS = {
    "race": (
        race_program(*RACE, {"adam": {"lr": 0.5}}, "en"),
        {"race": race_printed([trajectory("adam", *RACE[:3], noise=0.1, seed=1, lr=0.5)])},
    ),
    "network": (
        network_program(NETWORK, TRACED, (3, 2, 2), 4, "en"),
        {"shapes": str(network_printed(NETWORK, TRACED, 4, "en"))},
    ),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for _ in sketches.write(folder, train_size=500, test_size=100):
        pass
    return folder


def course_of(config: TrainConfig, data: Path) -> History:
    """What a run of this config reports: every step, and its epochs."""
    results = list(fit(config, splits(data)))
    steps = sum(isinstance(row, StepResult) for row in results)
    total = {"type": "attempt", "step": 0, "epoch": 0, "total_steps": steps, "steps_per_epoch": 9}
    events = [
        {"type": "step" if isinstance(row, StepResult) else "epoch", "seconds": 1.0, **vars(row)}
        for row in results
    ]
    return history([total, *events])


@pytest.fixture(scope="module")
def executed(data: Path) -> dict[str, tuple[NotebookNode, NotebookNode]]:
    """Each notebook as exported and as run, all in one kernel, emptied in between: torch takes long."""
    exported = {
        name: nbformat.reads(
            notebook(config, "sketches", "en", ORIGIN, course_of(config, data)).decode(), as_version=4
        )
        for name, config in COMBINATIONS.items()
    }
    exported |= {
        name: nbformat.reads(of_program(made, "en", ORIGIN.link, printed).decode(), as_version=4)
        for name, (made, printed) in OTHERS.items()
    }
    run = deepcopy(exported)
    for number, book in enumerate(run.values()):
        for cell in book.cells:
            cell.id = f"{number}_{cell.id}"
    cells = [cell for book in run.values() for cell in (new_code_cell("%reset -f"), *book.cells)]
    client = NotebookClient(
        new_notebook(cells=cells), timeout=120, resources={"metadata": {"path": str(data)}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # Streamlit sets it, and the kernel would draw nothing
        client.execute()
    return {name: (exported[name], run[name]) for name in exported}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_an_executed_notebook_says_that_its_losses_are_the_same(
    name: str, executed: dict[str, tuple[NotebookNode, NotebookNode]]
) -> None:
    exported, run = executed[name]
    found = printed(run)
    assert found["loop"] == printed(exported)["loop"] != ""
    verdicts = found["comparison"].splitlines()
    assert len(verdicts) == 2 and all(line.endswith("the same, to the last digit") for line in verdicts)
    for book in (exported, run):
        drawn = next(cell for cell in book.cells if named(cell) == "curve")
        assert any("image/png" in output.get("data", {}) for output in drawn.outputs)


@pytest.mark.parametrize("name", OTHERS)
def test_the_notebook_of_another_page_prints_what_it_came_with(
    name: str, executed: dict[str, tuple[NotebookNode, NotebookNode]]
) -> None:
    exported, run = executed[name]
    (part,) = OTHERS[name][1]
    assert printed(run)[part] == printed(exported)[part] == OTHERS[name][1][part] != ""


def named(cell: NotebookNode) -> str:
    """The id of a cell, without the number of its notebook."""
    return str(cell.id).rpartition("_")[2]


def printed(book: NotebookNode) -> dict[str, str]:
    """What each code cell has printed."""
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    return {named(cell): "".join(output.get("text", "") for output in cell.outputs) for cell in cells}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMBINATIONS)
def test_two_exports_are_the_same_bytes_and_their_settings_are_read_back(name: str, language: str) -> None:
    config = COMBINATIONS[name]
    first, second = (notebook(config, "cifar-10", language, ORIGIN) for _ in range(2))
    assert first == second and len(first) < 2**20
    book = json.loads(first)
    nbformat.validate(book)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert settings(first) == (config, "cifar-10")


def changed(source: str, **metadata: Any) -> bytes:
    """An exported notebook with another parameters cell."""
    book = json.loads(notebook(recipe("fast"), "sketches", "en", ORIGIN))
    cell = next(cell for cell in book["cells"] if cell["id"] == "parameters")
    cell["source"] = source
    book["metadata"] |= metadata
    return json.dumps(book).encode()


def test_what_a_learner_changes_in_the_cell_is_read() -> None:
    found, _ = settings(changed("SEED = 7\nLR = 0.01  # slower\nMEAN = [0.5, 0.5, 0.5]\nMINE = 'x'"))
    assert found == replace(recipe("fast"), seed=7, lr=0.01, mean=(0.5, 0.5, 0.5))


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "LR = open('x').read()",
        "LR = 0.1 if True else 1",
        "LR += 1",
        "LR: float = 0.1",
        "a, LR = 1, 2",
        "LR = [x for x in (1,)]",
        "print('hello')",
        "LR = ",
        "LR = '\\x'",
        "(" * 5000,
        "\0",
    ],
)
def test_a_cell_with_code_in_it_is_refused_and_not_run(source: str) -> None:
    with pytest.raises(InputError) as refused:
        settings(changed(source))
    assert refused.value.key == "notebook_parameters"


@pytest.mark.parametrize(
    "source", ["LR = -1", "EPOCHS = 10**9", "EPOCHS = 10000000", "SEED = 'a'", "LR = 1e999", "MEAN = 3"]
)
def test_settings_out_of_range_are_refused(source: str) -> None:
    with pytest.raises(InputError):
        settings(changed(source))


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "notebook_broken"),
        (b"{", "notebook_broken"),
        (b"[]", "notebook_broken"),
        (b"\xff\xfe", "notebook_broken"),
        (b"[" * 100_000, "notebook_broken"),
        (b'{"cells": 3}', "notebook_broken"),
        (b'{"cells": []}', "notebook_foreign"),
        (b'{"cells": [], "metadata": {"lenet_lab": 3}}', "notebook_foreign"),
        (
            b'{"cells": [1], "metadata": {"lenet_lab": {"config": {}, "data_set": "sketches"}}}',
            "notebook_foreign",
        ),
        (b" " * (4 * 2**20 + 1), "notebook_large"),
    ],
)
def test_a_file_that_is_no_export_of_ours_is_refused(content: bytes, key: str) -> None:
    with pytest.raises(InputError) as refused:
        settings(content)
    assert refused.value.key == key


def test_an_unknown_data_set_or_setting_is_refused() -> None:
    for ours in ({"config": {}, "data_set": "mnist"}, {"config": {"speed": 1}, "data_set": "sketches"}):
        with pytest.raises(InputError):
            settings(changed("SEED = 1", lenet_lab=ours))
