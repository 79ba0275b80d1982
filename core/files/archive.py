"""Unpacking of CIFAR-10's archives: exactly the files that belong in one, whole or not at all."""

import gzip
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from core.errors import InputError
from core.files import packed
from core.files.locations import (
    BATCH_FILES,
    BINARY_FOLDER,
    FILES,
    FOLDER,
    MAX_BATCH_BYTES,
    MAX_META_BYTES,
    META_FILE,
)
from core.files.whole import storage_error


@dataclass(frozen=True)
class Version:
    """What an archive holds: its folder, the files needed of it, and small ones that may lie beside them."""

    folder: str
    files: tuple[str, ...]
    small: tuple[str, ...]

    @cached_property
    def limits(self) -> dict[str, int]:
        """The most bytes of each member."""
        names = dict.fromkeys((*self.files, *self.small))
        return {
            f"{self.folder}/{name}": MAX_META_BYTES if name in self.small else MAX_BATCH_BYTES
            for name in names
        }


PYTHON = Version(FOLDER, FILES, (META_FILE, "readme.html"))
BINARY = Version(
    BINARY_FOLDER, tuple(f"{name}.bin" for name in BATCH_FILES), ("batches.meta.txt", "readme.html")
)
Member = tuple[tarfile.TarInfo, Iterator[bytes]]
_BLOCK = 512  # bytes, the unit of tar
_CHUNK = 2**20
_MAX_PAX_BYTES = 2**16  # pax headers (fractional times and the like) are skipped, never obeyed


def extract(archive: str | Path, dest: str | Path) -> Path:
    """Unpack `archive` into the folder `dest`, replacing what was there; returns dest/cifar-10-batches-py.

    Raises InputError for an archive that is missing, damaged or incomplete, that holds anything but the seven
    files and readme.html as regular files, or a file that is too large; and for a full or unwritable disk.
    """
    for _written in extracting(archive, dest):
        pass
    return Path(dest) / FOLDER


def version(archive: str | Path) -> Version:
    """Which version an archive holds, by the folder that it begins with; the Python version if none is known.

    Raises InputError for an archive of CIFAR-100, one packed in a way that isn't known, missing or damaged.
    """
    archive = Path(archive)
    with closing(_members(archive)) as members:
        name = next((member.name for member, _content in members), "")
    if name.startswith("cifar-100"):
        raise InputError("data_folder_cifar100", folder=str(archive))
    return BINARY if name.partition("/")[0] == BINARY.folder else PYTHON


def extracting(archive: str | Path, dest: str | Path, version: Version = PYTHON) -> Iterator[int]:
    """`extract` as a generator of the bytes written so far; leaves nothing behind when stopped early."""
    with whole_folder(Path(dest) / version.folder) as folder:
        yield from _unpack(Path(archive), folder.parent, version)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """An empty folder that takes the place of `target` once it has been filled, or leaves nothing behind.

    Raises InputError for a full or unwritable disk.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".extract-", dir=target.parent) as temporary:
            folder = Path(temporary) / target.name
            folder.mkdir()
            yield folder
            _replace(target, folder)
    except OSError as error:
        raise storage_error(error, target.parent) from error


def _replace(target: Path, folder: Path) -> None:
    before = folder.parent / "before"
    if target.exists():
        target.replace(before)
    try:
        folder.replace(target)
    except OSError:
        if before.exists():
            before.replace(target)
        raise


def _unpack(archive: Path, folder: Path, version: Version) -> Iterator[int]:
    seen: set[str] = set()
    written = 0
    with closing(_members(archive)) as members:
        for member, content in members:
            if member.isdir() and member.name.rstrip("/") == version.folder and member.size == 0:
                continue
            _check(member, seen, archive, version)
            seen.add(member.name)
            with (folder / member.name).open("xb") as file:
                for chunk in content:
                    file.write(chunk)
                    written += len(chunk)
                    yield written
    missing = [name for name in version.files if f"{version.folder}/{name}" not in seen]
    if missing:
        raise InputError("archive_incomplete", archive=archive.name, missing=tuple(missing))


def _members(archive: Path) -> Generator[Member, None, None]:
    """What an archive says of each member, and the member's content, to be taken before the next one."""
    with _open(archive) as raw:
        head = raw.read(packed.HEAD)
        raw.seek(0)
        kind = packed.kind(head)
        if kind is None or kind in packed.UNPACKED_HERE:
            yield from _zip_members(raw, archive) if kind == "zip" else _tar_members(raw, archive, kind)
        else:
            raise InputError("archive_kind", archive=archive.name)


