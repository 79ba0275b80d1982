"""assets/text/terms.md: one word for one thing in every text, and Chinese as it is set in print."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from core import text
from tests.support.typography import faults

PAGES = sorted(path.stem for path in (text.FOLDER / "en").glob("*.md"))


class Term(NamedTuple):
    """A row of the table; `right` names sections (page#key) where a word that isn't used is right."""

    concept: str
    used: dict[str, list[str]]
    unused: dict[str, list[str]]
    right: list[str]


def terms() -> Iterator[Term]:
    """The rows of the table, without its two lines of heading."""
    lines = (text.FOLDER / "terms.md").read_text(encoding="utf-8").splitlines()
    for line in [line for line in lines if line.startswith("|")][2:]:
        concept, *cells = (cell.strip() for cell in line.split("|")[1:-1])
        en, not_en, zh, not_zh, right = ([word for word in cell.split(", ") if word] for cell in cells)
        yield Term(concept, {"en": en, "zh": zh}, {"en": not_en, "zh": not_zh}, right)


def sections(language: str) -> dict[str, str]:
    """All texts of a language by page#key."""
    return {f"{page}#{key}": body for page in PAGES for key, body in text.load(language, page).items()}


def has(section: str, word: str) -> bool:
    """Whether the section has the word, with a capital or without."""
    return word.lower() in section.lower()


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_no_text_has_another_word_for_a_concept(language: str) -> None:
    found = [
        (where, word, f"use {' or '.join(term.used[language])}")
        for term in terms()
        for word in term.unused[language]
        for where, section in sections(language).items()
        if has(section, word) and where not in term.right
    ]
    assert found == []


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_every_term_is_used(language: str) -> None:
    everything = "\n".join(sections(language).values())
    assert len(list(terms())) > 50
    assert [t.concept for t in terms() if not any(has(everything, word) for word in t.used[language])] == []


def test_every_exception_is_needed() -> None:
    everywhere = sections("zh")
    for term in terms():
        for where in term.right:
            assert any(has(everywhere[where], word) for word in term.unused["zh"]), (term.concept, where)


@pytest.mark.parametrize("page", PAGES)
def test_chinese_is_set_as_in_print(page: str) -> None:
    for key, section in text.load("zh", page).items():
        assert list(faults(section)) == [], key
