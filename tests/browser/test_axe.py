"""Every page and tab: axe-core in the light and the dark theme, and the policy on content is kept.

The suite looks at every second tab in the dark; EVERY_TAB=1 at all of them.
"""

import os
import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext

from pages.app.page_table import PAGES
from tests.browser.tab import RECORD, Tab
from tests.support.server import Server

# What Streamlit itself does wrong, by rule, and how to tell it from ours.
STREAMLITS_OWN = {
    "list": r'data-testid="stSidebarNavItems"',  # the menu's sections are no list items
    "listitem": r'<li class="st-emotion-cache',
    "scrollable-region-focusable": r'<pre class="st-emotion-cache|<span class="katex-display',
    "presentation-role-conflict": r'data-testid="stFileUploaderDropzone"',
}
MAIN = "[data-testid=stMain]"  # what a tab changes
EVERY_TAB = "EVERY_TAB" in os.environ
CONTRAST = {"runOnly": ["color-contrast"]}  # all that a theme can change


def test_axe_finds_nothing_of_ours_and_the_policy_is_kept(
    server: Server, new_browser: Callable[..., BrowserContext], new_tab: Callable[..., Tab]
) -> None:
    tab, axe = new_tab(server, new_browser()), Axe()  # which looks at the console
    tab.page.add_init_script(RECORD)
    faults, looked_at = set(), 0
    for entry in PAGES:
        tab.go(entry.name).heading(entry.name)
        tab.page.add_style_tag(content="* { transition: none !important }")  # colours would fade for a while
        seen_whole = False
        for name in tab.panels():
            tab.page.emulate_media(color_scheme="light")
            results = [axe.run(tab.page, context=MAIN if seen_whole else None)]
            seen_whole = True
            if EVERY_TAB or looked_at % 2 == 0:
                tab.page.emulate_media(color_scheme="dark")
                tab.page.wait_for_timeout(300)
                results.append(axe.run(tab.page, context=MAIN, options=CONTRAST))
            looked_at += 1
            faults |= {f"{entry.name}, {name}: {stopped}" for stopped in tab.page.evaluate("violations")}
            faults |= {
                f"{entry.name}, {name or 'whole page'}: {rule['id']}: {node['html'][:150]}"
                for result in results
                for rule in result.response["violations"]
                for node in rule["nodes"]
                if not re.search(STREAMLITS_OWN.get(rule["id"], "$^"), node["html"])
            }
    assert looked_at > 40
    assert not faults, "\n".join(sorted(faults))
