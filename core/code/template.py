"""Templates of programs, in assets/code/."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent.parent.parent / "assets" / "code"
WIDTH = 96  # characters of a comment
_TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,
)


def render(name: str, values: Mapping[str, Any]) -> str:
    """The code that a template gives, without empty lines around it."""
    return _TEMPLATES.get_template(name).render(values).strip("\n")


def joined(parts: Sequence[str]) -> str:
    """The parts as one file: two empty lines around what a class or a function is, one elsewhere."""
    program = parts[0]
    for before, part in pairwise(parts):
        wide = part.startswith(("class ", "def ", "@")) or before.splitlines()[-1].startswith(" ")
        program += ("\n\n\n" if wide else "\n\n") + part
    return program + "\n"


def call(function: str, arguments: Sequence[str]) -> str:
    """A call on one line, or on as many as it has arguments and two where that is too long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH - len("optimizer = "):
        return line
    return "\n".join([f"{function}(", *(f"    {argument}," for argument in arguments), ")"])


def comment(words: str) -> str:
    """The words as comment lines."""
    return "\n".join(f"# {line}" for line in textwrap.wrap(words, WIDTH))
