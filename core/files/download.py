"""Download of CIFAR-10: one at a time, shared, resumable, and checked before anything of it is read."""

import argparse
import hashlib
import os
import shutil
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

from filelock import FileLock

from core.errors import InputError
from core.files import fetch
from core.files.archive import extract, extracting, remove_leftovers
from core.files.locations import FOLDER, is_complete, parent
from core.files.lock import acquiring
from core.files.whole import storage_error
from core.progress import Progress

__all__ = ["download", "extract"]

# Source: torchvision.datasets.CIFAR10 (url, tgz_md5)
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
MD5 = "c58f30108f718f92721af3b95e74349a"
ARCHIVE = "cifar-10-python.tar.gz"
_STAGES = {"download": "downloading", "check": "checking", "extract": "unpacking"}
_DESCRIPTION = """Download CIFAR-10 (163 MB, 341 MB while it is unpacked) into {folder}, where the app and
core.trainer find it. An interrupted download goes on where it stopped; the MD5 is checked before anything is
unpacked. An official cifar-10-python.tar.gz that already lies beside that folder is used instead.
LENET_LAB_CACHE moves the place, LENET_LAB_CIFAR_URL names a mirror."""
UNPACKED = 1.1  # bytes unpacked per byte of the archive; 1.09 for the official one


def download(dest: str | Path) -> Generator[Progress, None, None]:
    """Put CIFAR-10 into dest/cifar-10-batches-py; a generator of progress in bytes.

    The generator may be stopped and called again at any time: what has arrived stays in `dest`, and the next
    call continues from there. While another call, of any process, downloads into the same folder, this one
    follows it and takes over if it stops. An official archive that somebody put into `dest` is used.
    LENET_LAB_CIFAR_URL and LENET_LAB_CIFAR_MD5 replace the address and the checksum.

    Raises InputError for no network (within 10 s), a refusal or stall of the server, a wrong checksum, and a
    full or unwritable disk.
    """
    dest = Path(dest)
    if is_complete(dest / FOLDER):
        return
    try:
        dest.mkdir(parents=True, exist_ok=True)
        # Not thread-local: the generator may be advanced from several threads.
        lock = FileLock(dest / ".download.lock", thread_local=False)
        for _ in acquiring(lock):  # its holder reports nothing to us, but the part file grows
            part = fetch.Part(dest / f"{ARCHIVE}.part")
            yield Progress(part.size(), part.total(), "download")
        try:
            if not is_complete(dest / FOLDER):  # another call may have finished it
                yield from _install(dest)
        finally:
            lock.release()
    except OSError as error:  # network failures are InputErrors by now
        raise storage_error(error, dest) from error


def _install(dest: Path) -> Generator[Progress, None, None]:
    remove_leftovers(dest)
    expected = os.environ.get("LENET_LAB_CIFAR_MD5", MD5)
    placed = dest / ARCHIVE
    if placed.is_file():
        good = yield from _checking(placed, expected)
        if good:
            yield from _extracting(placed, dest)
            return
    part = fetch.Part(dest / f"{ARCHIVE}.part")
    yield from _fetching(part, dest)
    good = yield from _checking(part.path, expected)
    if not good:
        part.remove()
        raise InputError("download_checksum", archive=ARCHIVE)
    yield from _extracting(part.path, dest)
    part.remove()


def _fetching(part: fetch.Part, dest: Path) -> Generator[Progress, None, None]:
    """Fill `part`; the free space is checked as soon as the size is known."""
    checked = False
    yield Progress(part.size(), part.total(), "download")
    source = fetch.Source(os.environ.get("LENET_LAB_CIFAR_URL", URL), "CIFAR-10")
    for done, total in fetch.fetch(source, part):
        if not checked:
            _check_space(dest, needed=total - done + int(total * UNPACKED))
            checked = True
        yield Progress(done, total, "download")


def _check_space(dest: Path, needed: int) -> None:
    free = shutil.disk_usage(dest).free
    if free < needed:
        raise InputError("disk_space", folder=str(dest), needed=(needed >> 20) + 1, free=free >> 20)


def _checking(path: Path, expected: str) -> Generator[Progress, None, bool]:
    """Whether the file has the expected MD5, checked before anything of it is interpreted."""
    total = path.stat().st_size
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(2**22):
            digest.update(chunk)
            done += len(chunk)
            yield Progress(done, total, "check")
    return digest.hexdigest() == expected


def _extracting(archive: Path, dest: Path) -> Generator[Progress, None, None]:
    total = int(archive.stat().st_size * UNPACKED)
    for written in extracting(archive, dest):
        yield Progress(min(written, total), total, "extract")
    yield Progress(total, total, "extract")


def main(arguments: Sequence[str] = ()) -> None:
    """Install CIFAR-10 where the app looks for it: `python -m core.download`."""
    dest = parent("cifar-10")
    argparse.ArgumentParser(
        prog="python -m core.download", description=_DESCRIPTION.format(folder=dest / FOLDER)
    ).parse_args(arguments)
    try:
        for step in download(dest):
            total = f" of {step.total >> 20}" if step.total else ""
            print(f"\r{_STAGES[step.stage]} CIFAR-10: {step.done >> 20}{total} MB   ", end="", flush=True)
    except InputError as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        print("\nstopped; the next call continues from what has arrived", file=sys.stderr)
        sys.exit(130)  # as shells have it after Ctrl-C
    print(f"\n{dest / FOLDER}")


if __name__ == "__main__":
    main(sys.argv[1:])
