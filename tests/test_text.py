"""core.text and assets/text: both languages match, every refusal has its sentence, core knows no page."""

import ast
import re
import string
from functools import cache
from pathlib import Path

import pytest

from core import text
from core.errors import InputError
from tests.support import ROOT

PAGES = sorted(path.stem for path in (text.FOLDER / "en").glob("*.md"))
CJK = re.compile(r"[\u4e00-\u9fff]")
# Numbers and signs, once names and placeholders are gone.
SAME_IN_CHINESE = re.compile(r"[\d\s.,、:：%×·()（）√±−+/-]*")
# A percent sign after a blank, and before it a number, a placeholder, their end in bold, or nothing.
APART = re.compile(r"(?:^|[\d}*\"'`])\s+[%％]")
NAMES = (
    "CIFAR-10",
    "LeNet",
    "ResNet-18",
    "F1",
    "Adam",
    "AdamW",
    "SGD",
    "CPU",
    "GPU",
    "CUDA",
    "one-cycle",
    "ms",
    "s",
    "MPS",
    "→",
    "↓",
)


def placeholders(section: str) -> list[str] | None:
    """Names in braces, sorted; None where the braces are LaTeX's."""
    try:
        return sorted(name for _, name, _, _ in string.Formatter().parse(section) if name is not None)
    except ValueError:
        return None


def is_placeholder(name: str) -> bool:
    return re.fullmatch(r"[a-z_]+", name) is not None


def test_both_languages_have_the_same_files() -> None:
    assert {path.name for path in text.FOLDER.iterdir()} == {*text.LANGUAGES, "terms.md"}
    assert set(text.LANGUAGES) == {"en", "zh"}
    assert sorted(path.stem for path in (text.FOLDER / "zh").glob("*.md")) == PAGES and "errors" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_keys_and_placeholders(page: str) -> None:
    english, chinese = (text.load(language, page) for language in ("en", "zh"))
    assert list(english) == list(chinese) and len(english) > 0
    for key in english:
        assert placeholders(english[key]) is not None or "$" in english[key], key
        found = [sorted(set(placeholders(words[key]) or [])) for words in (english, chinese)]
        assert found[0] == found[1], key
        assert english[key].strip() and chinese[key].strip(), key


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", text.LANGUAGES)
def test_no_key_twice(page: str, language: str) -> None:
    content = (text.FOLDER / language / f"{page}.md").read_text(encoding="utf-8")
    keys = re.findall(r"^## (.*)$", content, re.MULTILINE)
    # A heading with a blank in it would be prose.
    assert len(keys) == len(set(keys)) and keys == list(text.load(language, page))


@pytest.mark.parametrize("page", PAGES)
def test_chinese_sections_are_chinese_and_english_ones_are_not(page: str) -> None:
    for key, section in text.load("zh", page).items():
        bare = re.sub(r"\{[^}]*\}", "", section)
        for name in sorted(NAMES, key=len, reverse=True):
            bare = bare.replace(name, "")
        assert CJK.search(section) or SAME_IN_CHINESE.fullmatch(bare), (key, section)
    assert not any(
        CJK.search(section) for key, section in text.load("en", page).items() if "language" not in key
    )


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_no_text_sets_a_percent_sign_apart(language: str) -> None:
    sections = [(page, *section) for page in PAGES for section in text.load(language, page).items()]
    assert [(page, key) for page, key, section in sections if APART.search(section)] == []


