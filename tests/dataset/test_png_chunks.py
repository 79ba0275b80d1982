"""core.dataset.png_chunks: what describes a PNG may be large or damaged; what makes its picture stays."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core.dataset import png_chunks
from core.dataset.colours import MAX_PROFILE
from core.dataset.photos import read_image
from core.errors import InputError
from tests.support.profiles import swapped

SCENE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8))
LARGE = b"a" * (3 * 2**19)  # more than Pillow inflates


def png(image: Image.Image = SCENE, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(name + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def with_chunk(added: bytes, before: bytes = b"IDAT") -> bytes:
    data = png()
    place = data.index(before) - 4
    return data[:place] + added + data[place:]


def is_scene(data: bytes) -> bool:
    return bool((np.asarray(read_image(data)) == np.asarray(SCENE)).all())


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
@pytest.mark.parametrize(
    "added",
    [
        chunk(b"iCCP", b"name\0\0" + zlib.compress(LARGE)),
        chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(2 * MAX_PROFILE))),
        chunk(b"iCCP", b"name\0\0no stream"),
        chunk(b"iCCP", b"name\0\0" + zlib.compress(swapped()), checksum=1),
        chunk(b"iCCP", b"no end"),
        chunk(b"zTXt", b"key\0\0" + zlib.compress(LARGE)),
        chunk(b"zTXt", b"key\0\x09method"),
        chunk(b"iTXt", b"key\0\1\0\0\0" + zlib.compress(LARGE)),
        chunk(b"iTXt", b"key\0\0\0\0\0" + LARGE),
        chunk(b"iTXt", b"key"),
        chunk(b"tEXt", b"key\0" + LARGE),
        chunk(b"tEXt", b"key\0text", checksum=1),
        chunk(b"pHYs", b"1"),
        chunk(b"gAMA", b""),
        chunk(b"sRGB", b""),
        chunk(b"cHRM", b"1"),
        chunk(b"tIME", b"x", checksum=1),
        chunk(b"acTL", b"1"),
        chunk(b"fcTL", b"1"),
        chunk(b"eXIf", b"no TIFF"),
        chunk(b"eXIf", bytes(2**21)),
        chunk(b"zzZz", LARGE),
    ],
)
def test_descriptions_do_no_harm(added: bytes, before: bytes) -> None:
    assert is_scene(with_chunk(added, before))


def test_thousands_of_texts_do_no_harm() -> None:
    assert is_scene(with_chunk(chunk(b"tEXt", b"key\0" + b"a" * 100) * 20_000))


def test_what_makes_the_picture_stays() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_image(png(exif=exif)).size == (30, 40)
    xmp = PngImagePlugin.PngInfo()
    xmp.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    assert read_image(png(pnginfo=xmp)).size == (30, 40)
    keyed = Image.new("RGB", (2, 2), (1, 2, 3))
    assert read_image(png(keyed, transparency=(1, 2, 3))).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_damage_where_the_picture_is_counts(name: bytes) -> None:
    data = bytearray(png())
    data[data.index(name) + 8] ^= 1
    with pytest.raises(InputError):
        read_image(bytes(data))


def test_a_large_profile_is_followed() -> None:
    padded = swapped() + bytes(2**21)
    padded = struct.pack(">I", len(padded)) + padded[4:]
    assert png_chunks.profile(with_chunk(chunk(b"iCCP", b"n\0\0" + zlib.compress(padded)))) == padded
    red = png(Image.new("RGB", (8, 8), (255, 0, 0)))
    place = red.index(b"IDAT") - 4
    with_profile = red[:place] + chunk(b"iCCP", b"n\0\0" + zlib.compress(padded)) + red[place:]
    assert read_image(with_profile).getpixel((4, 4)) == (0, 255, 0)


def test_what_follows_the_end_is_left_out() -> None:
    assert png_chunks.bare(png() + b"more") == png_chunks.bare(png())
    cut = png()[:-6]
    assert png_chunks.bare(cut).endswith(cut[-10:])
