"""Loss functions in a real browser: logits and squares moved by pointer and by keyboard; links and phones."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.tab import Tab, words
from tests.support.server import Server

TEXT = words("losses")
Open = Callable[..., Tab]


def logit(tab: Tab, index: int) -> Locator:
    return tab.page.locator(f"[data-logit='{index}']")


def text_of(tab: Tab, key: str) -> list[float]:
    """Numbers in a line of the page."""
    return [float(part) for part in tab.selected(key).split(",")]


def test_a_logit_is_dragged_and_everything_follows(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("losses")
    tab.heading("losses")
    tab.settle()
    tab.button(TEXT("preset.start")).click()
    tab.until(lambda: tab.metric(TEXT("loss")) == "2.3026")
    box = logit(tab, 3).bounding_box()
    assert box
    y, middle = box["y"] + box["height"] / 2, box["x"] + box["width"] / 2
    tab.page.mouse.move(middle, y)
    tab.page.mouse.down()
    tab.page.mouse.move(middle + box["width"] / 8, y, steps=8)
    tab.until(lambda: float(tab.metric(TEXT("loss"))) < 2.3)  # while the button is still down
    tab.page.mouse.move(middle + box["width"] / 4, y, steps=8)
    tab.page.mouse.up()
    tab.until(lambda: float(tab.metric(TEXT("loss"))) < 0.1)
    tab.until(lambda: text_of(tab, "losses.logits")[3] == float(logit(tab, 3).input_value()) > 4)
    tab.until(lambda: "losses.logits=" in tab.page.url)
    shown = tab.metric(TEXT("loss"))

    tab.page.reload()
    tab.heading("losses")
    tab.until(
        lambda: tab.page.locator("[data-testid=stMetric]").count() and tab.metric(TEXT("loss")) == shown
    )
    assert float(logit(tab, 3).input_value()) > 4


def test_logits_and_the_right_class_work_with_the_keyboard(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("losses", losses__logits="0,0,0,0,0,0,0,0,0,0")
    tab.heading("losses")
    tab.settle()
    logit(tab, 3).focus()
    for _ in range(20):
        tab.page.keyboard.press("ArrowRight")
    expect(logit(tab, 3)).to_be_focused()
    tab.until(lambda: text_of(tab, "losses.logits") == [0, 0, 0, 2, 0, 0, 0, 0, 0, 0])
    tab.until(lambda: tab.metric(TEXT("loss")) == "0.7966")  # ln(e^2 + 9) - 2
    ship = tab.page.locator("[data-class='8']")
    ship.focus()
    tab.page.keyboard.press("Enter")
    expect(ship).to_have_attribute("aria-pressed", "true")
    tab.until(lambda: tab.metric(TEXT("loss")) == "2.7966")
    assert tab.selected("losses.target") == words("shared")("class.ship")


def test_squares_are_moved_by_pointer_and_by_keyboard(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("losses", losses__tab__open="mse", losses__predictions="1,2,3,6")
    tab.heading("losses")
    tab.settle()
    tab.until(lambda: tab.metric('"sum"') == "4.0000")
    knob = tab.page.locator("[data-prediction='3']")
    knob.focus()
    for _ in range(10):
        tab.page.keyboard.press("ArrowDown")
    tab.until(lambda: tab.metric('"sum"') == "1.0000")
    expect(knob).to_be_focused()
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    tab.page.mouse.move(x, y + 60, steps=5)
    tab.page.mouse.up()
    tab.until(lambda: text_of(tab, "losses.predictions")[3] < 4.9)
    assert text_of(tab, "losses.predictions")[:3] == [1, 2, 3]


def test_a_tapped_ring_stays_chosen(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844}, has_touch=True)
    tab.go("losses", losses__tab__open="mse", losses__predictions="1,2,3,6").heading("losses")
    tab.settle()
    ring = tab.page.locator("[data-prediction='2']")
    ring.tap()
    expect(ring).to_be_focused()
    tab.page.keyboard.press("ArrowUp")
    tab.until(lambda: text_of(tab, "losses.predictions") == [1, 2, 3.1, 6])
    expect(ring).to_be_focused()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_panel_opens_on_a_telephone(server: Server, new_tab: Open, language: str) -> None:
    text = words("losses", language)
    tab = new_tab(server, viewport={"width": 390, "height": 844})
    tab.go("losses", lang=language).heading("losses", language)
    tab.settle()
    for name, shown in (
        ("batch", "[data-testid=stTable]"),
        ("second", ".st-key-losses-second-norm canvas"),
        ("mse", ".st-key-losses-squares svg"),
        ("versus", ".st-key-losses-versus-pull canvas"),
        ("objective", ".st-key-losses-batch_images figure"),
        ("wrong", "[data-testid=stCode]"),
        ("cross_entropy", ".st-key-losses-curve canvas"),
    ):
        tab.page.get_by_role("tab", name=text(f"tab.{name}"), exact=True).click()
        tab.page.locator(shown).first.wait_for()
        tab.settle()
        inside = tab.page.locator(shown).first.bounding_box()
        assert inside
        assert inside["x"] >= 0
        assert inside["x"] + inside["width"] <= 390, name
        assert tab.page.evaluate("document.scrollingElement.scrollWidth") <= 390, name
