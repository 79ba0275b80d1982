"""core.dataset.colours: profiles are followed, those that don't fit or make no sense are passed over."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.dataset import colours
from core.dataset.photos import read_image
from tests.support.profiles import cyan_is_red, linear_grey, swapped

RED, GREEN, WHITE = (255, 0, 0), (0, 255, 0), (255, 255, 255)


def saved(image: Image.Image, kind: str, icc: bytes, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, icc_profile=icc, **options)
    return buffer.getvalue()


def near(colour: object, expected: tuple[int, ...], by: int = 6) -> bool:
    return bool(np.abs(np.subtract(colour, expected)).max() <= by)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 100}),
        ("MPO", {"quality": 100}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 100}),
    ],
)
def test_colours_follow_the_profile(kind: str, options: dict[str, object]) -> None:
    image = read_image(saved(Image.new("RGB", (16, 16), RED), kind, swapped(), **options))
    assert image.mode == "RGB" and near(image.getpixel((8, 8)), GREEN)
    assert "icc_profile" not in image.info  # or it would be followed twice


def test_transparency_and_palettes_follow_it_too() -> None:
    clear = Image.new("RGBA", (4, 4), (*RED, 255))
    clear.putpixel((0, 0), (*RED, 0))
    image = read_image(saved(clear, "PNG", swapped()))
    assert near(image.getpixel((2, 2)), GREEN) and near(image.getpixel((0, 0)), WHITE)
    palette = Image.new("RGB", (4, 4), RED).convert("P")
    assert near(read_image(saved(palette, "PNG", swapped())).getpixel((2, 2)), GREEN)


def test_the_numbers_are_those_of_little_cms() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 500, 3), dtype=np.uint8))
    for size in ((600, 500), (40, 30)):
        picture = noise.resize(size)
        expected = ImageCms.profileToProfile(
            picture, io.BytesIO(swapped()), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        found = read_image(saved(picture, "PNG", swapped()))
        assert near(np.asarray(found, int), np.asarray(expected, int), by=1)  # type: ignore[arg-type]


def test_srgb_changes_nothing() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (np.asarray(read_image(saved(noise, "PNG", srgb))) == np.asarray(noise)).all()


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "1"])
def test_grey_follows_a_grey_profile(mode: str) -> None:
    grey = Image.new("L", (4, 4), 255 if mode == "1" else 128)
    picture = (
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    )
    expected = 255 if mode == "1" else 188  # half of the light
    assert near(read_image(saved(picture, "PNG", linear_grey())).getpixel((1, 1)), (expected,) * 3, by=1)


def test_cmyk_follows_its_profile() -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    assert near(read_image(saved(cyan, "JPEG", cyan_is_red(), quality=100)).getpixel((8, 8)), RED, by=12)
    paper = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    assert near(read_image(saved(paper, "JPEG", cyan_is_red(), quality=100)).getpixel((8, 8)), WHITE)


@pytest.mark.parametrize(
    "icc",
    [
        linear_grey(),  # for another kind of colours
        cyan_is_red(),
        b"nonsense",
        swapped()[:300],
        b"\0" * 200,
        swapped().ljust(colours.MAX_PROFILE + 1, b"\0"),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_profile_that_cannot_be_used_is_passed_over(icc: bytes, kind: str) -> None:
    options = {"quality": 100} if kind == "JPEG" else {}
    assert near(read_image(saved(Image.new("RGB", (8, 8), RED), kind, icc, **options)).getpixel((4, 4)), RED)
