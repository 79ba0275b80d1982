"""A network pasted as text, parsed into a list of layers and never executed; unreadable lines are reported.

Reads an nn.Sequential(...), nested or with an OrderedDict, the lines `self.conv1 = nn.Conv2d(3, 6, 5)` of an
__init__, and a whole class, whose forward then gives the order.
"""

import ast
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import InputError, shown
from core.shapes.forward import follow
from core.shapes.layers import Layer
from core.shapes.reader import Reader, Unread

MOST_CHARACTERS = 20_000
MOST_UNREAD = 50  # lines; a text with so many is no network
_HEADS = ("class ", "def ", "@", "return", "import ", "from ", "super(", '"""', "'''", "#")
_UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # null bytes, brackets nested too deeply


@dataclass(frozen=True)
class Pasted:
    """Layers that could be read, in order, and lines that could not."""

    layers: tuple[Layer, ...]
    unread: tuple[Unread, ...]


def parse(text: str) -> Pasted:
    """Read the layers in this text.

    Raises InputError for more than MOST_CHARACTERS characters or MOST_LAYERS layers.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError("paste_too_long", count=len(text), most=MOST_CHARACTERS)
    reader = Reader(text)
    for statement in _statements(text, reader):
        reader.guarded(reader.statement, statement)
        if len(reader.unread) >= MOST_UNREAD:
            break
    if reader.forward is not None and reader.made:
        follow(reader, reader.forward)
    else:
        for name in reader.order:
            reader.append(reader.made[name])
    return Pasted(tuple(reader.layers), tuple(sorted(reader.unread, key=lambda row: row.line)))


def _statements(text: str, reader: Reader) -> Iterator[ast.stmt]:
    """The text as Python or, where it doesn't parse, each line that does; other lines get a sentence."""
    try:
        yield from _parsed(textwrap.dedent(text)).body
        return
    except _UNPARSABLE:
        pass
    for line, piece in _pieces(text):
        yield from _salvaged(line, piece, reader)
        if len(reader.unread) >= MOST_UNREAD:
            return


def _salvaged(line: int, piece: str, reader: Reader) -> Iterator[ast.stmt]:
    """Statements of a piece starting on this line; a bracket that is never closed costs only its own line."""
    try:
        statements = _parsed(piece).body
    except _UNPARSABLE:
        parts = piece.splitlines()
        if len(parts) > 1:
            for number, part in enumerate(parts, line):
                yield from _salvaged(number, part.strip(), reader)
        elif piece.strip(")]}, ") and not piece.startswith(_HEADS):
            reader.refuse(line, InputError("paste_syntax", code=shown(piece)))
        return
    for statement in statements:
        ast.increment_lineno(statement, line - 1)
        yield statement


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes in strings, for instance: this code is never run
        return ast.parse(text)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, lines within brackets joined."""
    first, piece, depth = 1, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not piece:
            first = number
        piece = f"{piece}\n{line}" if piece else line.strip()
        code = line.partition("#")[0]
        depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        if depth <= 0:
            if piece:
                yield first, piece
            piece, depth = "", 0
    if piece:
        yield first, piece
