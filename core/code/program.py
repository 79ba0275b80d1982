"""A program to take along as its parts, from which a script, a notebook and a page are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import text
from core.code.template import comment, joined, render


@dataclass(frozen=True)
class Section:
    """A part of a program: its name, its code without empty lines around it, and Markdown to stand above it.

    about: a heading, and below it a sentence where one is needed.
    """

    name: str
    code: str
    about: str

    @property
    def title(self) -> str:
        """The heading as plain words."""
        return self.about.partition("\n")[0].lstrip("# ")


@dataclass(frozen=True)
class Program:
    """A whole program: its name, which is that of its file, a title, and its parts in order.

    packages: what to install besides torch and torchvision.
    """

    name: str
    title: str
    sections: tuple[Section, ...]
    packages: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """The program as one file."""
        return joined([f'"""{self.title}"""', *(part.code for part in self.sections)])


def parts(
    folder: str, names: Sequence[str], values: Mapping[str, Any], language: str, about: str = ""
) -> tuple[Section, ...]:
    """The parts with these names, from the templates in the folder; texts are `section.<about><name>`."""
    words = text.load(language, "code")
    filled = {"say": words, "comment": lambda key, **more: comment(words(key, **more)), **values}
    return tuple(
        Section(name, render(f"{folder}/{name}.py.j2", filled), words(f"section.{about}{name}"))
        for name in names
    )


def composed(
    name: str, sections: Sequence[str], values: Mapping[str, Any], language: str, *packages: str
) -> Program:
    """The program from the templates in the folder of its name."""
    words = text.load(language, "code")
    title = words("title.program", name=words(f"name.{name}"), file=f"{name}.py")
    return Program(name, title, parts(name, sections, values, language, f"{name}."), packages)
