"""Entries of a batch file as a table, and the file names that its images once had."""

from dataclasses import dataclass
from pathlib import Path

from core.dataset.batch_file import contents
from core.errors import shown
from core.files.pickles.arrays import ArrayStandIn

_MOST_ENTRIES = 20  # per file; the official ones have four
_FIRST = 5  # values shown per entry
_LONGEST_NAME = 80  # characters; CIFAR-10's longest is below 40


@dataclass(frozen=True)
class EntryField:
    """One entry of the dict: its key as Python writes it, type, shape or length, and first values."""

    key: str
    type: str
    size: str
    first: str


def fields(path: str | Path) -> list[EntryField]:
    """Entries of one of the seven files, at most 20. Raises InputError unless the file is a dict of data."""
    return [_field(key, value) for key, value in list(contents(Path(path)).items())[:_MOST_ENTRIES]]


def file_names(path: str | Path) -> list[str]:
    """The entry "filenames" of a batch file; empty if there is none. Raises InputError as `fields` does."""
    found = contents(Path(path))
    names = found.get(b"filenames", found.get("filenames"))
    return list(map(_text, names)) if type(names) is list else []


def _field(key: object, value: object) -> EntryField:
    if isinstance(value, ArrayStandIn):
        array = value.array
        first = ", ".join(map(str, array.flat[:_FIRST]))
        return EntryField(
            _plain(key),
            f"numpy.ndarray, {array.dtype}",
            str(list(array.shape)),
            f"[{first}{_more(array.size)}]",
        )
    if isinstance(value, list | tuple):
        first = ", ".join(map(_plain, value[:_FIRST]))
        return EntryField(_plain(key), type(value).__name__, str(len(value)), f"[{first}{_more(len(value))}]")
    size = str(len(value)) if isinstance(value, str | bytes | dict) else ""
    return EntryField(_plain(key), type(value).__name__, size, _plain(value))


def _plain(value: object) -> str:
    """A value as Python writes it; for containers only the type, since they may hold themselves."""
    if isinstance(value, str | bytes):
        return repr(value[:_LONGEST_NAME])
    return shown(value) if isinstance(value, int | float) or value is None else type(value).__name__


def _more(size: int) -> str:
    return ", …" if size > _FIRST else ""


def _text(name: object) -> str:
    if isinstance(name, bytes):
        return name[:_LONGEST_NAME].decode("utf-8", "replace")
    return name[:_LONGEST_NAME] if isinstance(name, str) else ""
