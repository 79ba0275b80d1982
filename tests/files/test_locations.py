"""core.files.locations: a folder by any text that means it, and what lies there instead by its name."""

import tarfile
import unicodedata
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from core.errors import InputError
from core.files import locations
from tests.support.sample_data import write_data_set


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LENET_LAB_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return write_data_set(tmp_path / "home" / "My Data (2)", per_file=2)


def found(text: str) -> Path | None:
    locations.point_at(text)
    return locations.locate("cifar-10")


def refused(text: object) -> InputError:
    with pytest.raises(InputError) as refusal:
        locations.point_at(str(text))
    assert refusal.value.sentence("zh")
    return refusal.value


def escaped(path: object) -> str:
    return str(path).replace(" ", "\\ ").replace("(", "\\(").replace(")", "\\)")


@pytest.mark.parametrize(
    "write",
    [
        "{}".format,
        "  {}/  \n".format,
        '"{}"'.format,
        "'{}'".format,
        "'{}/' ".format,
        "“{}”".format,
        "‘{}’".format,
        "«{}»".format,
        "「{}」".format,
        "`{}`".format,
        '\u202a"{}"'.format,
        '"{}",'.format,
        'r"{}"'.format,
        '& "{}"'.format,
        'cd "{}"'.format,
        'LENET_LAB_DATA="{}"'.format,
        lambda path: escaped(path),
        lambda path: f"cd {escaped(path)}/",
        lambda path: f"file://{quote(str(path))}",
        lambda path: f"file://localhost{quote(str(path))}/",
        lambda path: f"'file:{quote(str(path))}'",
        lambda path: f"FILE://{path}",
        lambda path: f"file://this-machine{quote(str(path))}",
        lambda path: quote(str(path)),
        lambda path: f"~/{path.relative_to(Path.home())}",
        lambda path: f'"~/{path.relative_to(Path.home())}"',
        lambda path: f"～／{path.relative_to(Path.home())}",
        lambda path: f"~/{escaped(path.relative_to(Path.home()))}",
        lambda path: f"~/'{path.relative_to(Path.home()).parent}'/{path.name}",
        lambda path: f"$HOME/{escaped(path.relative_to(Path.home()))}",
        lambda path: f'"${{HOME}}/{path.relative_to(Path.home())}"',
        lambda path: f"{path}\n{path}/data_batch_1",
        lambda path: path / "data_batch_1",
        lambda path: f'"{path / "batches.meta"}"',
        lambda path: path.parent,
        lambda path: f"file://{quote(str(path / 'test_batch'))}",
    ],
)
def test_a_path_as_it_is_pasted(root: Path, write: object) -> None:
    assert found(str(write(root))) == root  # type: ignore[operator]


def test_a_name_is_taken_literally_where_it_is_there(root: Path, tmp_path: Path) -> None:
    for name in ("it's", '"quoted"', "a\\ b", "100%25", "~tilde", "file:"):
        folder = write_data_set(tmp_path / name, per_file=2)
        assert found(str(folder)) == found(str(folder.parent)) == folder


@pytest.mark.parametrize(
    "outer", ["cifar-10-batches-py", "cifar-10-python", "cifar-10-python/cifar-10-batches-py"]
)
def test_a_folder_within_one_of_its_name(root: Path, tmp_path: Path, outer: str) -> None:
    inner = write_data_set(tmp_path / outer, per_file=2)
    for path in {inner, inner.parent, tmp_path / outer.partition("/")[0]}:
        assert found(str(path)) == inner


def test_accents_as_macos_writes_them(root: Path, tmp_path: Path) -> None:
    for name in ("Données", "Donne\u0301es 2"):
        folder = write_data_set(tmp_path / name, per_file=2)
        for form in ("NFC", "NFD"):
            assert found(f'"{unicodedata.normalize(form, str(folder))}"') == folder


def test_a_folder_that_leads_to_itself_comes_to_an_end(root: Path, tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-py").symlink_to(tmp_path)
    assert refused(tmp_path).key == "data_folder_incomplete"


def test_a_whole_folder_is_not_left_for_one_inside(root: Path) -> None:
    (root / root.name).mkdir()
    assert found(str(root)) == root


@pytest.mark.parametrize(
    "text", ["", "\0", "~nobody-of-this-name/x", "x" * 5000, "'", "/nowhere\\", "file:///"]
)
def test_what_is_no_folder_is_refused(root: Path, text: str) -> None:
    assert refused(text).key == "data_folder_incomplete"


# What lies there instead


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


BINARY = tuple(f"{name}.bin" for name in locations.BATCH_FILES)


@pytest.mark.parametrize(
    ("folder", "names", "key"),
    [
        ("cifar-10-batches-bin", BINARY, "data_folder_binary"),
        ("mine", BINARY, "data_folder_binary"),
        ("mine", BINARY[1:], "data_folder_incomplete"),
        ("cifar-10-batches-mat", ("data_batch_1.mat",), "data_folder_matlab"),
        ("cifar-100-python", ("train", "test", "meta"), "data_folder_cifar100"),
        ("cifar-100-python", (), "data_folder_cifar100"),
        ("mine", ("train", "test", "meta"), "data_folder_cifar100"),
        ("cifar-100-binary", ("train.bin", "test.bin"), "data_folder_cifar100"),
    ],
)
def test_other_versions_are_named(
    root: Path, tmp_path: Path, folder: str, names: tuple[str, ...], key: str
) -> None:
    refusal = refused(put(tmp_path / folder, *names))
    assert refusal.key == key and str(tmp_path / folder) in str(refusal)


def test_the_binary_version_by_its_parent_or_one_of_its_files(root: Path, tmp_path: Path) -> None:
    folder = put(tmp_path / "in" / "cifar-10-batches-bin", *BINARY)
    for path in (folder.parent, folder / BINARY[0]):
        assert refused(path).values == {"folder": str(folder)}


def test_an_archive_is_found_by_its_path_or_its_folder(root: Path, tmp_path: Path) -> None:
    folder = put(tmp_path / "downloads", "cifar-10-python.tar.gz.part", "other.txt")
    assert refused(folder).key == "data_folder_incomplete"
    archive = folder / "cifar-10-python (1).tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, "cifar-10-batches-py")
    for text in (folder, archive, f'"{archive}"', f"file://{quote(str(archive))}", folder / "other.txt"):
        refusal = refused(text)
        assert refusal.key == "data_packed" and refusal.values == {"archive": str(archive)}
    archive.replace(folder / "renamed")
    assert refused(folder / "renamed").key == "data_packed"


def test_archives_of_other_kinds(root: Path, tmp_path: Path) -> None:
    folder = put(tmp_path / "downloads")
    with tarfile.open(folder / "cifar-100-python.tar", "w") as tar:
        tar.add(root, "cifar-100-python")
    assert refused(folder / "cifar-100-python.tar").key == refused(folder).key == "data_folder_cifar100"
    with zipfile.ZipFile(folder / "cifar-10.zip", "w") as packed:
        packed.writestr("cifar-10-batches-py/x", b"")
    assert refused(folder).values == {"archive": str(folder / "cifar-10.zip")}
    assert refused(folder / "cifar-10-batches-py").key == "data_packed"  # which is still in it
    (folder / "cifar-10.zip").unlink()
    with tarfile.open(folder / "cifar-10-python.tar.xz", "w:xz") as tar:
        tar.add(root, "cifar-10-batches-py")
    assert refused(folder).key == "archive_kind"
