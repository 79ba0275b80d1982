"""Files of a learner, damaged at random from a seed: pictures, batch files and archives of them."""

import io
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, PngImagePlugin

from core.dataset.batch_entries import fields
from core.dataset.batch_file import read_batch
from core.dataset.photos import read_image, to_input
from core.dataset.unpacking import unpacking
from core.files.locations import BATCH_FILES, BINARY_FOLDER, FILES, FOLDER
from tests.support.profiles import cyan_is_red, linear_grey, swapped
from tests.support.python_2 import python_2

_ROWS = np.random.default_rng(0).integers(0, 256, (2, 3072), dtype=np.uint8)
_PNG = b"\x89PNG\r\n\x1a\n"
_EXTREMES = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\x01\0\0",
    b"\x80",
)
_CHANGES_EACH = (1, 1, 1, 2, 3, 6)


class Call:
    """An object whose pickle makes a file when it is read by Python's own reader."""

    def __init__(self, trap: Path) -> None:
        self._trap = trap

    def __reduce__(self) -> tuple[object, tuple[str]]:  # type: ignore[override]
        return os.system, (f"touch '{self._trap}'",)


@dataclass(frozen=True)
class Kind:
    """Whole files of one kind by name, and the reader that must read or refuse what becomes of them."""

    whole: Mapping[str, bytes]
    read: Callable[[bytes], None]


def kinds(folder: Path) -> dict[str, Kind]:
    """Pictures, batch files and archives, read in `folder`, where one that is obeyed makes a file `trap`."""
    return {
        "pictures": Kind(_pictures(), _read_picture),
        "batches": Kind(_batches(folder / "trap"), lambda data: _read_batch(folder, data)),
        "archives": Kind(_archives(), lambda data: _unpack(folder, data)),
    }