def test_no_number_of_the_code_sets_a_percent_sign_apart() -> None:
    """Strings, pieces of f-strings among them, the components, and the model cards."""
    strings = [
        (path, node.value)
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    paths = [*(ROOT / "assets" / "components").rglob("*.js"), *(ROOT / "assets" / "weights").glob("*.md")]
    files = [(path, path.read_text(encoding="utf-8")) for path in paths]
    assert len(strings) > 1000 and len(files) > 20
    assert [path.name for path, content in strings + files if APART.search(content)] == []


def test_placeholders_are_filled_and_latex_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "made-up.md").write_text(
        "# 注\n\n## sum\n$\\frac{a}{b}$\n\n# 组\n\n## n.left\n还剩 {n}\n# {n} 秒\n#标\n", encoding="utf-8"
    )
    monkeypatch.setattr(text, "FOLDER", tmp_path)
    words = text.load("zh", "made-up")
    assert (
        list(words) == ["sum", "n.left"]
        and words("sum") == r"$\frac{a}{b}$"
        and words("n.left", n=3) == "还剩 3\n# 3 秒\n#标"
    )
    with pytest.raises(KeyError):
        words("no")
    for language in ("de", "../en", ""):
        with pytest.raises(KeyError):
            text.load(language, "made-up")


@pytest.mark.parametrize(
    ("page", "key", "values", "expected"),
    [
        ("shared", "model.unfinished", {"done": 0, "total": 1}, "0 of 1 epoch."),
        ("shared", "model.unfinished", {"done": 1, "total": 2}, "1 of 2 epochs."),
        ("evaluation", "cell.right", {"n": 1}, "1 image of “x” that was predicted correctly"),
        ("evaluation", "confusion.most", {"n": 12}, "12 of x images of “x” were predicted"),
        ("shapes", "agrees", {"count": 1}, "for the one layer ("),
        ("shapes", "agrees", {"count": 7}, "for all 7 layers ("),
        ("errors", "layer_channels", {"found": 1}, "1 channel arrives"),
        ("errors", "layer_channels", {"found": "3"}, "3 channels arrive"),
    ],
)
def test_one_of_a_thing_has_a_singular(page: str, key: str, values: dict[str, object], expected: str) -> None:
    words = text.load("en", page)
    others = dict.fromkeys(placeholders(words[key]) or (), "x")
    assert expected in words(key, **others | values)


# Refusals


@cache
def sources() -> list[tuple[Path, ast.Module]]:
    paths = [
        *sorted((ROOT / "core").rglob("*.py")),
        *sorted((ROOT / "pages").rglob("*.py")),
        ROOT / "streamlit_app.py",
    ]
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def refusals() -> dict[str, set[str] | None]:
    """Names of each key's values, None where the source doesn't say.

    Found in InputError("key", ...) and {"key": "key", ...}.
    """
    found: dict[str, set[str] | None] = {}
    for _, tree in sources():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "InputError"
                and isinstance(node.args[0], ast.Constant)
            ):
                found[node.args[0].value] = {word.arg for word in node.keywords if word.arg}
            elif (
                isinstance(node, ast.Dict)
                and [getattr(key, "value", None) for key in node.keys] == ["key", "values"]
                and isinstance(node.values[0], ast.Constant)
            ):
                found.setdefault(node.values[0].value, None)
    return found


def test_every_refusal_has_a_sentence_and_every_sentence_a_refusal() -> None:
    known, raised = text.load("en", "errors"), refusals()
    assert len(raised) > 50
    assert sorted(raised.keys() - known.keys()) == []
    code = "\n".join(path.read_text(encoding="utf-8") for path, _ in sources())
    assert [key for key in known if f'"{key}"' not in code] == []


def test_every_refusal_fills_its_sentence() -> None:
    for key, given in refusals().items():
        for language in text.LANGUAGES:
            needed = set(placeholders(text.load(language, "errors")[key]) or [])
            assert given is None or needed <= given, (key, language, needed, given)


def test_a_list_of_names_is_joined_in_a_sentence() -> None:
    assert str(InputError("pipeline_step", step="Zoom", allowed=("ToTensor", "Normalize"))).endswith(
        ": ToTensor, Normalize."
    )
    assert str(InputError("layer_unknown", kind="Conv9d", allowed=())).count("–") == 1


def test_the_sentence_follows_the_language() -> None:
    error = InputError("batch_too_large", batch_size=64, images=50)
    assert (
        str(error)
        == error.sentence("en")
        == "The batch size is 64, but there are only 50 training images; choose at most 50."
    )
    assert CJK.search(error.sentence("zh")) and "64" in error.sentence("zh") and isinstance(error, ValueError)
