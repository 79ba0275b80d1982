"""core.dataset.photos: every format, mode and rotation; damaged, huge and hostile files are refused."""

import io
import pickle
import random
import struct
import sys
import threading
import tracemalloc
import types
import warnings
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from torchvision import transforms

from core.dataset import photos
from core.dataset.photos import FORMATS, MAX_BYTES, MAX_PIXELS, read_image, to_input
from core.errors import InputError
from core.text import LANGUAGES


def scene(width: int = 48, height: int = 40) -> Image.Image:
    """Smooth colours with four distinct corners."""
    y, x = np.mgrid[0:height, 0:width]
    colours = np.stack([255 * x / width, 255 * y / height, 255 * (1 - x / width)], -1)
    return Image.fromarray(colours.astype(np.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as error:
        read_image(data)
    for language in LANGUAGES:
        assert 0 < len(error.value.sentence(language)) < 200
    return error.value.key


def apart(first: Image.Image, second: Image.Image) -> int:
    assert first.size == second.size
    return int(np.abs(np.asarray(first, dtype=int) - np.asarray(second, dtype=int)).max())


# Formats and modes


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True})])
def test_lossless_formats_come_back_exactly(kind: str, options: dict[str, bool]) -> None:
    image = read_image(saved(scene(), kind, **options))
    assert (image.mode, type(image)) == ("RGB", Image.Image)
    assert apart(image, scene()) == 0


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("MPO", {"quality": 95}),
        ("WEBP", {"quality": 95}),
        ("AVIF", {"quality": 95}),
        ("GIF", {}),
    ],
)
def test_lossy_formats_come_close(kind: str, options: dict[str, int]) -> None:
    image = read_image(saved(scene(), kind, **options))
    assert image.mode == "RGB"
    assert np.abs(np.asarray(image, dtype=int) - np.asarray(scene(), dtype=int)).mean() < 6


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
@pytest.mark.parametrize("kind", ["PNG"])
def test_grey_palette_and_opaque_modes(mode: str, kind: str) -> None:
    if mode == "I;16":
        source, expected = (
            Image.fromarray(np.asarray(scene().convert("L")).astype(np.uint16) * 257),
            scene().convert("L"),
        )
    else:
        source = scene().convert(mode)
        expected = source.convert("RGB")
    image = read_image(saved(source, kind))
    assert image.mode == "RGB"
    assert apart(image, expected.convert("RGB")) == 0


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    values = np.array([[0, 256, 32768, 65535]], dtype=np.uint16)
    image = read_image(saved(Image.fromarray(values), "PNG"))
    assert np.asarray(image)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_colours_of_sixteen_bits() -> None:
    """The low byte of each number is noise that eight bits have no room for."""
    chance = random.Random(0)
    rows = b"".join(
        b"\0" + bytes(value for high in row.tobytes() for value in (high, chance.randrange(256)))
        for row in np.asarray(scene())
    )
    data = png_of(48, 40, depth=16, content=rows)
    assert apart(read_image(data), scene()) == 0


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("I", [[0, 128, 255]], [0, 128, 255]),
        ("I", [[0, 32768, 65535]], [0, 128, 255]),
        ("I", [[-5, 65535, 99999]], [0, 255, 255]),
        ("F", [[0.0, 0.5, 1.0]], [0, 128, 255]),
        ("F", [[0.0, 100.0, 255.0]], [0, 100, 255]),
        ("F", [[float("nan"), float("inf"), 1.0]], [0, 0, 255]),
    ],
)
def test_numbers_instead_of_pixels(mode: str, values: list[list[float]], expected: list[int]) -> None:
    image = Image.fromarray(np.array(values, dtype=np.int32 if mode == "I" else np.float32))
    assert image.mode == mode
    assert np.asarray(photos._rgb(image))[0, :, 1].tolist() == expected
    assert to_input(image).shape == (1, 3, 32, 32)


def test_transparency_lies_on_white() -> None:
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    clear = Image.new("RGBA", (4, 4), (200, 10, 10, 0))
    grey = Image.new("LA", (4, 4), (0, 0))
    for kind in ("PNG", "WEBP"):
        assert read_image(saved(clear, kind, lossless=True)).getpixel((1, 1)) == (255, 255, 255)
        assert read_image(saved(half, kind, lossless=True)).getpixel((1, 1)) == (127, 127, 127)
    assert read_image(saved(grey, "PNG")).getpixel((0, 0)) == (255, 255, 255)
    assert np.asarray(to_input(clear)).min() == 255


