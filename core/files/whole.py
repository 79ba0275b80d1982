"""Files written whole or not at all, with their SHA-256 beside them where a flipped bit would matter. Imports no torch."""

import errno
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from core.errors import InputError

Parts = Iterable[bytes | memoryview]


def write(path: Path, *parts: bytes | memoryview) -> None:
    """Write a file so that a reader, or whoever comes back after a crash, sees the old one or the new one.

    Raises OSError; nothing half-written stays behind.
    """
    _write({path: parts})


def write_with_digest(path: Path, data: bytes) -> None:
    """Write a file and its SHA-256, as `sha256sum` prints it, into a second one beside it. Raises OSError."""
    _write({path: (data,), digest_path(path): (f"{sha256(data).hexdigest()}  {path.name}\n".encode(),)})


def read_with_digest(path: Path) -> bytes:
    """What `write_with_digest` wrote. Raises InputError where one of the two is missing, or they don't belong together."""
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
    """The SHA-256 that was written beside a file; empty where there is none."""
    try:
        return digest_path(path).read_text(encoding="ascii").split()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        return ""


def digest_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def storage_error(error: OSError, folder: Path) -> InputError:
    """The sentence for a folder that can't be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError("disk_full", folder=str(folder))
    return InputError("folder_unwritable", folder=str(folder), reason=error.strerror or type(error).__name__)


def _write(contents: Mapping[Path, Parts]) -> None:
    """All files are on the disk before the first takes its place, so that a full disk costs none of the old ones.

    The process is part of the temporary name: two of them may write the same file of a cache at once.
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
