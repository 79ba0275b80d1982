"""core.dataset.sketches and drawings: layout seen by pickle and torchvision, determinism, no partial sets."""

import errno
import multiprocessing
import pickle
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision import datasets

from core.cifar10 import CLASSES
from core.dataset import load_split, sketches
from core.dataset.drawings.picture import DRAWINGS
from core.errors import InputError
from core.files.locations import FILES, FOLDER, TEST_FILES, TRAIN_FILES
from core.progress import Progress

TRAIN, TEST = 203, 50  # not a multiple of five files, nor of ten classes
# Mean values of the first pictures.
SHIPPED = [123.4, 119.7, 112.8, 130.9, 130.0, 113.2, 94.6, 143.1, 138.2, 93.8]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dest = tmp_path_factory.mktemp("sketches")
    finish(dest)
    return dest / FOLDER


def finish(dest: Path, train_size: int = TRAIN, test_size: int = TEST, seed: int = 0) -> list[Progress]:
    return list(sketches.write(dest, train_size, test_size, seed))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def unpickled(path: Path) -> dict[bytes, Any]:
    with path.open("rb") as file:
        return pickle.load(file, encoding="bytes")


def test_layout_is_that_of_cifar10(folder: Path) -> None:
    assert sorted(contents(folder)) == sorted(FILES)
    assert unpickled(folder / "batches.meta")[b"label_names"] == [name.encode() for name in CLASSES]
    sizes = []
    for name in (*TRAIN_FILES, *TEST_FILES):
        batch = unpickled(folder / name)
        assert batch[b"data"].dtype == np.uint8
        assert batch[b"data"].shape == (len(batch[b"labels"]), 3072)
        assert len(batch[b"filenames"]) == len(batch[b"labels"])
        sizes.append(len(batch[b"labels"]))
    assert sizes == [40, 40, 41, 41, 41, TEST]
    last = unpickled(folder / "data_batch_5")
    assert last[b"filenames"][-1] == f"{CLASSES[last[b'labels'][-1]]}_train_000202.png".encode()
    assert last[b"batch_label"] == b"training batch 5 of 5"


def test_torchvision_and_our_reader_see_the_pictures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # torchvision compares with the official MD5s.
    monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    oracle = datasets.CIFAR10(str(folder.parent), train=False)
    images, labels = load_split(folder, train=False)
    assert oracle.classes == list(CLASSES)
    assert np.array_equal(oracle.data.transpose(0, 3, 1, 2), images.numpy())
    assert oracle.targets == labels.tolist()
    first, label = sketches.picture(0, "test", 0)
    assert np.array_equal(images[0].numpy(), first)
    assert labels[0] == label


def test_every_class_is_drawn_in_the_order_of_the_labels() -> None:
    assert tuple(DRAWINGS) == CLASSES


