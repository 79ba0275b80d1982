"""Texts of a link: a long one is compressed, since chats and mail programs cut what is longer than a page.

A compressed text is `PREFIX` and the base64url form (RFC 4648) of its zlib stream (RFC 1950), whose checksum
tells a cut or changed one.
"""

import base64
import zlib
from urllib.parse import quote_plus

from core.errors import InputError

LONGEST = (
    2000  # characters of a whole link; Internet Explorer's limit of 2,083, and still that of many programs
)
READABLE = 400  # characters of a text in a link that stays as it is; a network of twelve layers takes 310
MOST = 20_000  # bytes that a compressed text may take
PREFIX = "z1."  # no option, list of layers, pipeline or number begins so


def packed(text: str) -> str:
    """The text as a link carries it: itself unless it is long there, and shorter when compressed."""
    plain, raw = quote_plus(text), text.encode()
    if len(plain) <= READABLE or len(raw) > MOST:
        return text
    data = base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode().rstrip("=")
    return min(text, PREFIX + data, key=lambda form: len(quote_plus(form)))


def is_packed(text: str) -> bool:
    """Whether this is a compressed text, or the beginning of one."""
    return text.startswith(PREFIX)


def opened(form: str) -> str:
    """Read what `packed` wrote; a text that isn't compressed is returned unchanged.

    Raises InputError for a compressed one that was cut, changed, or takes more than MOST bytes.
    """
    if not is_packed(form):
        return form
    stream = zlib.decompressobj()
    try:
        data = form.removeprefix(PREFIX).encode("ascii")
        compressed = base64.b64decode(data + b"=" * (-len(data) % 4), b"-_", validate=True)
        raw = stream.decompress(compressed, MOST + 1)
        text = raw.decode()
    except (ValueError, zlib.error) as error:  # not ASCII, not base64, not zlib's, not UTF-8
        raise InputError("link_damaged") from error
    if len(raw) > MOST or not stream.eof or stream.unused_data:
        raise InputError("link_damaged")
    return text
