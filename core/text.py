"""Loads the words of the app: assets/text/<language>/<page>.md, one `## key` a section."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")
FOLDER = Path(__file__).parent.parent / "assets" / "text"
_HEADING = re.compile(r"^## (\S+)[ \t]*$", re.MULTILINE)


class Text(Mapping[str, str]):
    """The sections of one file; calling it fills the placeholders of one section."""

    def __init__(self, sections: Mapping[str, str]) -> None:
        self._sections = sections

    def __getitem__(self, key: str) -> str:
        return self._sections[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __len__(self) -> int:
        return len(self._sections)

    def __call__(self, key: str, /, **values: object) -> str:
        """The section `key`, its {placeholders} filled from `values`; untouched when there are none (LaTeX has braces too)."""
        section = self._sections[key]
        return section.format(**values) if values else section


@cache
def load(language: str, page: str) -> Text:
    """The text of one page.

    Raises KeyError for a language that is not in LANGUAGES.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    parts = _HEADING.split((FOLDER / language / f"{page}.md").read_text(encoding="utf-8"))
    return Text({key: body.strip() for key, body in zip(parts[1::2], parts[2::2], strict=True)})
