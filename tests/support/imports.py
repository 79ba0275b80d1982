"""The imports among modules and folders, read from the code itself."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.support import ROOT

TREES = ("core", "pages")
# For the command line and notebooks: they import rooms, and nothing in core imports them.
DOORS = {"core.trainer", "core.download"}
Graph = Mapping[str, set[str]]


def modules(root: Path = ROOT) -> dict[str, Path]:
    """All files of core and pages by their name in an import."""
    paths = [path for tree in TREES for path in (root / tree).rglob("*.py")]
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


def graph(known: Mapping[str, Path]) -> Graph:
    """The imports among these files."""
    return {name: imported(path, known) for name, path in known.items()}


def imported(path: Path, known: Iterable[str]) -> set[str]:
    """Our own files that a file imports, anywhere in it but under TYPE_CHECKING."""
    found: set[str] = set()
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                name if (name := f"{node.module}.{alias.name}") in known else node.module
                for alias in node.names
            }
    return found & set(known)


def folders(files: Graph, known: Mapping[str, Path]) -> Graph:
    """The imports among folders, each a node of its own, without those of the front doors."""
    found: dict[str, set[str]] = {}
    for name in files.keys() - DOORS:
        here = room(name, known)
        found.setdefault(here, set()).update(
            there for target in files[name] if (there := room(target, known)) != here
        )
    return found


def room(name: str, known: Mapping[str, Path]) -> str:
    """The folder of a module; the file of a package itself belongs to the package."""
    return name if known[name].name == "__init__.py" else name.rpartition(".")[0]


def _statements(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return []
    return [node, *(inner for child in ast.iter_child_nodes(node) for inner in _statements(child))]
