"""After a press on Train the page stays with the new run, also in a browser that is slow to take it over.

PRESSES=20 .venv/bin/python -m pytest tests/browser/test_presses.py    as many presses; the suite makes three
"""

import os
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.tab import Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT = words("training")
PRESSES = int(os.environ.get("PRESSES", "3"))
SLOWER = 4  # times
HELD = 3.0  # seconds for which the page must stay with the run; timers speak several times meanwhile


def shown(tab: Tab) -> str:
    """Id of the run that the address names."""
    return parse_qs(urlsplit(tab.page.url).query).get("training.run", [""])[0]


def test_train_selects_the_new_run_for_good(server: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab(server)
    devtools = tab.page.context.new_cdp_session(tab.page)
    for _ in range(PRESSES):
        tab.go("training", training__epochs="150").heading("training")
        tab.settle()
        before = server.newest_run()
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        tab.button(TEXT("train")).click()
        tab.until(lambda: server.newest_run() != before and tab.step() > 0)  # noqa: B023
        tab.page.wait_for_timeout(1000 * HELD)
        assert shown(tab) == server.newest_run()
        assert tab.button(TEXT("pause")).is_visible()
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        tab.button(TEXT("stop")).click()
        tab.page.get_by_text(TEXT("state.cancelled")).wait_for()


def test_a_double_click_is_one_run(server: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab(server)
    tab.go("training", training__epochs="150").heading("training")
    tab.settle()
    before = set(server.runs.glob("2*"))
    tab.button(TEXT("train")).dblclick(delay=50)
    tab.until(lambda: set(server.runs.glob("2*")) > before and tab.step() > 0)
    tab.page.wait_for_timeout(1000 * HELD)
    assert [path.name for path in set(server.runs.glob("2*")) - before] == [shown(tab)]
    assert not tab.button(TEXT("ask.queue")).count()
    tab.button(TEXT("stop")).click()
    tab.page.get_by_text(TEXT("state.cancelled")).wait_for()
