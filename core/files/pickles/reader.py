"""Reader of pickles as data: imports nothing, calls only what the caller allows by exact name.

A pickle is a program for a small stack machine. This reader knows only the instructions that build numbers,
strings, tuples, lists and dicts; a name in the file ("numpy ndarray") is looked up in the caller's table and
never imported. Memory and time are bounded by the bytes actually there: a claimed length beyond the end of
the file is refused before anything is allocated, and so are more than MAX_READS instructions.
"""

import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn

from core.files.pickles import text

# An official CIFAR-10 file takes 50,000; the smallest object an instruction makes is about 60 bytes.
MAX_READS = 1_000_000
MAX_NAME = 200  # characters of "module" or "name"; numpy's and torch's longest are under 60

Make = Callable[..., object]
Allowed = Mapping[tuple[str, str], Make]


class PickleRefused(Exception):  # noqa: N818
    """Refusal of bytes that aren't a pickle of plain data.

    `name` is the disallowed "module.name" that the file asked for, None if the reason is another.
    """

    def __init__(self, reason: str, name: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.name = name


class TooManyParts(PickleRefused):
    """Refusal of a pickle that would take too long."""


@dataclass(frozen=True, slots=True)
class Global:
    """An allowed name on the stack: inert, only REDUCE calls its `make`; also an argument to stand-ins."""

    module: str
    name: str
    make: Make = field(repr=False)


class StandIn:
    """Base of objects that an allowed `make` returns and whose state the pickle may set (BUILD).

    A stand-in keeps its state and runs nothing; a subclass that is also a dict can be filled item by item.
    """

    def set_state(self, state: object) -> None:
        """Take the argument of BUILD; raise anything to refuse it."""
        raise PickleRefused(f"{type(self).__name__} takes no state")


def loads(
    data: bytes,
    allowed: Allowed,
    persistent_load: Callable[[object], object] | None = None,
    encoding: str = "bytes",
    other_key: Make | None = None,
    most_reads: int = MAX_READS,
) -> object:
    """Read the object in `data`; see `load`."""
    return load(io.BytesIO(data), allowed, persistent_load, encoding, other_key, most_reads)


def load(
    file: BinaryIO,
    allowed: Allowed,
    persistent_load: Callable[[object], object] | None = None,
    encoding: str = "bytes",
    other_key: Make | None = None,
    most_reads: int = MAX_READS,
    *,
    more: bool = False,
) -> object:
    """Read a seekable binary file that holds one pickle, of protocol 0 to 5, from here to its end.

    `allowed` maps (module, name) to the stand-in that the pickle calls; pass fresh ones to each call if they
    hold state. `persistent_load` gets the persistent ids of the file. `encoding` is for the 8-bit strings of
    Python 2 ("bytes": left as they are). Byte arrays are returned as bytes. A dict key that may be slow to
    hash is refused, or replaced by what `other_key` makes of it. The object may contain itself, so don't walk
    it blindly. With `more`, other bytes may follow the pickle; the file then stands at the first of them.

    Raises PickleRefused for anything else, whatever goes wrong inside; OSError where the file can't be read.
    """
    source = _Source(file, most_reads)
    unpickler = _DataUnpickler if source.names_its_protocol else _TextUnpickler
    try:
        value = unpickler(source, allowed, persistent_load, encoding, other_key or _refuse_key).load()
        if source.left and not more:
            raise PickleRefused(f"{source.left} bytes follow the end of the pickle")
        return value
    except (PickleRefused, OSError):
        raise
    except Exception as error:  # a damaged one raises IndexError, struct.error, UnicodeDecodeError, ...
        raise PickleRefused(f"damaged pickle ({type(error).__name__})") from error


class _Source:
    """The file as the unpickler sees it: counts reads, and never hands out or allocates more than is left."""

    def __init__(self, file: BinaryIO, most_reads: int) -> None:
        self._file = file
        self._most_reads = most_reads
        start = file.tell()
        self.left = file.seek(0, io.SEEK_END) - start
        file.seek(start)
        self.names_its_protocol = file.read(1) == pickle.PROTO  # as those from 2 on do
        file.seek(start)
        self._reads = 0

    def read(self, size: int) -> bytes:
        self._reads += 1
        if size > self.left:
            raise PickleRefused(f"the pickle ends early: {size} bytes are announced, {self.left} are there")
        if self._reads > self._most_reads:
            raise TooManyParts(f"the pickle has more than {self._most_reads} parts")
        self.left -= size
        data = self._file.read(size)
        if len(data) != size:
            raise PickleRefused("the file shrank while it was read")
        return data

    def readline(self) -> bytes:
        line = self._file.readline(min(self.left, MAX_NAME))
        self.left -= len(line)
        if not line.endswith(b"\n"):
            raise PickleRefused("a name without an end")
        return line

    def line(self) -> bytes:
        """Read a string of any length, without the end of its line."""
        line = self._file.readline(self.left)
        self.left -= len(line)
        if not line.endswith(b"\n"):
            raise PickleRefused("a string without an end")
        return line[:-1]


_Unpickler: Any = pickle._Unpickler
# fmt: off
_DATA_OPCODES = (
    "PROTO", "FRAME", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1",
    "BINFLOAT", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
    "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
    "EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_DICT", "SETITEM", "SETITEMS", "BINPUT", "LONG_BINPUT",
    "MEMOIZE", "BINGET", "LONG_BINGET", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "BINPERSID",
)
# fmt: on


class _Dispatch(dict[int, Callable[[Any], None]]):
    def __missing__(self, code: int) -> NoReturn:
        raise PickleRefused(f"instruction {code:#04x} is not needed for data")


def _data_dispatch() -> _Dispatch:
    """The standard instructions for data, replaced by ours where the standard one would trust the file."""
    table = _Dispatch()
    standard: dict[int, Callable[[Any], None]] = _Unpickler.dispatch
    for name in _DATA_OPCODES:
        code = getattr(pickle, name)[0]
        table[code] = getattr(_DataUnpickler, f"_{name.lower()}", standard[code])
    # Bytes will do, and the standard instruction allocates what is only announced.
    table[pickle.BYTEARRAY8[0]] = table[pickle.BINBYTES8[0]]
    return table


class _DataUnpickler(_Unpickler):  # type: ignore[misc]
    """Python's pure-Python unpickler, whose memo is a dict (index 2^32 costs one entry), cut down to data."""

    def __init__(
        self,
        source: _Source,
        allowed: Allowed,
        persistent_load: Callable[[object], object] | None,
        encoding: str,
        other_key: Make,
    ) -> None:
        super().__init__(source, fix_imports=False, encoding=encoding, errors="strict")
        self.source = source
        self._allowed = allowed
        self._persistent = persistent_load
        self._other_key = other_key

    def find_class(self, module: str, name: str) -> Global:
        make = self._allowed.get((module, name))
        if make is None:
            printable = ascii(f"{module[:60]}.{name[:60]}")[1:-1]  # for a sentence
            raise PickleRefused(f"the pickle asks for {printable}", printable)
        return Global(module, name, make)

    def persistent_load(self, pid: object) -> object:
        if self._persistent is None:
            raise PickleRefused("the pickle refers to data outside it")
        return self._persistent(pid)

    def _frame(self) -> None:
        self.read(8)  # frames only save reads; every read stays counted and bounded without them

    def _reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        if type(function) is not Global or type(arguments) is not tuple:
            raise PickleRefused("the pickle calls something that is not a name")
        self.stack[-1] = function.make(*arguments)

    def _build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if not isinstance(target, StandIn):
            raise PickleRefused(f"the pickle sets the state of a {type(target).__name__}")
        target.set_state(state)

    def _append(self) -> None:
        value = self.stack.pop()
        self._list().append(value)

    def _appends(self) -> None:
        values = self.pop_mark()
        self._list().extend(values)

    def _list(self) -> list[object]:
        target = self.stack[-1]
        if type(target) is not list:
            raise PickleRefused(f"the pickle appends to a {type(target).__name__}")
        return target

    def _setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._fill([key, value])

    def _setitems(self) -> None:
        self._fill(self.pop_mark())

    def _fill(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict):
            raise PickleRefused(f"the pickle sets items of a {type(target).__name__}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key if _is_plain(key) else self._other_key(key)] = value


def _is_plain(key: object) -> bool:
    """Whether a key is quick to hash; nested tuples take 2^depth steps, chosen large ints share one slot."""
    return type(key) in (str, bytes) or (type(key) is int and -(2**31) <= key < 2**31)


def _refuse_key(key: object) -> NoReturn:
    raise PickleRefused(f"a dict key is a {type(key).__name__}, not a string or a small int")


_DataUnpickler.dispatch = _data_dispatch()


class _TextUnpickler(_DataUnpickler):
    dispatch = _Dispatch(_DataUnpickler.dispatch | text.instructions())
