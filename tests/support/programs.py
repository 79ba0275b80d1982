"""Programs that the app exports: run as a file would be, and judged as something to hand out."""

import ast
import json
import re
from collections.abc import Callable
from typing import Any

import nbformat
import torch

from core.code.notebook import of_program
from core.code.program import Program


def executed(program: str) -> dict[str, Any]:
    """What the program leaves, run as a file would be; torch's random state stays as it was."""
    found: dict[str, Any] = {"__name__": "__main__"}
    with torch.random.fork_rng(devices=[]):
        exec(compile(program, "exported.py", "exec"), found)
    return found


def judged(make: Callable[[], Program], language: str, most: int = 150) -> None:
    """Assert that script and notebook are tidy, in one language, of plain PyTorch, the same bytes twice."""
    program = make()
    ast.parse(program.script)
    lines = program.script.splitlines()
    assert len(lines) <= most and max(map(len, lines)) <= 110, max(lines, key=len)
    assert "\n\n\n\n" not in program.script and not any(line != line.rstrip() for line in lines)
    assert not re.search(r"\b(core|pages|streamlit)\b", program.script)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in program.script) == (language == "zh")
    first, second = (of_program(make(), language, "http://localhost:8501/") for _ in range(2))
    assert first == second and len(first) < 2**20
    nbformat.validate(json.loads(first))
