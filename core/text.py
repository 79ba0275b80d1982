"""Loader of the app's texts: assets/text/<language>/<page>.md, one `## key` per section.

A line `# Group` between two sections is for whoever edits the file.
"""

import re
import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
FOLDER = Path(__file__).parent.parent / "assets" / "text"
_HEADING = re.compile(r"^## (\S+)[ \t]*$", re.MULTILINE)
_GROUP = re.compile(r"(^|\n)# [^\n]*\s*\Z")


class _Formatter(string.Formatter):
    """str.format with singular and plural: {n:image|images} gives "image" if n is 1, otherwise "images"."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        one, bar, many = format_spec.partition("|")
        if not bar:
            return super().format_field(value, format_spec)
        return one if str(value) == "1" else many


_FORMATTER = _Formatter()


class Text(Mapping[str, str]):
    """The sections of one file; a call fills the placeholders of one section."""

    def __init__(self, sections: Mapping[str, str]) -> None:
        self._sections = sections

    def __getitem__(self, key: str) -> str:
        return self._sections[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __len__(self) -> int:
        return len(self._sections)

    def __call__(self, key: str, /, **values: object) -> str:
        """Section `key` with {placeholders} filled; untouched without `values` (LaTeX has braces too)."""
        section = self._sections[key]
        return _FORMATTER.vformat(section, (), values) if values else section


@cache
def load(language: str, page: str) -> Text:
    """Load the text of a page. Raises KeyError for a language that isn't in LANGUAGES."""
    if language not in LANGUAGES:
        raise KeyError(language)
    parts = _HEADING.split((FOLDER / language / f"{page}.md").read_text(encoding="utf-8"))
    return Text(
        {key: _GROUP.sub("", body).strip() for key, body in zip(parts[1::2], parts[2::2], strict=True)}
    )
