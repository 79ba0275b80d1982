"""Real servers and a real Chromium for the tests of this folder."""

import contextlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
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
    """Server shared by all tests that leave it intact; two short runs are already done."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(two_runs, folder / "runs")
    with _running(Server(folder, small_sketches)) as started:
        _wake(chromium, started)
        yield started


@pytest.fixture
def frail(tmp_path: Path, small_sketches: Path) -> Iterator[Server]:
    """A server to be killed."""
    with _running(Server(tmp_path, small_sketches)) as started:
        yield started


@pytest.fixture
def hosted(tmp_path: Path, small_sketches: Path) -> Iterator[Server]:
    """A server that believes it is hosted for many learners."""
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


DEFAULTS = {"viewport": {"width": 1280, "height": 800}, "locale": "en-US"}


@pytest.fixture
def new_browser(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser with storage of its own, in English by default."""
    contexts: list[BrowserContext] = []

    def open_context(**options: object) -> BrowserContext:
        contexts.append(chromium.new_context(**DEFAULTS | options))
        return contexts[-1]

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def left_pages(chromium: Browser) -> Iterator[dict[str, list[Page]]]:
    """Empty pages that tests have left behind, by their options.

    A page that loaded the app before loads it again in a third of the time.
    """
    pages: dict[str, list[Page]] = defaultdict(list)
    yield pages
    for page in chain(*pages.values()):
        page.context.close()


@pytest.fixture
def new_tab(chromium: Browser, left_pages: dict[str, list[Page]]) -> Iterator[Callable[..., Tab]]:
    """Open a tab, by default in a browser of its own; at the end every tab must be healthy."""
    tabs: list[Tab] = []
    borrowed: list[tuple[Tab, str]] = []

    def open_tab(server: Server, context: BrowserContext | None = None, **options: object) -> Tab:
        if context is not None:
            tabs.append(Tab(context.new_page(), server.address))
            return tabs[-1]
        options = DEFAULTS | options
        left = left_pages[repr(options)]
        page = left.pop() if left else chromium.new_context(**options).new_page()
        page.set_viewport_size(options["viewport"])  # the last test may have changed it
        tabs.append(Tab(page, server.address))
        borrowed.append((tabs[-1], repr(options)))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.require_health()
    for tab, options in borrowed:
        tab.leave()
        left_pages[options].append(tab.page)
