"""Pages on a narrow screen, and in dark mode."""

from collections.abc import Callable

import pytest

from core.text import LANGUAGES
from pages.app.page_table import PAGES
from tests.browser.tab import Picture, Tab
from tests.support.server import Server

Open = Callable[..., Tab]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_a_telephone(server: Server, new_tab: Open, language: str) -> None:
    tab = new_tab(
        server, viewport={"width": 390, "height": 844}, locale={"en": "en-US", "zh": "zh-CN"}[language]
    )
    for entry in PAGES:
        tab.go(entry.name).heading(entry.name, language)
        tab.settle()
        assert tab.too_wide() == [], entry.name
        assert tab.page.evaluate("document.scrollingElement.scrollWidth") <= 390, entry.name
        tab.require_health()
    tab.page.locator("h1").evaluate("it => { it.style.width = '600px' }")
    assert tab.too_wide()  # the check notices a wide page


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
