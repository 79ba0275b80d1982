"""Processes that are killed: the page says so, and one click goes on."""

import os
import re
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from core.text import LANGUAGES
from tests.browser.tab import Tab, words
from tests.support.processes import alive, wait
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT = words("training")
INTERRUPTED = TEXT("state.interrupted").split("{")[0].strip()
Open = Callable[..., Tab]
AWAY = "Connection error"  # Streamlit's own words while the server doesn't answer


def in_mid_run(tab: Tab) -> int:
    """Start a run of some seconds; return the first step that the page shows."""
    tab.go("training", training__recipe="tutorial", training__epochs="12").heading("training")
    tab.button(TEXT("train")).click()
    tab.until(lambda: tab.step() > 0)
    return tab.step()


def resume_to_the_end(tab: Tab) -> None:
    tab.button(TEXT("resume")).click()
    tab.page.get_by_text(TEXT("state.done"), exact=True).wait_for()
    assert tab.metric(TEXT("metric.best")).endswith("%")


def test_a_killed_worker(server: Server, new_tab: Open) -> None:
    tab = new_tab(server)
    in_mid_run(tab)
    os.kill(server.worker(server.newest_run()), signal.SIGKILL)
    assert tab.until(lambda: tab.page.get_by_text(INTERRUPTED).count()) < 5
    assert "-9" in tab.page.get_by_test_id("stAlert").first.inner_text()
    expect(tab.button(TEXT("pause"))).to_have_count(0)
    resume_to_the_end(tab)


def test_the_first_visit_after_a_start_may_be_to_any_page(frail: Server, new_tab: Open) -> None:
    tab = new_tab(frail).go("training")
    tab.heading("training")
    tab.settle()
    expect(tab.page.get_by_role("dialog")).to_have_count(0)


def test_a_killed_server(frail: Server, new_tab: Open) -> None:
    tab = new_tab(frail).wake()
    in_mid_run(tab)
    run = frail.newest_run()
    worker = frail.worker(run)
    tab.require_health()
    frail.kill()
    wait(lambda: not alive(worker), 6)
    expect(tab.page.get_by_role("dialog")).to_contain_text(AWAY, timeout=60_000)
    for language in LANGUAGES:
        for key in ("notice", "transfer.notice"):
            assert AWAY in words("training", language)(key)
    frail.restart()
    new_tab(frail).wake()
    tab.page.reload()
    tab.errors.clear()  # from attempts to reach the dead server
    tab.heading("training")
    tab.page.get_by_text(INTERRUPTED).wait_for()
    assert re.search(r"stopped at step [\d,]+; Resume", tab.page.get_by_test_id("stAlert").first.inner_text())
    assert frail.newest_run() == run
    resume_to_the_end(tab)
