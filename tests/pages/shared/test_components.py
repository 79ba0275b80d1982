"""The browser components: scripts fit together, functions are short, colours come from the palette."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.figures import palette
from core.shapes import LAYERS
from pages.app.components import FOLDER, palette_variables
from tests.support import ROOT

LONGEST = 40  # lines of a function
SCRIPTS = {str(path.relative_to(FOLDER).with_suffix("")): path.read_text() for path in FOLDER.rglob("*.js")}
STYLES = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.css")}
VARIABLES = dict(re.findall(r"(--lab-[\w-]+): (#[0-9a-f]{6});", palette_variables()))
NAMES = {name for name in SCRIPTS if name.startswith("lib/")}


def declared() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the path of each component and its `uses`."""
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "component":
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                uses = ast.literal_eval(given["uses"]) if "uses" in given else ()
                yield ast.literal_eval(node.args[0]), uses


COMPONENTS = dict(declared())


def defined(script: str) -> list[str]:
    """Return the names that a script defines for its whole module."""
    return re.findall(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", script, re.MULTILINE)


def redefined(name: str, script: str) -> bool:
    """Whether a script has anything of its own by this name: a function, a variable or a method."""
    return bool(
        re.search(
            rf"\b(?:function|const|let|var|class) {name}\b|^\s+(?:async )?{name}\(.*\) {{$",
            script,
            re.MULTILINE,
        )
    )


def called(script: str) -> set[str]:
    """Return the scripts of lib/ whose functions a script calls, or hands on to be called."""
    code = re.sub(r"//.*", "", script)
    return {
        part
        for part in NAMES
        if any(re.search(rf"(?<![.\w]){name}\(|\({name}\)", code) for name in defined(SCRIPTS[part]))
    }


def long_functions(script: str, longest: int = LONGEST) -> list[str]:
    """Return the first lines of the functions that have more lines than that."""
    found = []
    opened: list[tuple[int, str]] = []
    for number, line in enumerate(script.splitlines()):
        for place in re.finditer(r"[{}]", line):
            if place[0] == "{":
                opened.append((number, line[: place.start()].strip()))
                continue
            start, head = opened.pop()
            control = re.match(r"(\} )?(else )?(if|for|while|switch|catch)\b", head)
            if head.endswith((")", "=>")) and not control and number - start + 1 > longest:
                found.append(head)
    assert not opened, "braces are not balanced"
    return found


def typed_colours(source: str) -> list[str]:
    """Return the palette's colours that are written out, as hexadecimal digits or as three numbers."""
    found = []
    for colour in sorted(set(VARIABLES.values())):
        red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
        if re.search(rf"{colour}|\b{red},\s*{green},\s*{blue}\b", source, re.IGNORECASE):
            found.append(colour)
    return found


def test_every_script_of_a_component_exists() -> None:
    assert len(COMPONENTS) > 10
    for path, uses in COMPONENTS.items():
        for part in (path, *uses):
            assert part in SCRIPTS, f"{path} has no {part}.js"
    used = {part for path, uses in COMPONENTS.items() for part in (path, *uses)}
    # These have neither a picture nor a style; history's is part of the page itself.
    assert SCRIPTS.keys() - used == {"app/language", "app/history", "shared/reveal"}


@pytest.mark.parametrize("path", COMPONENTS)
def test_a_component_uses_what_it_calls_and_nothing_else(path: str) -> None:
    uses = COMPONENTS[path]
    assert set().union(*(called(SCRIPTS[part]) for part in (path, *uses))) == NAMES.intersection(uses)
    twice = [
        name
        for name, times in Counter(name for part in (*uses, path) for name in defined(SCRIPTS[part])).items()
        if times > 1
    ]
    assert twice == []  # a module with two of a name doesn't run


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_first_line_says_what_a_script_relies_on(name: str) -> None:
    first = SCRIPTS[name].splitlines()[0]
    assert first.startswith("// ")
    if name in NAMES:
        assert first.endswith("stands first in the module of whoever `uses` it.")
    others = {part for part in COMPONENTS.get(name, ()) if part not in NAMES}
    assert {Path(part).name for part in called(SCRIPTS[name]) | others if part != name} <= set(
        re.findall(r"(\w+)\.js", first)
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_function_is_long(name: str) -> None:
    assert long_functions(SCRIPTS[name]) == []


@pytest.mark.parametrize(
    "head",
    [
        "export default function (component) {",
        "function draw(a, { b, c }) {",
        "const draw = (a) => {",
        "items.forEach((item) => {",
        "  row(path) {",
        ") {",
    ],
)
def test_a_long_function_would_be_noticed(head: str) -> None:
    end = "})" if "forEach" in head else "}"
    body = ["  if (x) {", "  }"] * 19
    assert long_functions("\n".join([head, *body, end])) == []  # 40 lines with its head and its end
    assert len(long_functions("\n".join([head, *body, "  y()", end]))) == 1
    assert long_functions("\n".join(["  if (x) {", *body * 2, "}"])) == []  # a block, not a function


@pytest.mark.parametrize("name", [*SCRIPTS, *STYLES])
def test_no_colour_of_the_palette_is_typed(name: str) -> None:
    assert typed_colours((SCRIPTS | STYLES)[name]) == []


@pytest.mark.parametrize("typed", ["fill: #0072B2;", "rgb(0, 114, 178)", "[0,114,178]"])
def test_a_typed_colour_would_be_noticed(typed: str) -> None:
    assert typed_colours(typed) == ["#0072b2"]


def test_every_colour_that_is_named_is_set() -> None:
    named = {
        name
        for source in (*SCRIPTS.values(), *STYLES.values())
        for name in re.findall(r"--lab-[\w-]*\w(?![\w-]*\$)", source)
    }
    assert len(named) > 10
    assert named <= VARIABLES.keys()
    assert VARIABLES["--lab-criteria-second-softmax"] == palette.CRITERIA["second_softmax"]
    assert VARIABLES["--lab-runs-1"] == palette.RUNS[1]
    assert VARIABLES["--lab-optimizers-adam"] == palette.OPTIMIZERS["adam"].colour
    assert palette.VOLUMES.keys() == {kind.group for kind in LAYERS.values()} | {"image", "broken"}


@pytest.mark.parametrize("part", sorted(NAMES))
def test_what_lib_holds_is_defined_nowhere_else(part: str) -> None:
    names = defined(SCRIPTS[part])
    assert names
    assert [
        (name, other)
        for name in names
        for other, script in SCRIPTS.items()
        if other != part and redefined(name, script)
    ] == []


@pytest.mark.parametrize("line", ["function rgb(hex) {", "  const rgb = 1", "  rgb(hex) {"])
def test_a_second_definition_would_be_noticed(line: str) -> None:
    assert redefined("rgb", f"class A {{\n{line}\n}}")
    assert not redefined("rgb", "  const colour = rgb(hex)\n  if (rgb(hex)) {")
