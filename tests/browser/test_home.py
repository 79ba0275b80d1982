"""Home in a real browser: the picture leads to the pages without loading the app again."""

from collections.abc import Callable

import pytest

from tests.browser.tab import Tab, words
from tests.support.server import Server


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_a_part_of_the_picture_leads_to_its_page(
    server: Server, new_tab: Callable[..., Tab], language: str, tag: str
) -> None:
    tab = new_tab(server).go("home", lang=language)
    tab.heading("home", language)
    tab.page.evaluate("window.sameVisit = true")
    name = words("home", language)("part.pool1")
    tab.page.get_by_role("link", name=name).first.click()
    tab.heading("layers", language)
    shared, layers = words("shared", language), words("layers", language)
    selected = tab.page.get_by_role("tab", name=layers("tab.pooling"), exact=True, selected=True)
    selected.wait_for()
    assert tab.page.title() == shared("window", page=shared("page.layers"))
    assert tab.page.evaluate("document.documentElement.lang") == tag
    assert tab.page.evaluate("window.sameVisit")
