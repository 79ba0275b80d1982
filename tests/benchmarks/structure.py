"""The structure of core and pages in numbers.

Files per folder, circles, floors, functions, types, docstrings, lines.

python -m tests.benchmarks.structure [CHECKOUT]    another checkout of this project, to compare with
"""

import argparse
import ast
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.benchmarks.report import Row, percentile, table
from tests.support import ROOT
from tests.support.imports import TREES, Graph, folders, graph, modules

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path, nargs="?", default=ROOT)
    known = modules(parser.parse_args().checkout.resolve())
    files = graph(known)
    table("imports", [*imports("files", files), *imports("folders", folders(files, known))])
    for tree in TREES:
        table(tree, tree_rows({name: path for name, path in known.items() if name.partition(".")[0] == tree}))


def imports(what: str, found: Graph) -> Iterator[Row]:
    reachable = {name: below(name, found) for name in found}
    circle = sorted(name for name, names in reachable.items() if name in names)
    yield Row(what, str(len(found)))
    yield Row(f"imports among {what}", str(sum(map(len, found.values()))))
    yield Row(f"{what} in a circle", str(len(circle)), "0" + (f"; {', '.join(circle[:6])}" if circle else ""))
    yield Row(f"floors of {what}", "–" if circle else str(max(floors(found).values())))


def below(name: str, found: Graph) -> set[str]:
    """Everything a file or folder imports, directly or not; itself only where it is in a circle."""
    seen: set[str] = set()
    waiting = list(found.get(name, ()))
    while waiting:
        target = waiting.pop()
        if target not in seen:
            seen.add(target)
            waiting += found.get(target, ())
    return seen


def floors(found: Graph) -> dict[str, int]:
    """Height of each file or folder, counted from the ground up; only where there is no circle."""
    heights: dict[str, int] = {}

    def height(name: str) -> int:
        if name not in heights:
            heights[name] = 1 + max(map(height, found.get(name, ())), default=0)
        return heights[name]

    for name in found:
        height(name)
    return heights


def tree_rows(known: Mapping[str, Path]) -> Iterator[Row]:
    sources = {path: path.read_text(encoding="utf-8") for path in known.values()}
    counts = Counter(path.parent for path in sources)
    fullest, most = counts.most_common(1)[0]
    functions = [
        node
        for source in sources.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, Function)
    ]
    lines = [len(line) for source in sources.values() for line in source.splitlines()]
    yield Row("files / folders", f"{len(sources)} / {len(counts)}")
    yield Row("most files in a folder", f"{most}", f"15; {fullest.name}")
    yield Row("lines", f"{len(lines):,}")
    yield Row("lines of a file", spread([len(source.splitlines()) for source in sources.values()]))
    yield Row("functions", f"{len(functions):,}")
    yield Row("lines of a function", spread([(node.end_lineno or 0) - node.lineno + 1 for node in functions]))
    yield Row("functions with all types", share([typed(node) for node in functions]))
    yield Row("public functions and classes with a docstring", share(list(documented(sources.values()))))
    yield Row("length of a line, p99 / longest", f"{percentile(lines, 0.99)} / {max(lines)}")


def spread(values: list[int]) -> str:
    return f"median {statistics.median(values):.0f}, p90 {percentile(values, 0.9)}, longest {max(values)}"


def documented(sources: Iterable[str]) -> Iterator[bool]:
    """Whether each public top-level function or class, and each public method of these, has a docstring."""
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                yield ast.get_docstring(node) is not None
                inner = node.body if isinstance(node, ast.ClassDef) else []
                yield from (
                    ast.get_docstring(member) is not None
                    for member in inner
                    if isinstance(member, Function) and not member.name.startswith("_")
                )


def typed(node: Function) -> bool:
    """Whether every argument but self and cls, and the return value, has a type."""
    every = [
        *node.args.posonlyargs,
        *node.args.args,
        *node.args.kwonlyargs,
        node.args.vararg,
        node.args.kwarg,
    ]
    given = [
        argument.annotation
        for argument in every
        if argument is not None and argument.arg not in ("self", "cls")
    ]
    return node.returns is not None and None not in given


def share(values: list[bool]) -> str:
    return f"{100 * sum(values) / len(values):.1f}%"


if __name__ == "__main__":
    main()
