"""core.dataset.batch_file: reads every form of CIFAR-10 file, refuses the rest, writes what others read."""

import gzip
import os
import pickle
import struct
import tracemalloc
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.dataset import read_batch
from core.dataset.batch_file import write_batch, write_meta
from core.errors import InputError
from tests.support.python_2 import python_2

ROWS = np.random.default_rng(0).integers(0, 256, (30, 3072), dtype=np.uint8)
LABELS = [i % 10 for i in range(30)]


def refused(path: Path, key: str) -> InputError:
    with pytest.raises(InputError) as refusal:
        read_batch(path)
    assert refusal.value.key == key
    assert path.name in str(refusal.value) and path.name in refusal.value.sentence("zh")
    return refusal.value


def saved(folder: Path, content: object, protocol: int = 4) -> Path:
    path = folder / "data_batch_1"
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def is_read(path: Path) -> bool:
    images, labels = read_batch(path)
    assert images.dtype == torch.uint8 and images.shape == (30, 3, 32, 32) and labels.dtype == torch.int64
    return bool((images.numpy().reshape(30, 3072) == ROWS).all()) and labels.tolist() == LABELS


def written(folder: Path) -> Path:
    path = folder / "data_batch_1"
    images = torch.from_numpy(ROWS).view(-1, 3, 32, 32)
    write_batch(path, images, LABELS, [f"image_{i}.png" for i in range(30)], "training batch 1 of 5")
    return path


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("text_keys", [True, False])
@pytest.mark.parametrize("labels", ["list", "tuple", "uint8", "int64", ">i4", "scalars"])
def test_files_saved_again_by_python_3(tmp_path: Path, protocol: int, text_keys: bool, labels: str) -> None:
    stored: Any = (
        LABELS
        if labels == "list"
        else tuple(LABELS)
        if labels == "tuple"
        else [np.int64(n) for n in LABELS]
        if labels == "scalars"
        else np.array(LABELS, labels)
    )
    content = {"batch_label": "x", "labels": stored, "data": ROWS, "filenames": ["a.png"] * 30}
    assert is_read(
        saved(
            tmp_path,
            content if text_keys else {key.encode(): value for key, value in content.items()},
            protocol,
        )
    )


@pytest.mark.parametrize("protocol", range(6))
def test_ordered_dicts(tmp_path: Path, protocol: int) -> None:
    assert is_read(saved(tmp_path, OrderedDict(labels=LABELS, data=ROWS), protocol))


@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_protocol_0_of_python_2(tmp_path: Path, kind: type[dict[bytes, object]]) -> None:
    content = kind(
        {b"batch_label": b'it\'s "1"', b"labels": LABELS, b"data": ROWS, b"filenames": [b"a.png"] * 30}
    )
    written = python_2(content) + b"."
    assert pickle.loads(written, encoding="bytes")[b"batch_label"] == content[b"batch_label"]
    (tmp_path / "data_batch_1").write_bytes(written)
    assert is_read(tmp_path / "data_batch_1")


def test_a_pickle_as_text_may_be_larger(tmp_path: Path) -> None:
    path = saved(tmp_path, {"labels": LABELS, "data": ROWS, "x": "a" * (65 * 2**20)}, 0)
    assert is_read(path)


# Other versions


def binary(classes: int = 1) -> bytes:
    return b"".join(bytes([label]) * classes + row.tobytes() for label, row in zip(LABELS, ROWS, strict=True))


def test_the_binary_version_is_read_under_its_name_and_named_under_another(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes(binary())
    assert is_read(tmp_path / "data_batch_1.bin")
    (tmp_path / "data_batch_1").write_bytes(binary())
    assert "binary version" in str(refused(tmp_path / "data_batch_1", "data_file_binary"))
    (tmp_path / "data_batch_2.bin").write_bytes(binary()[:-1])
    refused(tmp_path / "data_batch_2.bin", "data_file_broken")
    (tmp_path / "data_batch_3.bin").write_bytes(bytes([10]) + binary()[1:])
    refused(tmp_path / "data_batch_3.bin", "data_file_broken")
    saved(tmp_path, {"labels": LABELS, "data": ROWS}).replace(tmp_path / "data_batch_4.bin")
    assert is_read(tmp_path / "data_batch_4.bin")


@pytest.mark.parametrize("protocol", range(6))
def test_cifar_100_is_named(tmp_path: Path, protocol: int) -> None:
    content = {"fine_labels": LABELS, "coarse_labels": LABELS, "data": ROWS, "batch_label": "training batch"}
    assert "CIFAR-100" in str(refused(saved(tmp_path, content, protocol), "data_file_cifar100"))
    meta = {"fine_label_names": ["apple"], "coarse_label_names": ["fruit"]}
    refused(saved(tmp_path, meta, protocol), "data_file_cifar100")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (binary(classes=2), "data_file_cifar100"),
        (b"\x80\x02}U\x0bfine_labelsN" + bytes(65 * 2**20), "data_file_cifar100"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "data_file_matlab"),
        (gzip.compress(b"data", mtime=0), "data_file_packed"),
        (b"PK\x03\x04data", "data_file_packed"),
        (b"\n<!DOCTYPE html><html>", "data_file_text"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "data_file_text"),
    ],
)
def test_what_lies_there_instead_is_named(tmp_path: Path, content: bytes, key: str) -> None:
    (tmp_path / "test_batch").write_bytes(content)
    refused(tmp_path / "test_batch", key)


def test_names_of_numpy_1(tmp_path: Path) -> None:
    data = pickle.dumps({"labels": LABELS, "data": ROWS}, 2)
    (tmp_path / "data_batch_1").write_bytes(data.replace(b"numpy._core.", b"numpy.core."))
    assert is_read(tmp_path / "data_batch_1")


def test_arrays_in_fortran_order(tmp_path: Path) -> None:
    for protocol in (2, 5):
        assert is_read(saved(tmp_path, {"labels": LABELS, "data": np.asfortranarray(ROWS)}, protocol))


def test_python_reads_what_we_write(tmp_path: Path) -> None:
    data = written(tmp_path).read_bytes()
    official = pickle.loads(data, encoding="bytes")
    assert list(official) == [b"batch_label", b"labels", b"data", b"filenames"]
    assert (
        official[b"batch_label"] == b"training batch 1 of 5" and official[b"filenames"][3] == b"image_3.png"
    )
    assert (
        official[b"labels"] == LABELS
        and (official[b"data"] == ROWS).all()
        and official[b"data"].dtype == np.uint8
    )
    assert list(pickle.loads(data, encoding="latin1")) == ["batch_label", "labels", "data", "filenames"]
    write_meta(tmp_path)
    meta = pickle.loads((tmp_path / "batches.meta").read_bytes(), encoding="bytes")
    assert meta[b"label_names"][::9] == [b"airplane", b"truck"] and (
        meta[b"num_vis"],
        meta[b"num_cases_per_batch"],
    ) == (3072, 10000)


