"""Every page in every language through the entry point: titles, language, addresses, keys, links."""

import re

import pytest

from core.text import LANGUAGES
from core.training.config import BOUNDS, RECIPES
from pages.app.page_table import PAGES, ROOT
from tests.conftest import Lab
from tests.support.typography import faults
from tests.support.visit import choose, errors, healthy, keys, shows, texts, visit, words

NAMES = [entry.name for entry in PAGES]
FREE_KEYS = re.compile(
    r"language(_tag)?|question_(wide|narrow)|owner_token|data\.(draw|download|folder|use|stop)"
)  # shared by all pages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_in_each_language(lab: Lab, name: str, language: str) -> None:
    at = visit(name, language)
    assert at.title[0].value == words(name, language)("title")
    assert at.get_by_key("language").value == language
    assert at.query_params["lang"] == language
    assert at.markdown[0].value == words(name, language)("idea")
    assert not at.error
    assert not at.warning


@pytest.mark.parametrize("name", NAMES)
def test_what_code_puts_together_has_the_punctuation_of_its_language(trained: Lab, name: str) -> None:
    question = words(name, "zh").get("question", "")
    for sentence in texts(visit(name, "zh")):
        assert list(faults(sentence.replace(f"*{question}*", question))) == []  # code makes it italic


def test_the_languages_differ(lab: Lab) -> None:
    assert visit("training", "zh").title[0].value == "训练 LeNet"
    assert visit("training", "en").title[0].value == "Train LeNet"


@pytest.mark.parametrize(
    ("link", "locale", "expected"),
    [
        (None, "zh-CN", "zh"),
        (None, "zh", "zh"),
        (None, "de-DE", "en"),
        ("en", "zh-CN", "en"),
        ("zh", "en-US", "zh"),
        ("xx", "zh-CN", "zh"),
    ],
)
def test_the_link_says_the_language_else_the_browser(
    lab: Lab, link: str | None, locale: str, expected: str
) -> None:
    at = visit("home", link, locale)
    assert at.title[0].value == words("home", expected)("title")
    assert at.markdown[0].value == words("home", expected)("idea")
    assert at.query_params["lang"] == expected


def test_a_choice_of_language_is_kept_on_the_next_page(lab: Lab) -> None:
    at = choose(visit("home", None), "language", "zh")
    del at.query_params["lang"]  # as the menu does
    healthy(at.switch_page("pages/training.py").run())
    assert at.title[0].value == "训练 LeNet"
    assert at.query_params["lang"] == "zh"


def test_the_page_table_is_whole() -> None:
    assert {entry.file for entry in PAGES} == set((ROOT / "pages").glob("*.py"))
    assert len({entry.address for entry in PAGES}) == len(PAGES)
    for entry in PAGES:
        assert entry.file.is_file()
        assert entry.address != entry.file.stem, (
            "Streamlit's legacy mode would skip the entry point for everybody"
        )
    assert PAGES[0].name == "home"


@pytest.mark.parametrize("name", NAMES)
def test_every_widget_has_a_key_named_after_its_page(trained: Lab, name: str) -> None:
    for at in (visit(name), visit(name, training__data_set="cifar-10", training__recipe="tutorial")):
        found = keys(at)
        assert len(found) > 1
        for key in found:
            assert key, "a widget without a key loses its value when the language changes"
            assert key.startswith(f"{name}.") or FREE_KEYS.fullmatch(key), key


def test_switching_the_language_keeps_the_choices(lab: Lab) -> None:
    at = choose(choose(visit("training"), "training.recipe", "tutorial"), "training.optimizer", "adam")
    choose(at, "training.epochs", 7)
    choose(at, "language", "zh")
    assert at.title[0].value == "训练 LeNet"
    assert at.get_by_key("training.recipe").value == "tutorial"
    assert at.get_by_key("training.optimizer").value == "adam"
    assert at.get_by_key("training.epochs").value == 7
    linked = {
        "lang": "zh",
        "training.data_set": "sketches",
        "training.recipe": "tutorial",
        "training.optimizer": "adam",
        "training.epochs": "7",
    }
    assert at.query_params == linked


def test_a_link_restores_the_controls(lab: Lab) -> None:
    link = {
        "recipe": "tutorial",
        "data_set": "cifar-10",
        "epochs": "3",
        "batch_size": "64",
        "optimizer": "adam",
        "lr": "0.002",
        "schedule": "cosine",
        "normalisation": "none",
        "crop": "2",
        "flip": "true",
        "seed": "5",
    }
    at = visit("training", "zh", **{f"training__{name}": value for name, value in link.items()})
    found = {name: at.get_by_key(f"training.{name}").value for name in link}
    assert found == link | {"epochs": 3, "batch_size": 64, "lr": 0.002, "crop": 2, "flip": True, "seed": 5}
    assert all(at.query_params[f"training.{name}"] == value for name, value in link.items())


def test_a_link_with_bad_settings_falls_back(lab: Lab) -> None:
    link = {
        "recipe": "<script>",
        "data_set": "../..",
        "epochs": "1000000000",
        "batch_size": "0",
        "optimizer": "nobody",
        "lr": "nan",
    }
    link |= {"run": "../../etc", "seed": "-1", "crop": "x", "device": "tpu", "train_size": "9"}
    at = visit("training", **{f"training__{name}": value for name, value in link.items()})
    fast = RECIPES["fast"]
    found = {
        name: at.get_by_key(f"training.{name}").value for name in link if name not in ("run", "train_size")
    }
    expected = {
        name: getattr(fast, name)
        for name in ("epochs", "batch_size", "optimizer", "lr", "seed", "crop", "device")
    }
    assert found == expected | {"recipe": "fast", "data_set": "sketches"}
    assert not shows(at, "training.run")
    outside = {name for name in BOUNDS if name in link}
    assert (
        {line.split(" is ")[0] for line in errors(at)}
        == outside
        == {"epochs", "batch_size", "lr", "seed", "crop", "train_size"}
    )
    assert "<script>" not in str(at.query_params)


def test_a_link_opens_its_tab_whatever_was_open_on_the_last_visit(lab: Lab) -> None:
    at = visit("layers", layers__tab__open="pooling")
    healthy(at.switch_page("pages/losses.py").run())
    at.query_params["layers.tab.open"] = "modes"
    healthy(at.switch_page("pages/layers.py").run())
    assert shows(at, "layers.again")
    healthy(at.switch_page("pages/losses.py").run())
    del at.query_params["layers.tab.open"]  # as the menu does
    healthy(at.switch_page("pages/layers.py").run())
    assert shows(at, "layers.again")
    assert at.query_params["layers.tab.open"] == "modes"


def test_a_link_to_no_run_shows_the_usual_ones(trained: Lab) -> None:
    for run in ("nope", "../../etc", "20260101-000000-00000000000000000000"):
        at = visit("evaluation", evaluation__run=run)
        assert at.get_by_key("evaluation.run").value in {path.name for path in trained.runs.iterdir()}
        at = visit("training", training__run=run)
        assert at.get_by_key("training.run").value in {path.name for path in trained.runs.iterdir()}
