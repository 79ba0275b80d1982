"""Unpacking of cifar-10-python.tar.gz: exactly the files that belong in it, whole or not at all."""

import gzip
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import InputError
from core.files.locations import FILES, FOLDER, MAX_BATCH_BYTES, MAX_META_BYTES, META_FILE
from core.files.whole import storage_error

_README = "readme.html"
_LIMITS = {
    f"{FOLDER}/{name}": MAX_META_BYTES if name in (META_FILE, _README) else MAX_BATCH_BYTES
    for name in (*FILES, _README)
}
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


def extracting(archive: str | Path, dest: str | Path) -> Iterator[int]:
    """`extract` as a generator of the bytes written so far; leaves nothing behind when stopped early."""
    archive, dest = Path(archive), Path(dest)
    try:
        dest.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".extract-", dir=dest) as folder:
            yield from _unpack(archive, Path(folder))
            _replace(dest / FOLDER, Path(folder))
    except OSError as error:
        raise storage_error(error, dest) from error


def _replace(target: Path, folder: Path) -> None:
    before = folder / "before"
    if target.exists():
        target.replace(before)
    try:
        (folder / FOLDER).replace(target)
    except OSError:
        if before.exists():
            before.replace(target)
        raise


def _unpack(archive: Path, folder: Path) -> Iterator[int]:
    (folder / FOLDER).mkdir()
    seen: set[str] = set()
    written = 0
    with _open(archive) as raw, gzip.GzipFile(fileobj=raw) as stream:
        while (member := _next_member(stream, archive)) is not None:
            _check(member, seen, archive)
            seen.add(member.name)
            with (folder / member.name).open("xb") as file:
                for chunk in _content(stream, member.size, archive):
                    file.write(chunk)
                    written += len(chunk)
                    yield written
    missing = [name for name in FILES if f"{FOLDER}/{name}" not in seen]
    if missing:
        raise InputError("archive_incomplete", archive=archive.name, missing=tuple(missing))


def _open(archive: Path) -> BinaryIO:
    try:
        return archive.open("rb")
    except FileNotFoundError:
        raise InputError("archive_missing", archive=archive.name, folder=str(archive.parent)) from None
    except OSError as error:
        raise InputError("archive_broken", archive=archive.name) from error


def _next_member(stream: gzip.GzipFile, archive: Path) -> tarfile.TarInfo | None:
    """Read the header of the next file, None at the end; the folder itself and pax headers are skipped.

    tarfile's own reader isn't used: it takes names, links and sizes of any length from extension headers.
    """
    while True:
        block = _read(stream, _BLOCK, archive)
        if block == bytes(_BLOCK):
            return None
        try:
            member = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise InputError("archive_broken", archive=archive.name) from error
        if member.type in (tarfile.XHDTYPE, tarfile.XGLTYPE) and 0 <= member.size <= _MAX_PAX_BYTES:
            for _chunk in _content(stream, member.size, archive):
                pass
        elif not (member.isdir() and member.name.rstrip("/") == FOLDER and member.size == 0):
            return member


def _check(member: tarfile.TarInfo, seen: set[str], archive: Path) -> None:
    if (
        member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE)
        or member.name not in _LIMITS
        or member.name in seen
    ):
        raise InputError("archive_member", archive=archive.name, member=member.name[:80])
    if not 0 <= member.size <= _LIMITS[member.name]:
        raise InputError(
            "archive_too_large", archive=archive.name, member=member.name, limit=_LIMITS[member.name] >> 20
        )


def _content(stream: gzip.GzipFile, size: int, archive: Path) -> Iterator[bytes]:
    for start in range(0, size, _CHUNK):
        yield _read(stream, min(_CHUNK, size - start), archive)
    _read(stream, -size % _BLOCK, archive)


def _read(stream: gzip.GzipFile, size: int, archive: Path) -> bytes:
    """Read exactly `size` bytes."""
    try:
        data = stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("archive_broken", archive=archive.name) from error
    if len(data) != size:
        raise InputError("archive_broken", archive=archive.name)
    return data


def remove_leftovers(dest: Path) -> None:
    """Delete what a killed extraction left in `dest`; only while nobody extracts there."""
    for folder in dest.glob(".extract-*"):
        shutil.rmtree(folder, ignore_errors=True)
