"""Colour profiles of pictures: their numbers become those of sRGB, which screens and CIFAR-10 mean."""

import io

from PIL import Image, ImageCms

MAX_PROFILE = 4 * 2**20  # bytes; those for printers have 1 to 3 MB
_MODES = {"RGB": ("RGB",), "GRAY": ("L",), "CMYK": ("CMYK",)}
_FEW = 2**18  # pixels below which preparing a table costs more than it saves


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as RGB by its profile; unchanged where there is none, or none that can be used with it."""
    if not profile or len(profile) > MAX_PROFILE:
        return image
    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode not in _MODES.get(found.profile.xcolor_space.strip(), ()):
            return image
        few = image.width * image.height < _FEW
        transform = ImageCms.buildTransform(
            found,
            ImageCms.createProfile("sRGB"),
            image.mode,
            "RGB",
            flags=ImageCms.Flags.NOOPTIMIZE if few else ImageCms.Flags.NONE,
        )
        converted = transform.apply(image)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    converted.info.pop("icc_profile", None)  # sRGB's own
    return converted