def mutated(kind: Kind, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` damaged files, each with the name of the whole one."""
    chance = Random(seed)
    names = sorted(kind.whole)
    for _ in range(count):
        name = chance.choice(names)
        yield name, _damaged(kind.whole[name], kind.whole[chance.choice(names)], chance)


def _damaged(data: bytes, other: bytes, chance: Random) -> bytes:
    for _ in range(chance.choice(_CHANGES_EACH)):
        # Half of the places lie near an end, where headers are.
        near = chance.random() < 0.5
        place = min(chance.randrange(200), len(data)) if near else chance.randrange(len(data) + 1)
        data = chance.choice(_CHANGES)(data, place, other, chance)
    return _checksummed(data) if chance.random() < 0.7 else data


def _flip(data: bytes, place: int, _other: bytes, chance: Random) -> bytes:
    return (
        data[:place]
        + bytes(value ^ chance.randrange(256) for value in data[place : place + 1])
        + data[place + 1 :]
    )


def _extreme(data: bytes, place: int, _other: bytes, chance: Random) -> bytes:
    value = chance.choice(_EXTREMES)
    return data[:place] + value + data[place + len(value) :]


def _digit(data: bytes, place: int, _other: bytes, chance: Random) -> bytes:
    return data[:place] + chance.choice([b"0", b"9", b"-1", b"99999999999", b"1e9", b"\n"]) + data[place:]


def _cut(data: bytes, place: int, _other: bytes, chance: Random) -> bytes:
    return data[:place] + data[place + chance.randrange(100) :]


def _repeat(data: bytes, place: int, _other: bytes, chance: Random) -> bytes:
    return data[:place] + data[place : place + chance.randrange(300)] * chance.randint(2, 20) + data[place:]


def _splice(data: bytes, place: int, other: bytes, chance: Random) -> bytes:
    return data[:place] + other[chance.randrange(len(other)) :]


def _end(data: bytes, place: int, _other: bytes, _chance: Random) -> bytes:
    return data[: max(place, 1)]


_CHANGES = (_flip, _flip, _flip, _extreme, _extreme, _digit, _cut, _repeat, _splice, _end)


def _checksummed(data: bytes) -> bytes:
    """A PNG with the checksums that its chunks should have, so that its damage gets further."""
    if not data.startswith(_PNG):
        return data
    whole, place = [_PNG], len(_PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        body = data[place + 4 : place + 8 + length]
        whole.append(data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body)))
        place += 12 + length
    return b"".join(whole)


def _pictures() -> dict[str, bytes]:
    y, x = np.mgrid[0:40, 0:48]
    scene = Image.fromarray(np.stack([5 * x, 6 * y, 255 - 5 * x], -1).astype(np.uint8))
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "a" * 300, zip=True)
    text.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    exif = Image.Exif()
    exif[0x0112] = 6
    saved: dict[str, bytes] = {}

    def save(name: str, image: Image.Image, kind: str, **options: object) -> None:
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)  # type: ignore[arg-type]
        saved[name] = buffer.getvalue()

    wide = Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257)
    save("png", scene, "PNG", icc_profile=swapped(), pnginfo=text, exif=exif)
    save("png-palette", scene.convert("P"), "PNG", transparency=bytes(range(256)))
    save("png-16", wide, "PNG", icc_profile=linear_grey())
    save("png-alpha", scene.convert("RGBA"), "PNG")
    save("apng", scene, "PNG", save_all=True, append_images=[scene.rotate(90)])
    save("jpeg", scene, "JPEG", icc_profile=swapped(), exif=exif)
    save("jpeg-progressive", scene, "JPEG", progressive=True, quality=95)
    save("jpeg-cmyk", scene.convert("CMYK"), "JPEG", icc_profile=cyan_is_red())
    save("mpo", scene, "MPO", save_all=True, append_images=[scene], exif=exif)
    save("webp", scene, "WEBP", icc_profile=swapped(), exif=exif)
    save("webp-lossless", scene.convert("RGBA"), "WEBP", lossless=True)
    save("webp-animated", scene, "WEBP", save_all=True, append_images=[scene.rotate(90)])
    save("gif", scene, "GIF", save_all=True, append_images=[scene.rotate(90)])
    save("bmp", scene, "BMP")
    save("avif", scene, "AVIF", icc_profile=swapped(), exif=exif)
    save("avif-alpha", scene.convert("RGBA"), "AVIF")
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
        save("heif", scene, "HEIF", icc_profile=swapped())
    return saved


def _batches(trap: Path) -> dict[str, bytes]:
    labels = [3, 7]
    content = {
        "batch_label": "training batch 1 of 5",
        "labels": labels,
        "data": _ROWS,
        "filenames": ["a.png"] * 2,
    }
    old: dict[bytes, object] = {b"labels": labels, b"data": _ROWS, b"filenames": [b"it's \\"] * 2}
    whole = {f"protocol-{protocol}": pickle.dumps(content, protocol) for protocol in range(6)}
    whole |= {f"ordered-{protocol}": pickle.dumps(OrderedDict(content), protocol) for protocol in (0, 2, 5)}
    whole |= {
        f"calls-{protocol}": pickle.dumps(content | {"x": Call(trap)}, protocol) for protocol in (0, 2, 4)
    }
    arrays = content | {
        "labels": np.array(labels, ">i4"),
        "data": np.asfortranarray(_ROWS),
        "x": np.float64(1),
    }
    return whole | {
        "arrays": pickle.dumps(arrays, 5),
        "python-2": python_2(old) + b".",
        "python-2-ordered": python_2(OrderedDict(old)) + b".",
        "cifar-100": pickle.dumps({"fine_labels": labels, "coarse_labels": labels, "data": _ROWS}, 2),
        "binary": b"".join(bytes([label]) + row.tobytes() for label, row in zip(labels, _ROWS, strict=True)),
    }


def _read_picture(data: bytes) -> None:
    to_input(read_image(data))


def _read_batch(folder: Path, data: bytes) -> None:
    for name in ("data_batch_1.bin", "data_batch_1"):
        (folder / name).write_bytes(data)
        read_batch(folder / name)
    fields(folder / "data_batch_1")


def _archives() -> dict[str, bytes]:
    batch = pickle.dumps({"labels": [3, 7], "data": _ROWS}, 2)
    python = {f"{FOLDER}/{name}": batch for name in FILES}
    binary = {
        f"{BINARY_FOLDER}/{name}.bin": b"".join(bytes([3]) + row.tobytes() for row in _ROWS)
        for name in BATCH_FILES
    }
    return {
        "tar": _tar(python, "w"),
        "gzip": _tar(python, "w:gz"),
        "binary": _tar(binary, "w:gz"),
        "zip": _zip(python, zipfile.ZIP_DEFLATED),
        "stored-zip": _zip(binary, zipfile.ZIP_STORED),
    }


def _tar(members: Mapping[str, bytes], mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _zip(members: Mapping[str, bytes], how: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _unpack(folder: Path, data: bytes) -> None:
    (folder / "archive").write_bytes(data)
    for _ in unpacking(folder / "archive", folder / "unpacked"):
        pass
