"""The policy on content stops what script in a text would do; test_axe sees that all pages keep it."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext

from tests.browser.tab import RECORD
from tests.support.server import Server

ATTACK = """async () => {
    document.body.insertAdjacentHTML("beforeend", `<img src="nothing:" onerror="window.struck = true">`)
    const script = document.createElement("script")
    script.textContent = "window.struck = true"
    document.body.append(script)
    await fetch("http://127.0.0.2:9/").catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 500))
    return [window.struck ?? false, new Set(violations.map(line => line.split(" ")[0])).size]
}"""
Open = Callable[..., BrowserContext]


def test_script_in_a_text_neither_runs_nor_calls_out(server: Server, new_browser: Open) -> None:
    page = new_browser().new_page()
    page.add_init_script(RECORD)
    page.goto(server.address)
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate(ATTACK) == [False, 4]  # the attribute, the element, the picture, the call
