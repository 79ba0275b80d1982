"""Archives that are still packed, where somebody means the folder in them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

HEAD = 512  # bytes that tell what a file is
UNPACKED_HERE = ("gzip", "tar", "zip")
_BEGINNINGS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_TAR_MAGIC = slice(257, 262)
_ENDINGS = (".gz", ".tgz", ".tar", ".zip", ".bz2", ".xz", ".7z", ".rar", ".zst")


def kind(head: bytes) -> str | None:
    """How a file that begins like this is packed; None if it is no archive."""
    known = (name for beginning, name in _BEGINNINGS.items() if head.startswith(beginning))
    return next(known, "tar" if head[_TAR_MAGIC] == b"ustar" else None)


def kind_of(path: Path) -> str | None:
    """How a file is packed; None if it is no archive, or can't be read."""
    with suppress(OSError), path.open("rb") as file:
        return kind(file.read(HEAD))
    return None


def find(path: Path) -> Path | None:
    """The archive at `path`, or the newest of CIFAR-10 in the folder `path`; None where there is none.

    One of CIFAR-100 comes last.
    """
    return next((found for found in _candidates(path) if kind_of(found)), None)


def _candidates(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    with suppress(OSError):
        named = [file for file in path.glob("cifar-10*") if file.name.endswith(_ENDINGS)]
        yield from sorted(named, key=lambda file: (file.name.startswith("cifar-100"), -file.stat().st_mtime))
