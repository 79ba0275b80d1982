"""core.dataset and core.files.locations: torchvision as the oracle; the real CIFAR-10 where available."""

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torchvision import datasets, transforms

from core.dataset import CLASSES, MEAN, STD, CIFAR10Dataset, ImageSet, load_split, read_batch, splits
from core.dataset.batch_file import write_batch, write_meta
from core.errors import InputError
from core.files import locations
from tests.support import ROOT


def write_data_set(root: Path, per_file: int = 60, labels: list[int] | None = None, seed: int = 0) -> Path:
    """A whole data set of random images under root/cifar-10-batches-py."""
    folder = root / locations.FOLDER
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(seed)
    for name in (*locations.TRAIN_FILES, *locations.TEST_FILES):
        images = torch.randint(0, 256, (per_file, 3, 32, 32), dtype=torch.uint8, generator=generator)
        numbers = labels or torch.randint(0, 10, (per_file,), generator=generator).tolist()
        write_batch(folder / name, images, numbers, [f"{name}_{i}.png" for i in range(per_file)], name)
    write_meta(folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("data"))


def torchvision_of(folder: Path, train: bool) -> datasets.CIFAR10:
    """torchvision's own reader with the checksums of these files."""

    def md5(name: str) -> str:
        return hashlib.md5((folder / name).read_bytes()).hexdigest()

    class Copy(datasets.CIFAR10):  # type: ignore[misc]
        train_list = [[name, md5(name)] for name in locations.TRAIN_FILES]  # noqa: RUF012
        test_list = [[name, md5(name)] for name in locations.TEST_FILES]  # noqa: RUF012
        meta = {"filename": "batches.meta", "key": "label_names", "md5": md5("batches.meta")}  # noqa: RUF012

    return Copy(folder.parent, train=train)


@pytest.mark.parametrize("train", [True, False])
def test_equals_torchvision(small: Path, train: bool) -> None:
    oracle = torchvision_of(small, train)
    ours = CIFAR10Dataset(small, train)
    assert list(CLASSES) == oracle.classes and len(ours) == len(oracle) == (300 if train else 60)
    for (image, label), (expected, number) in zip((ours[i] for i in range(len(ours))), oracle, strict=True):
        assert (image.mode, image.size, image.tobytes(), label) == (
            "RGB",
            (32, 32),
            expected.tobytes(),
            number,
        )
        assert type(label) is int


def test_the_dataset_works_with_transform_and_loader(small: Path) -> None:
    data = CIFAR10Dataset(small.parent, train=False, transform=transforms.ToTensor())
    images, labels = next(iter(torch.utils.data.DataLoader(data, batch_size=16)))
    stored, numbers = load_split(small, False)
    assert torch.equal(labels, numbers[:16])
    torch.testing.assert_close(images, stored[:16] / 255)


def test_the_dataset_over_images_in_memory_copies_nothing(small: Path) -> None:
    images, labels = load_split(small, False)
    read, held = CIFAR10Dataset(small, train=False), CIFAR10Dataset.of(images, labels)
    assert held.images.data_ptr() == images.data_ptr() and held.labels.data_ptr() == labels.data_ptr()
    assert len(held) == len(read) and [held[i][1] for i in range(60)] == [read[i][1] for i in range(60)]
    assert held[7][0].tobytes() == read[7][0].tobytes()
    assert CIFAR10Dataset.of(images, labels, transforms.ToTensor())[7][0].shape == (3, 32, 32)
    with pytest.raises(IndexError):
        held[len(held)]


def test_load_split_is_in_file_order_and_takes_no_spare_memory(small: Path) -> None:
    images, labels = load_split(small, True)
    assert (
        images.shape == (300, 3, 32, 32)
        and images.dtype == torch.uint8
        and labels.shape == (300,)
        and labels.dtype == torch.int64
    )
    assert images.untyped_storage().nbytes() == images.nbytes
    third = pickle.loads((small / "data_batch_3").read_bytes(), encoding="bytes")
    assert (images[120:180].numpy().reshape(60, 3072) == third[b"data"]).all() and labels[
        120:180
    ].tolist() == third[b"labels"]


def rows(images: torch.Tensor) -> list[bytes]:
    return [image.numpy().tobytes() for image in images]


def test_splits_are_a_stratified_disjoint_cut(small: Path) -> None:
    cut = splits(small, seed=3)
    images, labels = load_split(small, True)
    original = dict(zip(rows(images), labels.tolist(), strict=True))
    assert (cut.train.name, cut.validation.name, cut.test.name) == ("train", "validation", "test")
    parts = {
        name: dict(zip(rows(part.images), part.labels.tolist(), strict=True))
        for name, part in vars(cut).items()
    }
    assert not parts["train"].keys() & parts["validation"].keys()
    assert parts["train"] | parts["validation"] == original and len(cut.train) + len(cut.validation) == 300
    counts, held = torch.bincount(labels, minlength=10), torch.bincount(cut.validation.labels, minlength=10)
    assert held.tolist() == [max(1, round(n / 10)) for n in counts.tolist()]
    assert parts["test"] == dict(
        zip(rows(load_split(small, False)[0]), load_split(small, False)[1].tolist(), strict=True)
    )
    kept = [row for row in original if row in parts["train"]]
    assert rows(cut.train.images) == kept  # the order of the files stays


def test_splits_depend_on_the_seed_only(small: Path) -> None:
    first, again, other = splits(small, 0), splits(small, 0), splits(small, 1)
    assert torch.equal(first.validation.images, again.validation.images) and torch.equal(
        first.train.labels, again.train.labels
    )
    assert not torch.equal(first.validation.images, other.validation.images)


def test_rows_move_right_across_chunks(tmp_path: Path) -> None:
    folder = write_data_set(tmp_path, per_file=500)
    images, _ = load_split(folder, True)
    cut = splits(folder, 5)
    assert sorted(rows(images)) == sorted(rows(cut.train.images) + rows(cut.validation.images))


def test_rare_classes_and_sets_too_small(tmp_path: Path) -> None:
    cut = splits(write_data_set(tmp_path / "a", per_file=2, labels=[0, 1]), 0)
    assert sorted(cut.validation.labels.tolist()) == [0, 1] and len(cut.train) == 8
    folder = write_data_set(tmp_path / "b", per_file=1, labels=[0])
    for label, name in enumerate(locations.TRAIN_FILES):
        write_batch(folder / name, torch.zeros(1, 3, 32, 32, dtype=torch.uint8), [label], ["a"], "b")
    with pytest.raises(InputError, match="5 training images"):
        splits(folder, 0)


def test_every_image_knows_its_place_on_disk(small: Path) -> None:
    cut = splits(small, seed=3)
    seen = set()
    for part in (cut.train, cut.validation, cut.test):
        for index in range(len(part)):
            origin = part.origin(index)
            assert origin is not None
            seen.add((origin.file, origin.row))
            if index % 7 == 0:
                batch = pickle.loads((small / origin.file).read_bytes(), encoding="bytes")
                assert (batch[b"data"][origin.row] == part.images[index].flatten().numpy()).all()
                assert batch[b"labels"][origin.row] == part.labels[index]
    names = (*locations.TRAIN_FILES, *locations.TEST_FILES)
    assert seen == {(name, row) for name in names for row in range(60)}
    assert ImageSet(cut.test.images, cut.test.labels, "test").origin(0) is None


