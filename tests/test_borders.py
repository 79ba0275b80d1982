"""Borders: imports run one way and in no circle, core knows no page, and what is met first loads no torch."""

import ast
import graphlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Lab
from tests.support import ROOT

HEAVY = {"torch", "torchvision", "numpy", "streamlit"}


def modules() -> dict[str, Path]:
    """All files of core and pages by their name in an import."""
    paths = [path for folder in ("core", "pages") for path in (ROOT / folder).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """The files of ours that a file imports, anywhere in it but under TYPE_CHECKING."""
    found = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {name if (name := f"{node.module}.{alias.name}") in known else node.module for alias in node.names}
    return found & known.keys()


def statements(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return []
    return [node, *(inner for child in ast.iter_child_nodes(node) for inner in statements(child))]


def test_no_circle_among_files() -> None:
    known = modules()
    graph = {name: imported(path, known) for name, path in known.items()}
    assert len(graph) > 150
    graphlib.TopologicalSorter(graph).prepare()


def test_a_circle_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def late():\n    from b import x\n")
    (tmp_path / "b.py").write_text("import a\n")
    known = {name: tmp_path / f"{name}.py" for name in ("a", "b")}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter({name: imported(path, known) for name, path in known.items()}).prepare()


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Top-level modules in a fresh process after some code."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_core_knows_neither_streamlit_nor_pages() -> None:
    loaded = loaded_after("\n".join(f"import {name}" for name in modules() if name.startswith("core.")))
    assert {"core", "torch"} <= loaded and not loaded & {"streamlit", "pages"}


TORCH_FREE = """
core.cifar10 core.normalisations core.checks core.errors core.text core.progress core.files.whole core.files.lock
core.files.locations core.files.download core.files.imagenet
core.shapes core.shapes.paste core.shapes.code core.shapes.fix core.shapes.network core.shapes.search
core.optimizers core.training.config core.transfer.config core.jobs core.jobs.history core.figures.training
"""


def test_light_entries_load_no_torch() -> None:
    loaded = loaded_after("\n".join(f"import {name}" for name in TORCH_FREE.split()))
    assert "core" in loaded and not loaded & HEAVY


PAGE = """
import sys
from pages.shared import background
background.start = lambda: None
from streamlit.testing.v1 import AppTest
from tests.support.visit import visit
at = visit(sys.argv[1])
assert at.title[0].value, at
"""


@pytest.mark.parametrize("page", ["home", "training", "shapes"])
@pytest.mark.parametrize("lab_of", ["lab", "trained"])
def test_the_first_visit_to_a_light_page_waits_for_no_torch(lab_of: str, page: str, request: pytest.FixtureRequest) -> None:
    """Neither without runs nor with some that are done."""
    lab: Lab = request.getfixturevalue(lab_of)
    assert lab.sketches.is_dir()
    loaded = loaded_after(PAGE, page)
    assert "streamlit" in loaded and not loaded & {"torch", "torchvision", "safetensors"}
