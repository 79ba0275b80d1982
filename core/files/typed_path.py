"""A path as it is typed or pasted: in quotes, escaped for a shell, as an address, from the home folder."""

import os
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote
from urllib.request import url2pathname

_QUOTES = "\"'`´“”„‟‘’‚‛«»‹›「」『』《》〈〉＂＇〝〞〟"
# Windows puts the first of these before a path that is copied from its properties.
_INVISIBLE = dict.fromkeys(map(ord, "\u202a\u202c\u200e\u200f\u200b\u2066\u2069\ufeff"))
_WIDE = str.maketrans("～／＼：　", "~/\\: ")  # as a Chinese keyboard types them
_BEFORE = re.compile(r"^(?:(?:cd\s|&|export\s|LENET_LAB_DATA\s*=|[rR](?=[\"']))\s*)+")
_HOME = re.compile(
    r"^(?:\$HOME|\$\{HOME\}|\$env:USERPROFILE|%USERPROFILE%|%HOMEPATH%)(?=[/\\]|$)", re.IGNORECASE
)
# Terminals put this machine's name into it; on Windows another one's is a share.
_HOST = "(?:localhost)?" if os.sep == "\\" else "[^/]*"
_ADDRESS = re.compile(rf"^file:(?://{_HOST})?(?=/)", re.IGNORECASE)


def meant(text: str) -> Path:
    """The path that a text means: the first reading of it that is there, or else the plainest.

    Raises OSError, RuntimeError or ValueError for a text that can't be a path here.
    """
    paths = [Path(reading).expanduser().absolute() for reading in _readings(text)]
    return next((path for path in paths if path.exists()), paths[-1])


def _readings(text: str) -> Iterator[str]:
    """The text as it stands, then with one more of its wrappings taken off each time."""
    reading = (text.strip().splitlines() or [""])[0].strip()
    yield reading
    yield _from_home(_unescaped(reading))
    for unwrap in _WRAPPINGS:
        reading = unwrap(reading) or reading
        yield reading


def _unquoted(text: str) -> str:
    text = _BEFORE.sub("", text.translate(_INVISIBLE).strip().rstrip(",;，；"))
    return text.strip(_QUOTES + " \t\u00a0")


def _from_address(text: str) -> str:
    return url2pathname(_ADDRESS.sub("", text)) if _ADDRESS.match(text) else text


def _from_home(text: str) -> str:
    return _HOME.sub("~", text)


def _unescaped(text: str) -> str:
    """Without a shell's quotes and backslashes; Windows separates folders by the latter."""
    if os.sep == "\\":
        return text
    try:
        words = shlex.split(text)
    except ValueError:  # a quote without its end
        return text
    return words[0] if len(words) == 1 else text


_WRAPPINGS: tuple[Callable[[str], str], ...] = (
    _unquoted,
    lambda text: text.translate(_WIDE),
    _from_address,
    _from_home,
    _unescaped,
    unquote,
    partial(unicodedata.normalize, "NFD"),  # as macOS stores the accents of names
    partial(unicodedata.normalize, "NFC"),
)
