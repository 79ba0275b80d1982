"""Files written whole or not at all, some with a SHA-256 against flipped bits. Imports no torch."""

import errno
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from core.errors import InputError

Parts = Iterable[bytes | memoryview]


def write(path: Path, *parts: bytes | memoryview) -> None:
    """Write a file atomically: a reader, even after a crash, sees either the old file or the new one.

    Raises OSError; nothing half-written stays behind.
    """
    _write({path: parts})


def write_with_digest(path: Path, data: bytes) -> None:
    """Write a file and, into a second one beside it, its SHA-256 as `sha256sum` prints it. Raises OSError."""
    _write({path: (data,), digest_path(path): (f"{sha256(data).hexdigest()}  {path.name}\n".encode(),)})


def read_with_digest(path: Path) -> bytes:
    """Read what `write_with_digest` wrote. Raises InputError if either is missing or they don't match."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("checkpoint_missing", path=path.name) from error
    expected = digest_beside(path)
    if not expected:
        raise InputError("checkpoint_missing", path=path.name)
    if sha256(data).hexdigest() != expected:
        raise InputError("checkpoint_damaged", path=path.name)
    return data


def digest_beside(path: Path) -> str:
    """The SHA-256 written beside a file; empty if there is none."""
    try:
        return digest_path(path).read_text(encoding="ascii").split()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        return ""


def digest_path(path: Path) -> Path:
    """Path of the SHA-256 beside a file."""
    return path.with_name(f"{path.name}.sha256")


def storage_error(error: OSError, folder: Path) -> InputError:
    """The InputError for a folder that can't be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError("disk_full", folder=str(folder))
    return InputError("folder_unwritable", folder=str(folder), reason=error.strerror or type(error).__name__)


def _write(contents: Mapping[Path, Parts]) -> None:
    """Write all files to disk before the first takes its place, so a full disk costs none of the old ones.

    The process id is part of the temporary name: two processes may write the same cache file at once.
    """
    temporaries = {target: target.with_name(f"{target.name}.{os.getpid()}.tmp") for target in contents}
    try:
        for target, temporary in temporaries.items():
            with temporary.open("wb") as file:
                for part in contents[target]:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
        for target, temporary in temporaries.items():
            temporary.replace(target)
    except BaseException:
        for temporary in temporaries.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise
