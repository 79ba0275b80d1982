"""Uploaded pictures: any usual format in, RGB and the network's 32 x 32 out; nothing is trusted unchecked."""

import contextlib
import io
import threading
import warnings

import numpy as np
import torch
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError
from torch import Tensor

from core.dataset import colours, png_chunks
from core.errors import InputError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "MPO", "AVIF")
# Pillow opens MPO, two JPEGs in one file, by its opener of JPEG; HEIF once pillow-heif is registered.
_OPENERS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "HEIF")
# Brands of ISO base media files that are HEIF; mif1 and msf1 may be AVIF too.
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000  # a phone's largest photograph
# Pixels that a byte of a large picture holds at the very most: a header that claims more lies. WebP, AVIF and
# HEIF could hold a blank one in less, which nobody uploads.
_MOST_PER_BYTE = {"GIF": 3000, "PNG": 10_000, "JPEG": 1000, "MPO": 1000, "BMP": 300}
_MOST_OF_OTHERS = 5000
_LARGE = 2_100_000  # pixels, a screen
SIDE = 32  # pixels of the network's input
# Pixels above which a JPEG is decoded at half its size or less, for a quarter of the time and memory.
_DRAFT_ABOVE = 16_000_000
_DRAFT_SIDE = 2048  # pixels that such a draft keeps at least
_WIDE = {"I;16", "I;16L", "I;16B", "I;16N"}
_GREY = {"1", "L", "LA", "I", "F"} | _WIDE
_SCALE = (np.arange(65536) / 257).round().astype(np.uint8)  # 16 bits to 8
_decode_lock = threading.Lock()  # decoding the largest takes 400 to 750 MB: once, not once per learner


def read_image(data: bytes) -> Image.Image:
    """Read an uploaded PNG, JPEG, MPO, WebP, BMP, GIF, AVIF or, with pillow-heif installed, HEIF file as RGB.

    The picture is the first frame, upright by its EXIF, its colours by its profile, with transparency on
    white. Size and format are read from the header before anything is decoded; a JPEG of more than 16
    megapixels comes back smaller. Large or damaged descriptions in a PNG are passed over.
    Raises InputError for anything else, for more than 20 MB or 50 megapixels, and for a truncated or damaged
    file.
    """
    if not data:
        raise InputError("photo_empty")
    if len(data) > MAX_BYTES:
        raise InputError("photo_bytes", size=f"{len(data) / 2**20:.1f}", limit=MAX_BYTES // 2**20)
    with _decode_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about files that are fine, or refused below
        try:
            return _read(data)
        except UnidentifiedImageError:
            if not _is_heif(data):
                raise InputError("photo_format", formats=FORMATS) from None
            key = "photo_damaged" if _opens_heif() else "photo_heif"
            raise InputError(key, formats=FORMATS) from None
        except Image.DecompressionBombError:
            raise InputError("photo_pixels", size="?", limit=MAX_PIXELS // 10**6) from None
        except InputError:
            raise
        except Exception as error:  # for damage, Pillow raises OSError, SyntaxError, struct.error ...
            raise InputError("photo_damaged") from error


def _read(data: bytes) -> Image.Image:
    is_png = data.startswith(png_chunks.SIGNATURE)
    profile = png_chunks.profile(data) if is_png else None
    formats = [name for name in _OPENERS if name != "HEIF" or (_is_heif(data) and _opens_heif())]
    with Image.open(io.BytesIO(png_chunks.bare(data) if is_png else data), formats=formats) as image:
        _check_size(image, len(data))
        profile = profile or image.info.get("icc_profile")
        return _in_srgb(_upright(_decoded(image)), profile)


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS and b"avif" not in data[12:64]


def _opens_heif() -> bool:
    """Whether HEIF can be read; registers pillow-heif on the first such file, where it is installed."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener(thumbnails=False)
    return True


def to_input(image: Image.Image) -> Tensor:
    """uint8 [1, 3, 32, 32]: the largest centred square, resized with antialiasing; 32 x 32 stays as it is.

    Equal to torchvision's CenterCrop and Resize(32), which are bilinear with antialiasing on PIL images.
    """
    return square(image, SIDE)


def square(image: Image.Image, size: int) -> Tensor:
    """uint8 [1, 3, size, size]: the largest centred square, resized with antialiasing."""
    image = _rgb(image)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    small = image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1).unsqueeze(0).contiguous()  # (1, 3, size, size)


def _check_size(image: ImageFile.ImageFile, size: int) -> None:
    """Refuse a picture whose header claims too many pixels, or more than the `size` bytes can hold."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError("photo_pixels", size=f"{width} × {height}", limit=MAX_PIXELS // 10**6)
    most = max(_LARGE, size * _MOST_PER_BYTE.get(image.format or "", _MOST_OF_OTHERS))
    if min(width, height) < 1 or width * height > most:
        raise InputError("photo_damaged")


def _decoded(image: Image.Image) -> Image.Image:
    if image.width * image.height > _DRAFT_ABOVE:
        image.draft(None, (_DRAFT_SIDE, _DRAFT_SIDE))  # affects JPEGs only
    image.load()
    return image


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF says; a broken EXIF block is ignored."""
    with contextlib.suppress(Exception):  # a broken block raises all kinds
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB by the colour profile; one that doesn't fit the picture's kind of colours is ignored."""
    if image.mode == "CMYK":
        return _rgb(colours.in_srgb(image, profile))
    flat = _rgb(image)
    if image.mode in _GREY:
        grey = flat.getchannel(0)
        converted = colours.in_srgb(grey, profile)
        return flat if converted is grey else converted
    return colours.in_srgb(flat, profile)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image if type(image) is Image.Image else image.copy()
    if image.mode in _WIDE | {"I", "F"}:
        return _from_numbers(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(rgba, mask=rgba.getchannel("A"))
    return paper


def _from_numbers(image: Image.Image) -> Image.Image:
    """RGB from grey of more than 8 bits, scaled so that white stays white."""
    values = np.asarray(image)  # (H, W)
    grey = _SCALE[values] if image.mode in _WIDE else _scaled(values, image.mode)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[values == transparent] = 255
    return Image.fromarray(grey).convert("RGB")


def _scaled(values: np.ndarray, mode: str) -> np.ndarray:
    """Scale 32-bit integers or floats; white is 255, 65,535 if they exceed that, or 1 for floats up to 1."""
    values = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    most = values.max(initial=0.0)
    white = 65535 if most > 255 else 1 if mode == "F" and most <= 1 else 255
    scaled: np.ndarray = np.clip(values / white * 255, 0, 255).round().astype(np.uint8)
    return scaled
