"""The chunks of a PNG file: those that make the picture, without what only describes it.

Descriptions are often large (a profile, an editor's history) or damaged, and no reason to refuse a picture.
Source: https://www.w3.org/TR/png-3/
"""

import struct
import zlib
from collections.abc import Iterator

from core.dataset.colours import MAX_PROFILE

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Transparency and what may say which way is up; the second number is the most bytes that are looked at.
_KEPT = {b"tRNS": 2**10, b"eXIf": 2**20, b"tEXt": 2**18, b"iTXt": 2**18}


def bare(data: bytes) -> bytes:
    """The file with its critical chunks and, where not damaged, transparency, EXIF and short texts.

    What follows the last whole chunk stays, so that a file that was cut off still is.
    """
    kept, end = [SIGNATURE], len(SIGNATURE)
    for name, start, end in _chunks(data):
        if _is_critical(name) or (name in _KEPT and _is_good(data, name, start, end)):
            kept.append(data[start:end])
        if name == b"IEND":
            return b"".join(kept)
    return b"".join([*kept, data[end:]])


def profile(data: bytes) -> bytes | None:
    """The colour profile in the file; None if there is none that is whole and at most MAX_PROFILE."""
    for name, start, end in _chunks(data):
        if name == b"IDAT":
            return None
        if name == b"iCCP" and _checksum_fits(data, start, end):
            _keyword, _, rest = data[start + 8 : end - 4].partition(b"\0")
            return _inflated(rest[1:])  # the first byte is the method of compression, of which there is one
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each whole chunk."""
    start = len(SIGNATURE)
    while start + 12 <= len(data):
        length, name = struct.unpack(">I4s", data[start : start + 8])
        end = start + 12 + length
        if end > len(data):
            return
        yield name, start, end
        start = end


def _is_critical(name: bytes) -> bool:
    return name[:1].isupper()


def _is_good(data: bytes, name: bytes, start: int, end: int) -> bool:
    if end - start > _KEPT[name] or not _checksum_fits(data, start, end):
        return False
    _keyword, _, rest = data[start + 8 : end - 4].partition(b"\0")
    return name != b"iTXt" or rest[:1] == b"\0"


def _checksum_fits(data: bytes, start: int, end: int) -> bool:
    return zlib.crc32(data[start + 4 : end - 4]) == int.from_bytes(data[end - 4 : end])


def _inflated(packed: bytes) -> bytes | None:
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(packed, MAX_PROFILE)
    except zlib.error:
        return None
    return content if stream.eof else None
