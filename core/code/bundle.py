"""A program together with the files that it reads, as one file."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from core.files.locations import FOLDER, TEST_FILES, TRAIN_FILES

_NOTHING: Mapping[str, bytes] = {}
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, for a zip file; the same bytes whenever it is made


def bundle(name: str, program: bytes, folder: Path | None, more: Mapping[str, bytes] = _NOTHING) -> bytes:
    """A zip file of the program, the batches in `folder`, and more files by their names.

    Raises OSError for a batch that can't be read.
    """
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        _add(archive, name, program)
        for file, data in more.items():
            _add(archive, file, data)
        if folder:
            for file in (*TRAIN_FILES, *TEST_FILES):
                _add(archive, f"{FOLDER}/{file}", (folder / file).read_bytes())
    return written.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _BEGINNING)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(entry, data, compresslevel=1)  # drawn images pack no better with more
