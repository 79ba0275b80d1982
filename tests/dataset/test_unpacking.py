"""core.dataset.unpacking: an archive or the binary version becomes the files that the app reads."""

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch

from core.dataset import load_split, read_batch
from core.dataset.batch_entries import file_names
from core.dataset.unpacking import unpacking
from core.errors import InputError
from core.files import locations
from core.files.locations import BATCH_FILES, BINARY_FOLDER, FOLDER
from tests.support.sample_data import write_data_set


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_data_set(tmp_path / "own", per_file=3)


@pytest.fixture
def binary(root: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "binary" / BINARY_FOLDER
    folder.mkdir(parents=True)
    for name in BATCH_FILES:
        images, labels = read_batch(root / name)
        rows = torch.cat([labels[:, None].to(torch.uint8), images.flatten(1)], 1)  # (N, 3073)
        (folder / f"{name}.bin").write_bytes(rows.numpy().tobytes())
    (folder / "batches.meta.txt").write_bytes(b"airplane\n")
    return folder


def pack(folder: Path, name: str, mode: str, inside: str = "") -> Path:
    """A tar in a mode of tarfile, or without one a zip as macOS makes it."""
    if not mode:
        with zipfile.ZipFile(folder.parent / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{inside or folder.name}/", b"")
            for path in folder.iterdir():
                archive.write(path, f"{inside or folder.name}/{path.name}")
                archive.writestr(f"__MACOSX/{folder.name}/._{path.name}", b"x")
        return folder.parent / name
    with tarfile.open(folder.parent / name, mode) as tar:  # type: ignore[call-overload]
        tar.add(folder, inside or folder.name)
    return folder.parent / name


def is_unpacked(dest: Path, root: Path) -> bool:
    assert [path.name for path in dest.iterdir()] == [FOLDER] and locations.is_complete(dest / FOLDER)
    return all(
        torch.equal(ours, expected)
        for train in (True, False)
        for ours, expected in zip(load_split(dest, train), load_split(root, train), strict=True)
    )


@pytest.mark.parametrize(
    ("name", "mode"), [("x.tar.gz", "w:gz"), ("x.tar", "w"), ("y", "w:gz"), ("x.zip", ""), ("z", "")]
)
def test_an_archive_is_unpacked(root: Path, tmp_path: Path, name: str, mode: str) -> None:
    steps = list(unpacking(pack(root, name, mode), tmp_path / "dest"))
    assert is_unpacked(tmp_path / "dest", root) and 0 < steps[-1].done <= steps[-1].total


def test_the_binary_version_is_converted(root: Path, binary: Path, tmp_path: Path) -> None:
    steps = list(unpacking(binary, tmp_path / "dest"))
    assert is_unpacked(tmp_path / "dest", root) and (steps[-1].done, steps[-1].total) == (6, 6)
    assert file_names(tmp_path / "dest" / FOLDER / "test_batch") == [""] * 3
    assert (binary / "data_batch_1.bin").is_file()  # the learner's own stays


def test_the_binary_versions_archive_is_unpacked_and_converted(
    root: Path, binary: Path, tmp_path: Path
) -> None:
    for _ in unpacking(pack(binary, "cifar-10-binary.tar.gz", "w:gz"), tmp_path / "dest"):
        pass
    assert is_unpacked(tmp_path / "dest", root)


def test_an_attempt_that_was_killed_leaves_nothing(root: Path, tmp_path: Path) -> None:
    (tmp_path / "dest" / ".extract-1").mkdir(parents=True)
    for _ in unpacking(pack(root, "x.tar", "w"), tmp_path / "dest"):
        pass
    assert is_unpacked(tmp_path / "dest", root)
    work = unpacking(pack(root, "x.tar", "w"), tmp_path / "other")
    next(work)
    work.close()
    assert not list((tmp_path / "other").iterdir())


def refused(source: Path, dest: Path) -> str:
    with pytest.raises(InputError) as refusal:
        list(unpacking(source, dest))
    assert refusal.value.sentence("zh") and not [path for path in dest.glob("*") if path.name == FOLDER]
    return refusal.value.key


def test_other_archives_are_refused(root: Path, binary: Path, tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    assert refused(pack(root, "x.tar.gz", "w:gz", "cifar-100-python"), dest) == "data_folder_cifar100"
    assert refused(pack(root, "x.tar", "w", "elsewhere"), dest) == "archive_member"
    assert refused(pack(root, "x.tar", "w", f"../{FOLDER}"), dest) == "archive_member"
    assert refused(tmp_path / "nowhere.tar", dest) == "archive_missing"
    assert refused(pack(root, "x.tar.xz", "w:xz"), dest) == "archive_kind"
    (tmp_path / "x.tar").write_bytes(b"x" * 1000)
    assert refused(tmp_path / "x.tar", dest) == "archive_broken"
    (tmp_path / "x.tar").write_bytes(bytes(1024))
    assert refused(tmp_path / "x.tar", dest) == "archive_incomplete"
    (binary / "data_batch_3.bin").write_bytes(b"\x0b" * 3073)
    assert refused(binary, dest) == "data_file_broken"
    assert refused(pack(binary, "x.tar", "w"), dest) == "data_file_broken"


def test_a_failed_conversion_keeps_the_old_data(
    root: Path, binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = write_data_set(tmp_path / "dest", per_file=2).parent
    (binary / "test_batch.bin").unlink()
    with pytest.raises(InputError, match=r"test_batch\.bin"):
        list(unpacking(binary, dest))
    assert len(load_split(dest, True)[1]) == 10


def test_zips_are_held_to_the_same_rules(root: Path, binary: Path, tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    for _ in unpacking(pack(binary, "x.zip", ""), dest):
        pass
    assert is_unpacked(dest, root)
    shutil.rmtree(dest)
    for inside, key in (("cifar-100-python", "data_folder_cifar100"), (f"../{FOLDER}", "archive_member")):
        assert refused(pack(root, "x.zip", "", inside), dest) == key
    assert refused(pack(root, "x.zip", "", f"/{FOLDER}"), dest) == "archive_member"
    whole = pack(root, "x.zip", "").read_bytes()
    for damaged in (
        whole[:5000],
        whole[:-30],
        whole.replace(b"PK\x01\x02", b"PK\x01\x03"),
        whole[:200] + bytes(100) + whole[300:],
    ):
        (tmp_path / "x.zip").write_bytes(damaged)
        assert refused(tmp_path / "x.zip", dest) == "archive_broken"
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr(f"{FOLDER}/data_batch_1", bytes(65 * 2**20))
    assert refused(tmp_path / "x.zip", dest) == "archive_too_large"
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as twice, pytest.warns(UserWarning, match="Duplicate"):
        for _ in range(2):
            twice.writestr(f"{FOLDER}/test_batch", b"x")
    assert refused(tmp_path / "x.zip", dest) == "archive_member"
