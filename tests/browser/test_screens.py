"""Panels on a narrow screen, and pages in dark mode."""

from collections.abc import Callable

import pytest

from core.text import LANGUAGES
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

Open = Callable[..., Tab]
TOO_NARROW = "it => [...it.querySelectorAll('*')].some(inner => inner.scrollWidth > inner.clientWidth + 1)"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("page", "panel"), [("layers", "modes"), ("losses", "probabilities"), ("optimizers", "zero_grad")]
)
def test_a_link_opens_a_panel_that_fits_a_telephone(
    server: Server, new_tab: Open, page: str, panel: str, language: str
) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844})
    tab.go(page, lang=language, **{f"{page}__tab__open": panel}).heading(page, language)
    tab.settle()
    chosen = tab.page.get_by_role("tab", selected=True)
    assert chosen.inner_text() == words(page, language)(f"tab.{panel}")
    tables = tab.page.get_by_test_id("stTable")
    assert tables.count() >= 2
    for number in range(tables.count()):  # a learner needn't push a table aside to see its last column
        assert tables.nth(number).evaluate(TOO_NARROW) is False, number
    assert tab.too_wide() == []


PLACES = (
    ("losses", {"losses__tab__open": "mse"}),
    ("training", {"training__tab__open": "compare"}),
    ("shapes", {"shapes__view": "network"}),
)


def test_what_is_tapped_in_a_panel_is_large_enough(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844}, has_touch=True)
    for name, link in PLACES:
        tab.go(name, **link).heading(name)
        tab.settle()
        assert tab.hard_to_tap() == [], (name, link)


def test_dark_mode(server: Server, new_tab: Open) -> None:
    light, dark = (new_tab(server, color_scheme=scheme) for scheme in ("light", "dark"))
    for name, drawn in (("training", ".st-key-training-loss canvas"), ("evaluation", "[data-cell='0,0']")):
        pixels = []
        for tab in (light, dark):
            tab.go(name).heading(name)
            tab.page.locator(drawn).first.wait_for()
            tab.settle()
            assert Picture(tab.page.locator(drawn).first.screenshot()).colours > 5
            pixels.append(Picture(tab.page.screenshot()).pixels)
        assert pixels[0].mean() > 200
        assert pixels[1].mean() < 70
