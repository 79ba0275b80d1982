"""A program together with the images that it reads, as one file."""

import zipfile
from io import BytesIO
from pathlib import Path

from core.files.locations import FOLDER, TEST_FILES, TRAIN_FILES

_BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, for a zip file; the same bytes whenever it is made


def bundle(name: str, program: bytes, folder: Path) -> bytes:
    """A zip file of the program and the batches in `folder`. Raises OSError for one that can't be read."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        _add(archive, name, program)
        for file in (*TRAIN_FILES, *TEST_FILES):
            _add(archive, f"{FOLDER}/{file}", (folder / file).read_bytes())
    return written.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _BEGINNING)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(entry, data, compresslevel=1)  # drawn images pack no better with more