def _tar_members(raw: BinaryIO, archive: Path, kind: str | None) -> Iterator[Member]:
    """Members of a tar, which browsers sometimes leave inflated; pax headers are skipped.

    tarfile's own reader isn't used: it takes names, links and sizes of any length from extension headers.
    """
    stream: BinaryIO = gzip.GzipFile(fileobj=raw) if kind == "gzip" else raw  # type: ignore[assignment]
    while (block := _read(stream, _BLOCK, archive)) != bytes(_BLOCK):
        try:
            member = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise InputError("archive_broken", archive=archive.name) from error
        content = _content(stream, member.size, archive)
        if member.type in (tarfile.XHDTYPE, tarfile.XGLTYPE) and 0 <= member.size <= _MAX_PAX_BYTES:
            for _chunk in content:
                pass
        else:
            yield member, content


def _zip_members(raw: BinaryIO, archive: Path) -> Iterator[Member]:
    """Members of a zip, as a tar would have them; those that macOS adds are skipped."""
    try:
        with zipfile.ZipFile(raw) as opened:
            for entry in opened.infolist():
                if entry.filename.startswith("__MACOSX/") or entry.filename.endswith("/.DS_Store"):
                    continue
                member = tarfile.TarInfo(entry.filename)
                member.type = tarfile.DIRTYPE if entry.is_dir() else tarfile.REGTYPE
                member.size = entry.file_size
                with opened.open(entry) as stream:
                    yield member, _pieces(stream, member.size, archive)  # type: ignore[arg-type]
    except InputError:
        raise
    except Exception as error:  # for damage, zipfile raises OSError, struct.error, NotImplementedError ...
        raise InputError("archive_broken", archive=archive.name) from error


def _open(archive: Path) -> BinaryIO:
    try:
        return archive.open("rb")
    except FileNotFoundError:
        raise InputError("archive_missing", archive=archive.name, folder=str(archive.parent)) from None
    except OSError as error:
        raise InputError("archive_broken", archive=archive.name) from error


def _check(member: tarfile.TarInfo, seen: set[str], archive: Path, version: Version) -> None:
    if (
        member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE)
        or member.name not in version.limits
        or member.name in seen
    ):
        raise InputError("archive_member", archive=archive.name, member=member.name[:80])
    limit = version.limits[member.name]
    if not 0 <= member.size <= limit:
        raise InputError("archive_too_large", archive=archive.name, member=member.name, limit=limit >> 20)


def _content(stream: BinaryIO, size: int, archive: Path) -> Iterator[bytes]:
    yield from _pieces(stream, size, archive)
    _read(stream, -size % _BLOCK, archive)


def _pieces(stream: BinaryIO, size: int, archive: Path) -> Iterator[bytes]:
    for start in range(0, size, _CHUNK):
        yield _read(stream, min(_CHUNK, size - start), archive)


def _read(stream: BinaryIO, size: int, archive: Path) -> bytes:
    """Read exactly `size` bytes."""
    try:
        data = stream.read(size)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError("archive_broken", archive=archive.name) from error
    if len(data) != size:
        raise InputError("archive_broken", archive=archive.name)
    return data


def remove_leftovers(dest: Path) -> None:
    """Delete what a killed extraction left in `dest`; only while nobody extracts there."""
    for folder in dest.glob(".extract-*"):
        shutil.rmtree(folder, ignore_errors=True)
