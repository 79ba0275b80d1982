"""Instructions of the pickle protocols 0 and 1, which write numbers and strings as lines of text.

Python 2 wrote protocol 0 unless it was asked for another. A pickle of a later protocol has no use for them.
"""

import codecs
import pickle
from collections.abc import Callable
from typing import Any

_STANDARD = ("INT", "LONG", "FLOAT", "PUT", "GET", "LIST")  # they read a line of at most MAX_NAME bytes


def instructions() -> dict[int, Callable[[Any], None]]:
    """What `core.files.pickles.reader` does for each of these instructions, by its code."""
    standard: dict[int, Callable[[Any], None]] = pickle._Unpickler.dispatch
    own = {pickle.STRING: _string, pickle.UNICODE: _unicode, pickle.DICT: _dict}
    return {getattr(pickle, name)[0]: standard[getattr(pickle, name)[0]] for name in _STANDARD} | {
        code[0]: do for code, do in own.items()
    }


def _string(machine: Any) -> None:
    """An 8-bit string of Python 2 as its `repr` wrote it."""
    line = machine.source.line()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise ValueError("a string without quotes")
    machine.append(machine._decode_string(codecs.escape_decode(line[1:-1])[0]))


def _unicode(machine: Any) -> None:
    machine.append(str(machine.source.line(), "raw-unicode-escape"))


def _dict(machine: Any) -> None:
    items = machine.pop_mark()
    machine.append({})
    machine._fill(items)
