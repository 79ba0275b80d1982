"""The policy on content: every page and tab keeps it, and it stops what script in a text would do."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext

from pages.app.page_table import PAGES
from tests.browser.tab import Tab
from tests.support.server import Server

RECORD = """
window.violations = []
addEventListener("securitypolicyviolation", event =>
    violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile} ${event.sample}`))
"""
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


def test_every_page_and_tab_keeps_the_policy(
    server: Server, new_browser: Open, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab(server, new_browser())  # which looks at the console
    tab.page.add_init_script(RECORD)
    violations, looked_at = [], 0
    for entry in PAGES:
        tab.go(entry.name).heading(entry.name)
        for name in tab.panels():
            looked_at += 1
            violations += [f"{entry.name}, {name}: {line}" for line in tab.page.evaluate("violations")]
    assert looked_at > 40
    assert not violations, "\n".join(sorted(set(violations)))


def test_script_in_a_text_neither_runs_nor_calls_out(server: Server, new_browser: Open) -> None:
    page = new_browser().new_page()
    page.add_init_script(RECORD)
    page.goto(server.address)
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate(ATTACK) == [False, 4]  # the attribute, the element, the picture, the call
