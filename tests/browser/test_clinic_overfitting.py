"""Overfit and cure in the browser: by keyboard, the charts stay the same nodes while they grow."""

from collections.abc import Callable

import pytest

from tests.browser.tab import Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

LAPTOP, TELEPHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.mark.parametrize(("language", "size"), [("en", LAPTOP), ("zh", TELEPHONE)])
def test_overfit_and_cure_by_keyboard(
    server: Server, new_tab: Callable[..., Tab], language: str, size: dict[str, int]
) -> None:
    text = words("diagnosis", language)
    tab = new_tab(server, viewport=size)
    link = {"diagnosis__tab__open": "overfitting", "diagnosis__epochs": "3" if language == "en" else "4"}
    tab.go("diagnosis", lang=language, **link).heading("diagnosis", language)
    tab.button(text("overfitting.start")).focus()
    tab.page.keyboard.press("Enter")
    chart = tab.page.locator(".st-key-diagnosis-overfitting-loss canvas").first
    chart.wait_for()
    chart.evaluate("node => { node.dataset.first = 'yes' }")
    done = tab.page.get_by_test_id("stTable").get_by_text(words("shared", language)("state.done"))
    done.first.wait_for()
    assert chart.get_attribute("data-first") == "yes"  # it has grown and not been replaced
    cure = tab.button(text("overfitting.cure.smaller"))
    cure.focus()
    tab.page.keyboard.press("Enter")
    tab.until(lambda: done.count() == 2)
    said = text["overfitting.effect.same"].partition("{before}")[0].rpartition("**")[2].strip(":： ")
    sentence = tab.page.get_by_test_id("stMarkdown").filter(has_text=said)
    sentence.wait_for()
    tab.settle()
    assert text("overfitting.cure.smaller") in sentence.inner_text()
    assert tab.chart("diagnosis.overfitting.accuracy").colours > 2
    assert cure.is_disabled()
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.settle()
    assert not tab.too_wide()