def test_transparency_of_palettes_and_of_one_colour() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([250, 0, 0, 0, 250, 0])
    palette.putdata([0, 1])
    as_bytes = read_image(saved(palette, "PNG", transparency=bytes([0, 255])))
    as_index = read_image(saved(palette, "GIF", transparency=0))
    for image in (as_bytes, as_index):
        assert [image.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (0, 250, 0)]
    colour = Image.new("RGB", (2, 1), (1, 2, 3))
    colour.putpixel((1, 0), (9, 9, 9))
    keyed = read_image(saved(colour, "PNG", transparency=(1, 2, 3)))
    assert [keyed.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (9, 9, 9)]
    grey = read_image(saved(Image.new("L", (2, 1), 7), "PNG", transparency=7))
    assert grey.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_picture_stands_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 98} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    data = saved(scene(), kind, exif=exif, **options)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    assert expected.size == ((48, 40) if orientation < 5 else (40, 48))
    assert apart(read_image(data), expected) == 0


@pytest.mark.parametrize(
    "exif", [b"Exif\x00\x00", b"Exif\x00\x00garbage that is no TIFF", b"Exif\x00\x00II*\x00\xff\xff\xff\xff"]
)
def test_a_broken_exif_block_does_no_harm(exif: bytes) -> None:
    assert read_image(saved(scene(), "JPEG", exif=exif)).size == (48, 40)


def test_cmyk_as_pillow_reads_it() -> None:
    source = Image.new("CMYK", (16, 16), (255, 0, 0, 0))  # cyan
    data = saved(source, "JPEG", quality=100)
    assert b"Adobe" in data  # Pillow writes Photoshop's marker, whose numbers are inverted
    red, green, blue = read_image(data).getpixel((8, 8))
    assert (red < 10, green > 245, blue > 245) == (True, True, True)


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "MPO", "AVIF"):
        data = saved(
            frames[0],
            kind,
            save_all=True,
            append_images=frames[1:],
            **({"lossless": True} if kind == "WEBP" else {}),
        )
        assert np.abs(np.subtract(read_image(data).getpixel((3, 3)), (255, 0, 0))).max() < 4


