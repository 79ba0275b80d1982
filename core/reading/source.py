"""A pasted text as Python's syntax tree, without what surrounds and damages code; nothing is executed.

Notebook magics, prompts, fences, prose, output, lost indentation, full-width punctuation, a bracket never
closed: a line keeps its number, and a line that can't be read becomes `pass`.
"""

import ast
import html
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from core.errors import InputError, shown
from core.reading.values import Unread
from core.written.keyboards import ASCII

MOST_REPAIRS = 40  # of indentation and syntax once each line reads by itself
MOST_REPARSED = 120_000  # characters, over all repairs of a text: a tenth of a second
MOST_BAD = 400  # lines that aren't Python; a text with so many is no network
MOST_SEEN = 20_000  # lines, those behind an open bracket counted again and again
MOST_JOINED = 200  # lines of one statement
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # null bytes, brackets nested too deeply

_FENCE = re.compile(r"\s*(```|~~~)")
_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.:?|In\s*\[[\d ]*\]:)(?: |$)")
_OUTPUT = re.compile(r"\s*Out\s*\[\d*\]:")
_MAGIC = re.compile(r"\s*(?:[!%$]|\w[\w.]*\?{1,2}\s*$|\?)")
_PREFIXES = (r"> ?", r"\+", r"\s*\d+[:|.)]?(?:[ \t]|$)")  # a quotation, a diff, line numbers
_EATEN = re.compile(r"\*\*(init|main|name|call|len|getitem|class|dict|forward)\*\*")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
_ERROR = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)\b")
_PARENT = re.compile(r"[A-Za-z_]\w*\(\s*$")
_CHILD = re.compile(r"\s+\(\w+\): [A-Za-z_]\w*\(")
_BLOCK = re.compile(r"(?:async\s+)?(?:class|def|for|while|if|elif|else|with|try|except|finally)\b")
_MIDDLE = re.compile(r"(?:elif|else|except|finally)\b")
_PRINT = re.compile(r"print\s+[^(=]|print$")
_STATEMENT = re.compile(r"\s*(?:self\.\w+\s*=|def |class |return\b|import |from |for |if |@|\w+\s*=[^=])")
_BEGINS = re.compile(r"\s*(?:self\.\w+\s*=[^=]|(?:def|class|return|import|with|while|@)\b)")
_METHOD = re.compile(r"(?:async\s+)?def\s+\w+\s*\(\s*(?:self|cls)\b")
_SIGNS = re.compile(r"\"\"\"|'''|[\"'#()\[\]{}]")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_QUOTES = dict.fromkeys(map(ord, "“”„‟"), '"') | dict.fromkeys(map(ord, "‘’‚‛´`"), "'")
_PRINTED = {**_QUOTES, ord("×"): "*", ord("。"): ".", ord("、"): ","}


@dataclass
class Source:
    """The tree of a text, and the lines that aren't Python."""

    tree: ast.Module
    lines: list[str]
    problems: list[Unread] = field(default_factory=list)
    stands: dict[str, bool] = field(default_factory=dict)  # whether Python reads a line by itself

    def code(self, line: int) -> str:
        """A source line, to quote in a sentence."""
        return shown(self.lines[line - 1].strip() if 0 < line <= len(self.lines) else "")


def read(text: str) -> Source:
    """Read a text as Python as far as it can be."""
    lines = re.split("\r\n|\r|\n", text)
    source = Source(ast.Module([], []), lines)
    unwrapped = _unwrapped(lines)
    attempts = (lines, unwrapped, _plain(unwrapped, 4), _plain(unwrapped, 8))
    for text in dict.fromkeys(map("\n".join, attempts)):
        tree = _parsed(text)
        if tree is not None:
            source.tree = tree
            return source
    source.tree = _repaired(_plain(unwrapped, 4), source)
    return source


def _parsed(text: str) -> ast.Module | None:
    try:
        return parsed(textwrap.dedent(text))
    except UNPARSABLE:
        return None


