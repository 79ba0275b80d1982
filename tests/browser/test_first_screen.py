"""Every page on a laptop and a telephone, in both languages: what it is about is on its first screen.

That is above y = 500 on a laptop, and 200 px of it on a telephone. There nothing is wider than the screen,
and what is tapped is large enough.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect

from core.text import LANGUAGES
from pages.app.page_table import PAGES
from tests.browser.tab import Tab
from tests.support.server import Server

# The picture that a page is about, by the key of its element.
SUBJECTS = {
    "home": "home-network",
    "explore": "explore-opened",
    "transforms": "transforms-draws",
    "shapes": "shapes-kernel",
    "layers": "layers-convolution",
    "losses": "losses-bars",
    "optimizers": "optimizers-race",
    "training": "training-loss",
    "evaluation": "evaluation-matrix",
    "inside": "inside-forward",
    "saving": "saving-tree",
    "diagnosis": "diagnosis-sick-loss",
}
HIGHEST, SEEN = 500, 200  # pixels
LAPTOP, TELEPHONE = (1280, 800), (390, 844)
LOCALES = {"en": "en-US", "zh": "zh-CN"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_suits_both_screens(server: Server, new_tab: Callable[..., Tab], language: str) -> None:
    width, height = TELEPHONE
    size = {"width": width, "height": height}
    tab = new_tab(server, viewport=size, has_touch=True, locale=LOCALES[language])
    late, hidden, wide, small = {}, {}, {}, {}
    for name, key in SUBJECTS.items():
        tab.page.set_viewport_size(size)
        tab.go(name).heading(name, language)
        subject = tab.page.locator(f".st-key-{key}").first
        subject.wait_for()
        tab.settle()
        wide[name] = tab.too_wide(), tab.page.evaluate("document.scrollingElement.scrollWidth") > width
        small[name] = tab.hard_to_tap()
        box = placed(tab, key)
        hidden[name] = min(height, box["y"] + box["height"]) - box["y"] < SEEN
        tab.page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
        tab.settle()
        late[name] = placed(tab, key)["y"] >= HIGHEST
        tab.require_health()
    pages = SUBJECTS.keys()
    assert pages == {entry.name for entry in PAGES}
    assert wide == {name: ([], False) for name in pages} and small == {name: [] for name in pages}
    assert hidden == late == dict.fromkeys(pages, False)
    assert len(tab.hard_to_tap(100)) > 10  # the check notices small ones
    tab.page.set_viewport_size(size)
    tab.page.locator("h1").evaluate("it => { it.style.width = '600px' }")
    assert tab.too_wide()  # the check notices a wide page


def placed(tab: Tab, key: str) -> FloatRect:
    """Where the subject is, of a page that isn't scrolled."""
    tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    box = tab.page.locator(f".st-key-{key}").first.bounding_box()
    assert box is not None
    return box