def test_classes_are_balanced_and_shuffled(folder: Path) -> None:
    for train, size in ((True, TRAIN), (False, TEST)):
        labels = load_split(folder, train)[1].tolist()
        assert set(Counter(labels).values()) <= {size // 10, size // 10 + 1}
        assert labels[:10] != labels[10:20]


def test_same_seed_same_bytes_and_another_seed_others(folder: Path, tmp_path: Path) -> None:
    finish(tmp_path / "again")
    finish(tmp_path / "other", seed=1)
    assert contents(tmp_path / "again" / FOLDER) == contents(folder)
    here, there = (load_split(root, train=True)[0] for root in (folder, tmp_path / "other" / FOLDER))
    assert not (here == there).flatten(1).all(dim=1).any()


def test_a_picture_does_not_depend_on_the_size_of_the_set(folder: Path, tmp_path: Path) -> None:
    finish(tmp_path, train_size=25, test_size=10)
    small, large = (load_split(root, train=True) for root in (tmp_path / FOLDER, folder))
    assert small[0].equal(large[0][:25])
    assert small[1].equal(large[1][:25])


def test_no_two_pictures_are_the_same(folder: Path) -> None:
    rows = [image.numpy().tobytes() for train in (True, False) for image in load_split(folder, train)[0]]
    assert len(set(rows)) == len(rows) == TRAIN + TEST


def test_the_set_is_the_one_that_shipped_weights_were_trained_on() -> None:
    """Changed drawings change these means; the folder's version and the shipped weights must follow."""
    means = [float(sketches.picture(0, "train", index)[0].mean()) for index in range(10)]
    assert means == pytest.approx(SHIPPED, abs=0.5)


@pytest.mark.parametrize("name", CLASSES)
def test_a_picture_is_lit_and_has_contrast(name: str) -> None:
    index = next(i for i in range(10) if sketches.label_of(3, "train", i) == CLASSES.index(name))
    pixels, _ = sketches.picture(3, "train", index)
    assert pixels.shape == (3, 32, 32)
    assert 25 < pixels.mean() < 230
    assert pixels.std() > 12


def test_progress_runs_to_the_total(tmp_path: Path) -> None:
    reports = finish(tmp_path)
    done = [report.done for report in reports]
    assert done == sorted(done)
    assert reports[-1] == Progress(TRAIN + TEST, TRAIN + TEST, "draw")


def test_a_complete_set_is_kept(folder: Path) -> None:
    before = (folder / "test_batch").stat().st_mtime_ns
    assert finish(folder.parent, seed=5) == []
    assert (folder / "test_batch").stat().st_mtime_ns == before


@pytest.mark.clock
def test_children_draw_the_same_bytes_with_the_same_reports(tmp_path: Path, folder: Path) -> None:
    alone, helped = finish(tmp_path / "alone"), list(sketches.write(tmp_path / "helped", TRAIN, TEST, 0, 2))
    assert helped == alone
    assert contents(tmp_path / "helped" / FOLDER) == contents(folder)
    assert not multiprocessing.active_children()


@pytest.mark.clock
def test_children_of_a_stopped_write_end_with_it(tmp_path: Path) -> None:
    writing = sketches.write(tmp_path, 50_000, 10_000, processes=2)
    assert [report.done for report in islice(writing, 2)] == [0, 100]
    assert len(multiprocessing.active_children()) == 2
    writing.close()
    assert not multiprocessing.active_children()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("steps", [1, 4, 6])
def test_a_stopped_write_leaves_nothing(tmp_path: Path, steps: int) -> None:
    writing = sketches.write(tmp_path, TRAIN, TEST)
    assert len(list(islice(writing, steps))) == steps
    assert not (tmp_path / FOLDER).exists()
    writing.close()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_leftovers_of_a_killed_write_are_replaced(tmp_path: Path, folder: Path) -> None:
    (tmp_path / ".sketches-killed" / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "data_batch_1").write_bytes(b"half")
    finish(tmp_path)
    assert contents(tmp_path / FOLDER) == contents(folder)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [FOLDER]


@pytest.mark.clock
def test_the_second_caller_waits_and_finds_it_complete(tmp_path: Path) -> None:
    first, second = sketches.write(tmp_path, 20, 10), sketches.write(tmp_path, 20, 10)
    assert next(first).stage == "draw"
    assert next(second) == Progress(0, 30, "wait")
    list(first)
    assert list(second) == [Progress(30, 30, "draw")]


@pytest.mark.clock
def test_the_second_caller_takes_over_when_the_first_stops(tmp_path: Path) -> None:
    first, second = sketches.write(tmp_path, 20, 10), sketches.write(tmp_path, 20, 10)
    next(first)
    assert next(second).stage == "wait"
    first.close()
    assert {report.stage for report in second} == {"draw"}
    assert len(load_split(tmp_path / FOLDER, train=True)[1]) == 20


@pytest.mark.parametrize("sizes", [(9, 10), (50_001, 10), (10, 9), (10, 10_001), (100.0, 10), (True, 10)])
def test_sizes_out_of_range_are_refused(tmp_path: Path, sizes: tuple[Any, Any]) -> None:
    with pytest.raises(InputError) as refused:
        finish(tmp_path / "new", *sizes)
    assert refused.value.key == "sketches_size"
    assert str(refused.value.values["value"]) in str(refused.value)
    assert "10" in refused.value.sentence("zh")
    assert not (tmp_path / "new").exists()


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sketches, "write_batch", full)
    with pytest.raises(InputError) as refused:
        finish(tmp_path)
    assert refused.value.key == "disk_full"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError) as refused:
        finish(tmp_path / "file" / "below")
    assert refused.value.key == "folder_unwritable"
