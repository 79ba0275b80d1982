"""Real servers and a real Chromium for the tests of this folder."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.tab import Tab
from tests.support.server import FLAGS, Server, chromium_path


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def server(
    tmp_path_factory: pytest.TempPathFactory, small_sketches: Path, two_runs: Path, chromium: Browser
) -> Iterator[Server]:
    """One for all tests that leave it whole; two short runs are done already."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(two_runs, folder / "runs")
    with _running(Server(folder, small_sketches)) as started:
        _wake(chromium, started)
        yield started


@pytest.fixture
def frail(tmp_path: Path, small_sketches: Path) -> Iterator[Server]:
    """One to be killed."""
    with _running(Server(tmp_path, small_sketches)) as started:
        yield started


@pytest.fixture
def hosted(tmp_path: Path, small_sketches: Path) -> Iterator[Server]:
    """One for many learners, as far as it can tell."""
    with _running(Server(tmp_path, small_sketches, LENET_LAB_HOSTED="1")) as started:
        yield started


def _wake(chromium: Browser, server: Server) -> None:
    with contextlib.closing(chromium.new_page()) as page:
        Tab(page, server.address).wake()


@contextlib.contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def new_browser(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of somebody: its own storage, English unless told otherwise."""
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> BrowserContext:
        contexts.append(
            chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-US"} | options)
        )
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def new_tab(new_browser: Callable[..., BrowserContext]) -> Iterator[Callable[..., Tab]]:
    """A tab, in a browser of its own unless told otherwise; at the end nothing may have gone wrong in any."""
    tabs: list[Tab] = []

    def open_one(server: Server, context: BrowserContext | None = None, **options: object) -> Tab:
        page: Page = (context or new_browser(**options)).new_page()
        tabs.append(Tab(page, server.address))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.require_health()
