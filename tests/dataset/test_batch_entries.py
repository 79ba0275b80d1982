"""core.dataset.batch_entries: Python's own pickle as the oracle; files of every kind are read, never run."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dataset.batch_entries import EntryField, fields, file_names
from core.errors import InputError
from tests.support.sample_data import write_data_set


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_data_set(tmp_path, per_file=12)


def saved(tmp_path: Path, content: object) -> Path:
    file = tmp_path / "data_batch_1"
    file.write_bytes(pickle.dumps(content, protocol=2))
    return file


def test_the_entries_of_a_batch_file(folder: Path) -> None:
    content: dict[bytes, Any] = pickle.loads((folder / "data_batch_1").read_bytes(), encoding="bytes")
    found = {field.key: field for field in fields(folder / "data_batch_1")}
    assert list(found) == [repr(key) for key in content]
    first = ", ".join(map(str, content[b"data"].flat[:5]))
    assert found["b'data'"] == EntryField("b'data'", "numpy.ndarray, uint8", "[12, 3072]", f"[{first}, …]")
    assert found["b'labels'"] == EntryField("b'labels'", "list", "12", "[0, 1, 2, 3, 4, …]")
    assert found["b'batch_label'"].first == repr(content[b"batch_label"])
    assert [field.key for field in fields(folder / "batches.meta")] == [
        "b'num_cases_per_batch'",
        "b'num_vis'",
        "b'label_names'",
    ]


def test_the_file_names(folder: Path) -> None:
    assert file_names(folder / "test_batch") == [f"{i}.png" for i in range(12)]
    assert file_names(folder / "batches.meta") == []


def test_names_of_any_kind_become_short_text(tmp_path: Path) -> None:
    names = ["a.png", b"\xff.png", "x" * 10_000, 5, None, ["a.png"]]
    assert file_names(saved(tmp_path, {"filenames": names})) == ["a.png", "�.png", "x" * 80, "", "", ""]
    assert file_names(saved(tmp_path, {"filenames": "a.png"})) == []


def test_containers_that_hold_themselves_are_not_walked(tmp_path: Path) -> None:
    loop: list[object] = []
    loop.append(loop)
    many = {f"key {i}": loop for i in range(100)} | {"long": 10**400}
    found = fields(saved(tmp_path, many))
    assert len(found) == 20
    assert found[0] == EntryField("'key 0'", "list", "1", "[list]")
    assert fields(saved(tmp_path, {"n": 10**400}))[0].type == "int"
    assert all(len(field.first) < 600 for field in found)


def test_arrays_of_no_size_or_dimension(tmp_path: Path) -> None:
    found = fields(saved(tmp_path, {"empty": np.empty((0, 3072), np.uint8), "labels": np.arange(3)}))
    assert [(field.size, field.first) for field in found] == [("[0, 3072]", "[]"), ("[3]", "[0, 1, 2]")]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("ran"),)


@pytest.mark.parametrize("content", [Evil(), {"data": Evil()}, [1, 2], 5])
def test_what_is_no_dict_of_data_is_refused_and_not_run(
    tmp_path: Path, content: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = saved(tmp_path, content)
    for look in (fields, file_names):
        with pytest.raises(InputError, match="data_batch_1"):
            look(file)
    assert not (tmp_path / "ran").exists()