# To the network's size


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 150), st.integers(1, 150), st.integers(0, 999))
def test_the_middle_square_as_torchvision_makes_it(width: int, height: int, seed: int) -> None:
    image = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))
    side = min(width, height)
    box = ((width - side) // 2, (height - side) // 2)
    square = image.crop((*box, box[0] + side, box[1] + side))
    expected = transforms.PILToTensor()(transforms.Resize((32, 32))(square))
    made = to_input(image)
    assert (made.dtype, made.shape, made.is_contiguous()) == (torch.uint8, (1, 3, 32, 32), True)
    assert torch.equal(made[0], expected)


def test_the_networks_own_size_stays_as_it_is() -> None:
    image = scene(32, 32)
    assert np.array_equal(to_input(image)[0].permute(1, 2, 0).numpy(), np.asarray(image))


def test_fine_stripes_become_grey() -> None:
    stripes = Image.fromarray(np.tile(np.array([0, 255], dtype=np.uint8), (320, 160))).convert("RGB")
    assert to_input(stripes).float().sub(127.5).abs().max() < 8


# Refusals


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "photo_empty"),
        (b"\x00" * 100, "photo_format"),
        (b"not an image at all", "photo_format"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "photo_format"),
        (b"<html><img src=x onerror=alert(1)></html>", "photo_format"),
        (pickle.dumps({"image": [1, 2, 3]}), "photo_format"),
        (b"%PDF-1.7\n", "photo_format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "photo_format"),
        (saved(scene(), "TIFF"), "photo_format"),
        (saved(scene(), "ICO"), "photo_format"),
        (saved(scene(), "PPM"), "photo_format"),
        (b"\x00" * (MAX_BYTES + 1), "photo_bytes"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, key: str) -> None:
    assert refused(data) == key


def png_of(width: int, height: int, depth: int = 8, content: bytes = bytes(1000)) -> bytes:
    """A PNG of colours that claims to be this large, of a few hundred bytes unless there is content."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(content))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size", [(8000, 6251), (50_000, 50_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)]
)
def test_a_decompression_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    tracemalloc.start()
    try:
        assert refused(png_of(*size)) == "photo_pixels"
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_header_that_claims_more_than_the_file_can_hold_is_refused(kind: str) -> None:
    if kind == "PNG":
        data = png_of(5000, 5000)
    elif kind == "WEBP":
        data = saved(Image.new("RGB", (5000, 5000)), "WEBP", lossless=True)
    else:
        data = saved(scene(), "GIF")
        data = data[:6] + struct.pack("<HH", 5000, 5000) + data[10:]
    assert refused(data) == "photo_damaged"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "1"), ("PNG", "RGB"), ("GIF", "P"), ("JPEG", "L"), ("WEBP", "RGB"), ("BMP", "1")],
)
def test_a_plain_picture_takes_few_bytes_and_is_read(kind: str, mode: str) -> None:
    options = {"JPEG": {"progressive": True, "optimize": True}, "WEBP": {"lossless": True}}.get(kind, {})
    size = (1920, 1080) if kind == "WEBP" else (4000, 4000)
    assert read_image(saved(Image.new(mode, size), kind, **options)).size == size


def test_a_large_jpeg_is_decoded_smaller() -> None:
    data = saved(Image.new("RGB", (7000, 7000), (10, 200, 30)), "JPEG")
    image = read_image(data)
    assert min(image.size) >= 2048 and image.size[0] == image.size[1] < 7000
    assert to_input(image)[0, :, 5, 5].tolist() == pytest.approx([10, 200, 30], abs=3)


def test_a_telephones_two_pictures_in_one_file() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = Image.new("RGB", (4700, 4200), (10, 200, 30))
    data = saved(wide, "MPO", save_all=True, append_images=[Image.new("RGB", (40, 30))], exif=exif)
    image = read_image(data)
    assert image.width < image.height < 4200  # upright, and decoded smaller as a JPEG is
    assert to_input(image)[0, :, 5, 5].tolist() == pytest.approx([10, 200, 30], abs=3)
    assert read_image(data[: len(data) - 100]).size == image.size  # only the second one is cut off


# HEIF


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


def test_heif_without_its_reader_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for data in (HEIC, HEIC.replace(b"heic", b"mif1", 1)):
        assert refused(data) == "photo_heif"
    assert refused(HEIC.replace(b"heic", b"mif1", 1).replace(b"heic", b"avif", 1)) == "photo_format"


def test_heif_with_its_reader_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def register_heif_opener(**_options: bool) -> None:
        Image.register_open(
            "HEIF",
            lambda file, _name: Image.open(io.BytesIO(file.read()[len(HEIC) :])),  # type: ignore[arg-type]
            lambda prefix: prefix[4:12] == b"ftypheic",
        )

    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    monkeypatch.setitem(
        sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register_heif_opener)
    )
    assert apart(read_image(HEIC + saved(scene(), "PNG")), scene()) == 0
    assert refused(HEIC + png_of(8000, 6251)) == "photo_pixels"
    assert refused(HEIC) == "photo_damaged"


def test_an_ordinary_photograph_keeps_its_size() -> None:
    assert read_image(saved(Image.new("RGB", (4000, 3000)), "JPEG")).size == (4000, 3000)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_was_cut_off_is_refused(kind: str) -> None:
    chance = random.Random(0)
    noisy = Image.fromarray(np.frombuffer(chance.randbytes(60 * 50 * 3), np.uint8).reshape(50, 60, 3))
    data = saved(noisy, kind)
    for length in [1, 5, 20, *range(40, len(data) * 9 // 10, max(1, len(data) // 25))]:
        assert refused(data[:length]) in ("photo_damaged", "photo_format"), length


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_flipped_bytes_make_a_picture_or_a_refusal(kind: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(saved(scene(20, 16), kind))
    for where, value in flips:
        data[int(where * (len(data) - 1))] = value
    try:
        image = read_image(bytes(data))
    except InputError as error:
        assert error.key in ("photo_damaged", "photo_format", "photo_pixels")
    else:
        assert image.mode == "RGB" and to_input(image).shape == (1, 3, 32, 32)


def test_no_warning_leaks() -> None:
    palette = Image.new("P", (40, 40))
    palette.putpalette([250, 0, 0] * 256)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_image(saved(palette, "PNG", transparency=bytes(range(256))))
        refused(png_of(10_000, 10_000))  # Pillow would warn of a bomb
    assert not caught


@pytest.mark.clock
def test_two_learners_at_once() -> None:
    data, sizes = saved(scene(), "PNG"), []
    threads = [threading.Thread(target=lambda: sizes.append(read_image(data).size)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(48, 40)] * 8
