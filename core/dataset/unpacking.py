"""CIFAR-10 out of an archive, or out of the binary version's folder, as the files that the app reads."""

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

from core.dataset.batch_file import read_batch, write_batch, write_meta
from core.files import archive
from core.files.download import UNPACKED
from core.files.locations import BATCH_FILES, FOLDER
from core.progress import Progress


def unpacking(source: str | Path, dest: str | Path) -> Generator[Progress, None, None]:
    """Put the files into dest/cifar-10-batches-py, whole or not at all; a generator of progress.

    Raises InputError as `core.files.archive.extract` and `read_batch` do.
    """
    source, dest = Path(source), Path(dest)
    archive.remove_leftovers(dest)
    if source.is_dir():
        yield from _converting(source, dest / FOLDER)
        return
    version = archive.version(source)
    total = int(source.stat().st_size * UNPACKED)
    for written in archive.extracting(source, dest, version):
        yield Progress(min(written, total), total, "extract")
    if version is archive.BINARY:
        unpacked = dest / version.folder
        yield from _converting(unpacked, dest / FOLDER)
        shutil.rmtree(unpacked, ignore_errors=True)


def _converting(binary: Path, target: Path) -> Iterator[Progress]:
    """Write the binary version's files as the Python version's; file names of the images are not in them."""
    with archive.whole_folder(target) as folder:
        for done, name in enumerate(BATCH_FILES, start=1):
            images, labels = read_batch(binary / f"{name}.bin")
            write_batch(folder / name, images, labels.tolist(), [""] * len(labels), name)
            yield Progress(done, len(BATCH_FILES), "convert")
        write_meta(folder)