def test_a_missing_folder_or_file_is_named(small: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere") as refusal:
        load_split(tmp_path / "nowhere", True)
    assert refusal.value.key == "data_folder_missing" and "nowhere" in refusal.value.sentence("zh")
    folder = write_data_set(tmp_path, per_file=2)
    (folder / "data_batch_4").unlink()
    with pytest.raises(InputError, match="data_batch_4"):
        splits(folder, 0)
    (folder / "test_batch").unlink()
    with pytest.raises(InputError, match="test_batch"):
        CIFAR10Dataset(folder, train=False)


def test_the_binary_version_gives_the_same_split(small: Path, tmp_path: Path) -> None:
    for name in locations.BATCH_FILES:
        images, labels = read_batch(small / name)
        rows = torch.cat([labels[:, None].to(torch.uint8), images.flatten(1)], 1)  # (N, 3073)
        (tmp_path / f"{name}.bin").write_bytes(rows.numpy().tobytes())
    for train in (True, False):
        for ours, expected in zip(load_split(tmp_path, train), load_split(small, train), strict=True):
            assert torch.equal(ours, expected)


# Where data lies


def test_locate_finds_what_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LENET_LAB_DATA", raising=False)
    assert locations.locate("sketches") is None and locations.locate("cifar-10") is None
    installed = write_data_set(locations.parent("cifar-10"), per_file=2)
    drawn = write_data_set(locations.parent("sketches"), per_file=2)
    assert locations.locate("cifar-10") == installed and locations.locate("sketches") == drawn
    own = write_data_set(tmp_path / "own", per_file=2)
    for value in (own, own.parent):
        monkeypatch.setenv("LENET_LAB_DATA", str(value))
        assert (
            locations.locate("cifar-10") == locations.configured() == own
            and locations.locate("sketches") == drawn
        )
    (own / "data_batch_5").unlink()
    assert not locations.is_complete(own) and locations.locate("cifar-10") == installed
    with pytest.raises(InputError, match="mnist"):
        locations.locate("mnist")  # type: ignore[arg-type]


def test_sizes_must_be_plausible(tmp_path: Path) -> None:
    folder = write_data_set(tmp_path, per_file=2)
    assert locations.is_complete(folder)
    (folder / "data_batch_1").write_bytes(b"")
    assert not locations.is_complete(folder)


def test_checksums_are_torchvisions(small: Path) -> None:
    own = datasets.CIFAR10
    expected = {**dict(own.train_list), **dict(own.test_list), own.meta["filename"]: own.meta["md5"]}
    assert expected == locations.MD5 and own.base_folder == locations.FOLDER
    assert not locations.is_official(small) and not locations.is_official(small / "nowhere")


def test_data_home_imports_no_torch() -> None:
    code = "import sys, core.files.locations; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# The real images


def test_real_statistics_are_the_official_ones(real: Path) -> None:
    images, labels = load_split(real, True)
    assert torch.bincount(labels).tolist() == [5000] * 10
    histogram = torch.stack(
        [torch.bincount(images[:, c].flatten(), minlength=256) for c in range(3)]
    ).double()  # [3, 256]
    values = torch.arange(256).double() / 255
    mean = (histogram * values).sum(1) / histogram.sum(1)
    std = ((histogram * values**2).sum(1) / histogram.sum(1) - mean**2).sqrt()
    # A copy saved as JPEG in between differs a little.
    tolerance = 1e-4 if locations.is_official(real) else 2e-3
    torch.testing.assert_close(mean, torch.tensor(MEAN).double(), rtol=0, atol=tolerance)
    torch.testing.assert_close(std, torch.tensor(STD).double(), rtol=0, atol=tolerance)


def test_real_splits(real: Path) -> None:
    cut = splits(real, 0)
    assert [torch.bincount(part.labels).tolist() for part in (cut.train, cut.validation, cut.test)] == [
        [4500] * 10,
        [500] * 10,
        [1000] * 10,
    ]


PEAK = """
import resource, sys
from core.dataset import splits
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
cut = splits(sys.argv[1], 0)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is for Unix")
def test_real_splits_take_little_more_memory_than_the_data(real: Path) -> None:
    pytest.importorskip("resource", reason="peak memory is measured with the resource module")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(real)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    assert float(run.stdout) < 184 + 50  # MB: one file of 31 is in memory beside it