def test_we_read_what_we_write_and_leave_no_partial_file(tmp_path: Path) -> None:
    assert is_read(written(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["data_batch_1"]


def test_writing_checks_sizes(tmp_path: Path) -> None:
    image = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    for images, labels, names in (
        (image, [1, 2], ["a"]),
        (image, [10], ["a"]),
        (image.float(), [1], ["a"]),
        (image, [1], []),
    ):
        with pytest.raises(ValueError, match="labels"):
            write_batch(tmp_path / "x", images, labels, names, "b")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"data": ROWS.astype(np.float32)}, "data_file_images"),
        ({"data": ROWS.astype(object)}, "data_file_broken"),
        ({"data": ROWS.astype(np.int64)}, "data_file_images"),
        ({"data": ROWS.view(np.int8)}, "data_file_images"),
        ({"data": ROWS[:, :3071]}, "data_file_images"),
        ({"data": ROWS.reshape(30, 3, 32, 32)}, "data_file_images"),
        ({"data": ROWS[:0], "labels": []}, "data_file_images"),
        ({"data": np.zeros((10_001, 3072), np.uint8), "labels": [0] * 10_001}, "data_file_images"),
        ({"data": ROWS.tolist()}, "data_file_images"),
        ({"data": None}, "data_file_images"),
        ({"labels": [float(label) for label in LABELS]}, "data_file_labels"),
        ({"labels": np.array(LABELS, float)}, "data_file_labels"),
        ({"labels": [np.float64(label) for label in LABELS]}, "data_file_labels"),
        ({"labels": np.array(LABELS, bool)}, "data_file_labels"),
        ({"labels": LABELS[:-1]}, "data_file_count"),
        ({"labels": [*LABELS, 0]}, "data_file_count"),
        ({"labels": [*LABELS[:-1], 10]}, "data_file_labels"),
        ({"labels": [*LABELS[:-1], -1]}, "data_file_labels"),
        ({"labels": [*LABELS[:-1], 2**70]}, "data_file_labels"),
        ({"labels": [*LABELS[:-1], True]}, "data_file_labels"),
        ({"labels": [*LABELS[:-1], "1"]}, "data_file_labels"),
        ({"labels": [*LABELS[:-1], []]}, "data_file_labels"),
        ({"labels": np.full(30, 2**64 - 1, np.uint64)}, "data_file_labels"),
        ({"labels": np.array(LABELS)[:, None]}, "data_file_labels"),
        ({"labels": 3}, "data_file_labels"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, change: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_batch(saved(tmp_path, {"labels": LABELS, "data": ROWS, **change}))
    assert refusal.value.key == key and "data_batch_1" in str(refusal.value) and refusal.value.sentence("zh")


def test_missing_entries_and_other_objects_are_refused(tmp_path: Path) -> None:
    refused(saved(tmp_path, {"labels": LABELS}), "data_file_key")
    refused(saved(tmp_path, {"data": ROWS}), "data_file_key")
    for content in ([1, 2], None, "text", ROWS):
        refused(saved(tmp_path, content), "data_file_broken")
    (tmp_path / "data_batch_1").write_bytes(b"")
    refused(tmp_path / "data_batch_1", "data_file_broken")


class System:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:  # type: ignore[override]
        return os.system, (self.command,)


@pytest.mark.parametrize("protocol", range(6))
def test_a_file_that_calls_something_is_refused_and_runs_nothing(tmp_path: Path, protocol: int) -> None:
    target = tmp_path / "made"
    path = saved(tmp_path, {"labels": LABELS, "data": ROWS, "x": System(f"touch {target}")}, protocol)
    with pytest.raises(InputError) as refusal:
        read_batch(path)
    assert refusal.value.key == "data_file_calls" and "system" in str(refusal.value)
    assert not target.exists()


def test_missing_unreadable_and_large_files(tmp_path: Path) -> None:
    assert str(tmp_path) in str(refused(tmp_path / "data_batch_1", "data_file_missing"))
    (tmp_path / "test_batch").mkdir()
    refused(tmp_path / "test_batch", "data_file_unreadable")
    with (tmp_path / "data_batch_2").open("wb") as file:
        file.truncate(65 * 2**20)  # sparse
    assert "65 MB" in str(refused(tmp_path / "data_batch_2", "data_file_too_large"))


def test_arrays_that_claim_more_than_is_there(tmp_path: Path) -> None:
    data = written(tmp_path).read_bytes()
    shape = b"J" + struct.pack("<i", 30) + b"J" + struct.pack("<i", 3072)
    assert data.count(shape) == 1
    for rows, columns in ((2**31 - 1, 3072), (-30, -3072), (31, 3072), (2**31 - 1, 0)):
        (tmp_path / "data_batch_1").write_bytes(
            data.replace(shape, b"J" + struct.pack("<i", rows) + b"J" + struct.pack("<i", columns))
        )
        refused(tmp_path / "data_batch_1", "data_file_broken")


def test_a_text_encoded_again_and_again_costs_its_size_once(tmp_path: Path) -> None:
    size = 2**20
    text = b"X" + struct.pack("<I", size) + b"a" * size + b"q\x00"
    (tmp_path / "data_batch_1").write_bytes(
        b"\x80\x02]"
        + text
        + b"aX\x06\x00\x00\x00latin1q\x01ac_codecs\nencode\nq\x02a"
        + b"h\x02h\x00h\x01\x86Ra" * 2000
        + b"."
    )
    tracemalloc.start()
    refused(tmp_path / "data_batch_1", "data_file_broken")  # a list; 2 GB if each were kept
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * size


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data_batch_1"
    write_batch(path, torch.zeros(1, 3, 32, 32, dtype=torch.uint8), [3], ["a.png"], "b")
    data = path.read_bytes()
    pixels = data.index(bytes(3000))
    for end in (*range(pixels + 5), *range(pixels + 5, pixels + 3060, 100), *range(pixels + 3060, len(data))):
        path.write_bytes(data[:end])
        refused(path, "data_file_broken")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=4), st.booleans())
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes_are_read_or_refused(
    tmp_path: Path, flips: list[tuple[int, int]], python_3: bool
) -> None:
    path = tmp_path / "data_batch_1"
    if python_3:
        saved(tmp_path, {"labels": LABELS[:2], "data": ROWS[:2]}, 5)
    else:
        write_batch(path, torch.from_numpy(ROWS[:2]).view(-1, 3, 32, 32), LABELS[:2], ["a", "b"], "c")
    data = bytearray(path.read_bytes())
    pixels = data.index(ROWS[:2].tobytes())
    for place, change in flips:
        place %= len(data) - 2 * 3072  # a flipped pixel is only another colour: flip the bytes around
        data[place if place < pixels else place + 2 * 3072] ^= change
    path.write_bytes(data)
    try:
        images, labels = read_batch(path)
    except InputError as refusal:
        assert str(refusal) and refusal.sentence("zh")
    else:
        assert (
            images.shape[1:] == (3, 32, 32)
            and len(images) == len(labels)
            and set(labels.tolist()) <= set(range(10))
        )
