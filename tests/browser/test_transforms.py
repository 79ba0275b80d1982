"""Data pipeline in a real browser: keyboard editing, a wrong order, a reload, every panel on a telephone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from core.text import LANGUAGES
from core.transforms.pipeline import PRESETS, written
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT = words("transforms")
Open = Callable[..., Tab]


def tiles(tab: Tab, key: str) -> list[str]:
    """Pictures of a grid as style strings; equal strings look the same."""
    script = "all => all.map(it => it.style.backgroundImage + it.style.backgroundPosition)"
    found: list[str] = tab.page.locator(f".st-key-transforms-{key} .tile").evaluate_all(script)
    return found


def test_a_wrong_order_is_repaired_with_the_keyboard(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("transforms")
    tab.heading("transforms")
    tab.settle()
    expect(tab.page.locator(".st-key-transforms-draws .tile")).to_have_count(12)
    tab.page.locator(".st-key-transforms-histogram canvas").first.evaluate("it => it.dataset.seen = 'yes'")
    before = tiles(tab, "draws")
    tab.button(TEXT("again")).focus()
    tab.page.keyboard.press("Enter")
    tab.until(lambda: len(tiles(tab, "draws")) == 12 and tiles(tab, "draws") != before)
    # the same canvas, so the chart doesn't flicker
    expect(tab.page.locator(".st-key-transforms-histogram canvas").first).to_have_attribute(
        "data-seen", "yes"
    )

    tab.button(TEXT("preset.wrong")).click()
    tab.page.get_by_text("TypeError: Normalize() does not support PIL images.").wait_for()
    steps = tab.page.get_by_role("radiogroup", name=TEXT("list")).get_by_role("radio")
    expect(steps).to_have_count(2)
    steps.first.focus()
    tab.page.keyboard.press("ArrowDown")
    expect(steps.nth(1)).to_be_checked()
    tab.page.get_by_text(TEXT("step.totensor")).wait_for()
    tab.settle()  # until then the buttons of both steps are there
    tab.button(TEXT("up")).focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_text("TypeError")).to_have_count(0)
    tab.until(lambda: f"transforms.steps={written(PRESETS['tutorial'])}" in tab.page.url)

    tab.page.reload()
    tab.heading("transforms")
    expect(steps).to_have_count(2)
    expect(steps.first).to_be_checked()
    assert Picture(tab.page.locator(".st-key-transforms-draws .tile").first.screenshot()).colours > 20
    assert tab.chart("transforms.histogram").colours > 10


def test_the_speed_is_measured_while_one_looks(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("transforms", transforms__tab__open="speed")
    tab.heading("transforms")
    tab.settle()
    tab.page.locator(".st-key-transforms-measure button").click()
    tab.button(TEXT("speed.stop")).wait_for()
    tab.page.locator(".st-key-transforms-speed canvas").first.wait_for()
    tab.page.locator(".st-key-transforms-measure").wait_for()
    tab.page.get_by_text(TEXT("speed.ours")).first.wait_for()
    assert tab.chart("transforms.speed").colours > 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_panel_fits_a_telephone(server: Server, new_tab: Open, language: str) -> None:
    tab = new_tab(
        server, viewport={"width": 390, "height": 844}, locale={"en": "en-US", "zh": "zh-CN"}[language]
    )
    shown = {
        "pipeline": ".st-key-transforms-draws .tile",
        "splits": "[data-testid=stMetric]",
        "dataset": ".st-key-transforms-shown_item .tile",
        "loader": ".st-key-transforms-balance canvas",
        "speed": ".st-key-transforms-measure",
        "code": "[data-testid=stCode]",
    }
    tab.go("transforms", transforms__steps="toimage~todtype_0~normalize~jitter").heading(
        "transforms", language
    )
    tab.settle()
    for name, expected in shown.items():
        tab.page.get_by_role("tab", name=words("transforms", language)(f"tab.{name}"), exact=True).click()
        tab.page.locator(expected).first.wait_for()
        tab.settle()
        assert tab.too_wide() == [], name
        assert tab.page.evaluate("document.scrollingElement.scrollWidth") <= 390, name
