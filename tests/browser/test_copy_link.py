"""The button that copies the link: what it copies opens the same; by keyboard; without a clipboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.tab import RECORD, Tab, words
from tests.support.server import Server

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"  # as on plain http
FIELD = "[aria-label='{}']"
Open = Callable[..., Tab]


def test_what_is_copied_opens_the_same_page(
    server: Server, new_tab: Open, new_browser: Callable[..., BrowserContext]
) -> None:
    browser = new_browser()
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    browser.add_init_script(RECORD)
    tab = new_tab(server, browser).go("layers", layers__kernel="blur", layers__stride="3")
    tab.heading("layers")
    tab.settle()
    shared = words("shared")
    before = tab.page.get_by_text(words("layers")["idea"][:20]).first.bounding_box()
    tab.button(shared["link.copy"]).focus()
    tab.page.keyboard.press("Enter")
    tab.page.get_by_text(shared["link.copied"]).wait_for()
    assert tab.page.get_by_text(words("layers")["idea"][:20]).first.bounding_box() == before  # nothing moves
    link = tab.page.evaluate("navigator.clipboard.readText()")
    assert link == tab.page.url and "layers.kernel=blur" in link and "layers.stride=3" in link
    assert tab.page.evaluate("violations") == []
    other = new_tab(server)
    other.page.goto(link)
    other.heading("layers")
    other.until(lambda: "layers.stride=3" in other.page.url)
    other.page.locator(".st-key-layers-stride").get_by_text("3", exact=True).first.wait_for()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_a_clipboard_the_link_is_selected_in_a_field(
    server: Server, new_tab: Open, new_browser: Callable[..., BrowserContext], language: str
) -> None:
    browser = new_browser(viewport={"width": 390, "height": 844})
    browser.add_init_script(NO_CLIPBOARD)
    tab = new_tab(server, browser).go("losses", lang=language)
    tab.heading("losses", language)
    shared = words("shared", language)
    button = tab.button(shared["link.copy"])
    button.click()
    tab.page.get_by_text(shared["link.by_hand"]).wait_for()
    field = tab.page.locator(FIELD.format(shared["link.link"]))
    assert field.input_value() == tab.page.url
    assert field.evaluate("it => it.selectionEnd - it.selectionStart") == len(tab.page.url)
    box = tab.page.locator(".answer").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
    tab.page.keyboard.press("Escape")
    assert field.is_hidden() and button.evaluate("it => it.getRootNode().activeElement === it")


def test_what_a_handout_leaves_out_is_not_seen(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("training", training__epochs="3", hide="settings")
    tab.heading("training")
    tab.settle()
    hidden = tab.page.locator(".st-key-training-settings_hidden")
    assert hidden.count() == 1 and hidden.is_hidden()
    assert tab.page.get_by_text(words("training")["settings"], exact=True).count() == 0
    assert "training.epochs=3" in tab.page.url
    tab.menu("losses")
    tab.until(lambda: "hide=settings" in tab.page.url)
