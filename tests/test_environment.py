"""The environment variables: README's table has those that the code reads, and nobody names another."""

import ast
import re
from collections.abc import Iterator

from core import text
from tests.support import ROOT, imports

NAME = re.compile(r"LENET_LAB_[A-Z0-9_]+")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def constants() -> Iterator[str]:
    """The strings of all code, docstrings among them."""
    for path in imports.modules().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


READ = {string for string in constants() if NAME.fullmatch(string)}


def test_the_table_has_all_that_the_code_reads() -> None:
    documented = re.findall(r"^\| `(LENET_LAB_\w+)` \|", README, re.MULTILINE)
    assert sorted(documented) == sorted(READ)


def test_no_text_names_another() -> None:
    texts = [path.read_text(encoding="utf-8") for path in text.FOLDER.rglob("*.md")]
    named = {name for words in (README, *texts, *constants()) for name in NAME.findall(words)}
    assert named - READ == set()
