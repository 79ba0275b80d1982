"""A handout's link, ?hide=settings,code: what is left out, what holds all the same, and for how long."""

import pytest

from core.text import LANGUAGES
from pages.app.page_table import PAGES
from tests.conftest import Lab
from tests.support.controls import unfold
from tests.support.visit import healthy, shows, visit, words

PAGE_OF = {"training": "training.epochs", "optimizers": "optimizers.steps"}


@pytest.mark.parametrize(("page", "key"), PAGE_OF.items())
def test_settings_are_left_out_and_hold_all_the_same(lab: Lab, page: str, key: str) -> None:
    label = words(page)["settings"]
    link = {key.replace(".", "__"): "7"}
    assert label in [box.label for box in visit(page, **link).expander]
    at = visit(page, hide="settings", **link)
    assert label not in [box.label for box in at.expander]
    assert at.get_by_key(key).value == 7  # drawn where the style sheet hides it
    assert at.query_params["hide"] == "settings" and at.query_params[key] == "7"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [entry.name for entry in PAGES if entry.name != "home"])
def test_no_code_is_left(trained: Lab, page: str, language: str) -> None:
    tab = f"{page}.tab"
    at = unfold(visit(page, language, hide="code", **{f"{page}__tab__open": "code"}))
    text = words(page, language)
    assert text.get("tab.code", "code") not in [tab.label for tab in at.tabs]
    assert not any(":material/code:" in box.icon for box in at.expander)
    assert at.query_params.get(f"{tab}.open") != ["code"]


def test_it_holds_for_the_visit_until_a_link_says_otherwise(lab: Lab) -> None:
    at = visit("training", hide="code,settings,<b>,everything")
    assert at.query_params["hide"] == "settings,code"  # unknown words are ignored
    del at.query_params["hide"]  # as the menu does
    healthy(at.switch_page("pages/losses.py").run())
    assert at.query_params["hide"] == "settings,code" and not shows(at, "losses.code.cross_entropy")
    at.query_params["hide"] = ""
    healthy(at.run())
    assert "hide" not in at.query_params and shows(at, "losses.code.cross_entropy")


@pytest.mark.parametrize("hide", ["everything", "", ",", "z1.eNqNjcsKwjAQ", "CODE"])
def test_words_that_mean_nothing_hide_nothing(lab: Lab, hide: str) -> None:
    at = visit("losses", hide=hide)
    assert shows(at, "losses.code.cross_entropy") and "hide" not in at.query_params
