"""Colour profiles made by hand, each of which changes colours beyond doubt."""

import struct

from PIL import ImageCms


def profile(space: bytes, tags: dict[bytes, bytes], pcs: bytes = b"XYZ ") -> bytes:
    """An ICC profile, version 2; the white point comes by itself."""
    d50 = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    tags = {b"wtpt": b"XYZ \0\0\0\0" + d50, **tags}
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", offset + len(body), b"", 0x02400000, b"prtr", space, pcs)
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp").ljust(32, b"\0") + d50
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def swapped() -> bytes:
    """sRGB with the primaries of red and green exchanged."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)


def linear_grey() -> bytes:
    return profile(b"GRAY", {b"kTRC": b"curv" + bytes(8)})


def cyan_is_red() -> bytes:
    """A table for CMYK by which no ink is white, cyan alone red, and all else black."""
    lab = {0: (255, 128, 128), 8: (136, 208, 195)}  # corners by their bits CMYK; L, a, b
    corners = b"".join(bytes(lab.get(corner, (0, 128, 128))) for corner in range(16))
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + corners + ramp * 3
    return profile(b"CMYK", {b"A2B0": table}, b"Lab ")
