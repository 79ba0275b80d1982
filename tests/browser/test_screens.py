"""Pages on a narrow screen, and in dark mode."""

from collections.abc import Callable

import pytest

from core.text import LANGUAGES
from pages.app.page_table import PAGES
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

Open = Callable[..., Tab]
TOO_NARROW = "it => [...it.querySelectorAll('*')].some(inner => inner.scrollWidth > inner.clientWidth + 1)"


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


SMALLEST = 24  # pixels each way, as WCAG 2.5.8 asks for what a finger taps
# Targets, Streamlit's and ours, that miss a tap at half that distance above, below or beside their middle.
SMALL = """least => {
    const inside = root => [...root.querySelectorAll('*')].flatMap(
        it => [it, ...(it.shadowRoot ? inside(it.shadowRoot) : [])])
    const targets = inside(document.querySelector('[data-testid=stMain]')).filter(
        it => it.matches('button, input, select, summary, [role=slider], [tabindex="0"]'))
    const at = (x, y) => {
        let it = document.elementFromPoint(x, y)
        while (it?.shadowRoot) it = it.shadowRoot.elementFromPoint(x, y)
        return it
    }
    const found = []
    for (const target of targets) {
        const owner = target.matches('input') && target.closest('label') || target
        owner.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' })
        const box = owner.getBoundingClientRect()
        const [x, y, reach] = [box.x + box.width / 2, box.y + box.height / 2, least / 2 - 1]
        if (!owner.contains(at(x, y))) continue  // hidden, or another element speaks for it
        for (const [u, v] of [[reach, 0], [-reach, 0], [0, reach], [0, -reach]])
            if (!owner.contains(at(x + u, y + v))) {
                found.push(`${target.ariaLabel ?? target.textContent}: ${box.width} x ${box.height}`)
                break
            }
    }
    return found
}"""
PLACES = (
    *((entry.name, {}) for entry in PAGES),
    ("losses", {"losses__tab__open": "mse"}),
    ("training", {"training__tab__open": "compare"}),
    ("shapes", {"shapes__view": "network"}),
)


def test_what_is_tapped_is_large_enough(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844}, has_touch=True)
    for name, link in PLACES:
        tab.go(name, **link).heading(name)
        tab.settle()
        assert tab.page.evaluate(SMALL, SMALLEST) == [], (name, link)
    assert len(tab.page.evaluate(SMALL, 100)) > 10  # the check notices small ones


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