def parsed(text: str) -> ast.Module:
    """Python's own tree of a text. Raises one of UNPARSABLE."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes in strings, for instance: this code is never run
        return ast.parse(text)


# What surrounds code


def _unwrapped(lines: list[str]) -> list[str]:
    """The lines without fences, prompts, output, magics, quotation marks and line numbers."""
    for prefix in _PREFIXES:
        written = [line for line in lines if line.strip()]
        if len(written) > 2 and all(re.match(prefix, line) for line in written):
            lines = [re.sub(prefix, "", line, count=1) for line in lines]
    fences = [number for number, line in enumerate(lines) if _FENCE.match(line)]
    if fences:
        kept, inside = [], False
        for line in lines:
            mark = _FENCE.match(line)
            inside ^= bool(mark)
            kept.append("" if mark or not (inside or len(fences) == 1) else line)
        lines = kept
    if any(re.match(r"\s*>>>", line) for line in lines):
        lines = [line if _PROMPT.match(line) or line.startswith((" ", "\t")) else "" for line in lines]
    lines = list(_without_printed(_without_tracebacks(lines)))
    lines = ["" if _OUTPUT.match(line) else _PROMPT.sub("", line, count=1) for line in lines]
    return [f"{_indent(line)}pass" if _MAGIC.match(line) else line for line in lines]


def _without_tracebacks(lines: list[str]) -> Iterator[str]:
    """The lines with what Python or a notebook printed of an error left blank."""
    inside = False
    for line in lines:
        inside |= bool(_TRACEBACK.search(line))
        yield "" if inside else line
        inside &= not _ERROR.match(line) or bool(_TRACEBACK.search(line))


def _without_printed(lines: Iterable[str]) -> Iterator[str]:
    """The lines with what print(model) shows, between lines of code, left blank."""
    held: str | None = None  # a line that may be the first of it
    inside = False
    for line in lines:
        if held is not None:
            inside = bool(_CHILD.match(line))
            yield "" if inside else held
        held = line if not inside and _PARENT.match(line) else None
        if held is None:
            yield "" if inside else line
        inside &= line.strip() != ")" or line.startswith((" ", "\t"))
    if held is not None:
        yield held


def _plain(lines: list[str], tab: int) -> list[str]:
    """The lines in ASCII punctuation, as a keyboard in English types it, with tabs as so many blanks."""
    return [
        _EATEN.sub(r"__\1__", html.unescape(line).translate(ASCII).translate(_PRINTED)).expandtabs(tab)
        for line in lines
    ]


# What is no Python


def _repaired(lines: list[str], source: Source) -> ast.Module:
    """The tree after each line that can't be read by itself has become `pass`."""
    pieces = list(_pieces(lines, source))
    lines = [line for piece in pieces for line in piece]
    if _parsed("\n".join(lines)) is None:
        lines = _indented(pieces)
    for _ in range(min(MOST_REPAIRS, MOST_REPARSED // (1 + sum(map(len, lines))))):
        try:
            return parsed("\n".join(lines))
        except SyntaxError as error:
            number = min(max(error.lineno or 1, 1), len(lines))
            lines = _without(lines, number, source)
        except UNPARSABLE:
            break
    return ast.Module([], [])


def _without(lines: list[str], number: int, source: Source) -> list[str]:
    """The lines with this one, counted from 1, made `pass`."""
    line = lines[number - 1]
    source.problems.append(_unreadable(number, source))
    head = re.match(r"\s*", line)
    blank = f"{head.group() if head else ''}pass"
    return [*lines[: number - 1], "" if line.strip() == "pass" else blank, *lines[number:]]


def _unreadable(number: int, source: Source) -> Unread:
    return Unread(number, InputError("paste_syntax", code=source.code(number)))


def _pieces(lines: list[str], source: Source) -> Iterator[list[str]]:
    """Logical lines, each readable by itself: as it stands, mended, or as `pass`."""
    start = seen = 0
    while start < len(lines):
        length, looked = _length(lines, start) if seen < MOST_SEEN else (1, 1)
        piece = lines[start : start + length]
        mended = _mended(piece, start + 1, source) if len(source.problems) < MOST_BAD else [""] * length
        yield mended
        start += len(mended)
        seen += looked


def _length(lines: list[str], start: int) -> tuple[int, int]:
    """Lines of the logical line that begins at `start`, and how many were looked at."""
    depth, quote = 0, ""
    for count, line in enumerate(lines[start : start + MOST_JOINED]):
        if depth > 0 and not quote and _BEGINS.match(line):
            return 1, count  # no bracket reaches into another statement: it was never closed
        for sign in _SIGNS.findall(line):
            if quote or sign == "#":
                quote = "" if sign == quote else quote
                if sign == "#" and not quote:
                    break
            elif sign in "([{":
                depth += 1
            elif sign in ")]}":
                depth -= 1
            else:
                quote = sign
        if len(quote) == 1:
            quote = ""  # a text in single quotation marks ends with its line
        if depth <= 0 and not quote and not line.endswith("\\"):
            return count + 1, count + 1
    return 1, MOST_JOINED


def _mended(piece: list[str], number: int, source: Source) -> list[str]:
    """One logical line that Python reads by itself; where it can't be mended, its first line as `pass`."""
    if _stands("\n".join(piece), source):
        return piece
    first = piece[0]
    stripped = first.strip()
    if _PRINT.match(stripped) or not stripped.strip(")]}, "):
        return [f"{_indent(first)}pass"]
    if len(piece) > 1 and not any(_STATEMENT.match(line) for line in piece[1:]):
        inside = _inside(piece, number, source)
        if inside is not None:
            return inside
    for ending in (":", _missing(first), f"{_missing(first)}:"):
        if ending and _stands(first + ending, source) and (ending != ":" or _BLOCK.match(stripped)):
            source.problems.append(_unreadable(number, source))
            return [first + ending]
    source.problems.append(_unreadable(number, source))
    return [f"{_indent(first)}pass"]


def _inside(piece: list[str], number: int, source: Source) -> list[str] | None:
    """A call over several lines without those of its lines that aren't Python."""
    lines = list(piece)
    for _ in range(5):
        try:
            parsed(_standing("\n".join(lines)))
        except SyntaxError as error:
            bad = (error.lineno or 0) - 1
            if not 0 < bad < len(lines) or not lines[bad].strip():
                return None
            source.problems.append(_unreadable(number + bad, source))
            lines[bad] = ""
        except UNPARSABLE:
            return None
        else:
            return lines
    return None


def _stands(piece: str, source: Source) -> bool:
    piece = _standing(piece)
    if piece not in source.stands:  # a text may hold the same line a thousand times
        try:
            parsed(piece)
            source.stands[piece] = True
        except UNPARSABLE:
            source.stands[piece] = False
    return source.stands[piece]


def _standing(piece: str) -> str:
    """A logical line with what Python wants around it: a body for a head, an `if` before an `else`."""
    piece = piece.strip()
    if piece.startswith("@"):
        return f"{piece}\ndef f(): pass"
    if not _BLOCK.match(piece):
        return piece
    code = _uncommented(piece)
    body = f"{code} pass" if code.endswith(":") else code
    if re.match(r"try\b", body):
        return f"{body}\nfinally: pass"
    if _MIDDLE.match(body):
        return f"{'try' if body.startswith(('except', 'finally')) else 'if 1'}: pass\n{body}"
    return body


def _uncommented(piece: str) -> str:
    """A logical line without the comment at its end."""
    head, line_end, last = piece.rpartition("\n")
    quote = ""
    for at, sign in enumerate(last):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "#":
            return f"{head}{line_end}{last[:at]}".rstrip()
    return piece


def _missing(line: str) -> str:
    """The closing brackets that a line lacks, in order."""
    waiting: list[str] = []
    for sign in line.partition("#")[0]:
        if sign in _CLOSING:
            waiting.append(_CLOSING[sign])
        elif waiting and sign == waiting[-1]:
            waiting.pop()
    return "".join(reversed(waiting)) if len(waiting) < 20 else ""


# Indentation


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _indented(pieces: list[list[str]]) -> list[str]:
    """The lines with an indentation that Python takes: nearest to what is there, or from the heads alone."""
    lines = [line for piece in pieces for line in piece]
    begins = [0, *accumulate(map(len, pieces))][:-1]
    starts = [at for at in begins if lines[at].strip() and not lines[at].lstrip().startswith("#")]
    depths = [len(_indent(lines[start])) for start in starts]
    texts = [lines[start].strip() for start in starts]
    levels = _from_heads(texts) if _lost(texts, depths) else _nearest(texts, depths)
    out = [line if line.strip() else "" for line in lines]
    for start, level in zip(starts, levels, strict=True):
        out[start] = " " * level + lines[start].strip()
    return out


def _opens(text: str) -> bool:
    return bool(_BLOCK.match(text)) and _uncommented(text).endswith(":")


def _lost(texts: list[str], depths: list[int]) -> bool:
    """Whether the body of a class or function begins no deeper than its head."""
    return any(
        re.match(r"(class|def)\b", text) and _opens(text) and depths[index + 1] <= depths[index]
        for index, text in enumerate(texts[:-1])
    )


def _nearest(texts: list[str], depths: list[int]) -> list[int]:
    """Levels of lines that are a few blanks off."""
    if not any(map(_opens, texts)):
        return [0] * len(texts)
    stack, levels, opened = [0], [], False
    for text, depth in zip(texts, depths, strict=True):
        if opened:
            stack.append(max(depth, stack[-1] + 1))
        elif depth < stack[-1]:
            above = stack[-1]
            while len(stack) > 1 and depth < stack[-1]:
                above = stack.pop()
            if depth != stack[-1] and above - depth < depth - stack[-1]:
                stack.append(above)
        levels.append(stack[-1])
        opened = _opens(text)
    return levels


def _from_heads(texts: list[str]) -> list[int]:
    """Levels of lines whose indentation is gone: methods in their class, statements in their function."""
    levels, in_class, body, deeper = [], False, 0, False
    for index, text in enumerate(texts):
        head = next((later for later in texts[index:] if not later.startswith("@")), text)
        if re.match(r"class\b", head):
            in_class, level, body = True, 0, 4
        elif re.match(r"(async\s+)?def\b", head):
            in_class &= bool(_METHOD.match(head))
            level = 4 if in_class else 0
            body = level + (0 if text.startswith("@") else 4)
        elif re.match(r"if __name__|import |from ", text):
            in_class, level, body = False, 0, 4 * _opens(text)
        else:
            level = body + 4 * deeper
            if _MIDDLE.match(text):
                level = body
        deeper = _opens(text) and not re.match(r"(class|def|async def|if __name__)\b", head)
        levels.append(level)
        if re.match(r"return\b", text) and level == body:
            body = 4 if in_class and _METHOD.match(next(iter(texts[index + 1 :]), "")) else 0
    return levels
