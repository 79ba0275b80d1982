"""A watched browser tab: the text it shows, the addresses it requests, the errors it reports."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import ConsoleMessage, Error, Locator, Page

from core import text
from core.text import Text
from pages.app.page_table import PAGES

PATIENCE = 60.0  # seconds; generous, since the machine may be busy
# a deep link first looks for Streamlit's own addresses beside the page
KNOWN = re.compile(r"/[^/]+/_stcore/")
WIDE = """() => {
    const scrolls = it => /auto|scroll/.test(getComputedStyle(it).overflowX)
    const inside = it => it.dataset.testid !== 'stMain' && (scrolls(it) || inside(it.parentElement))
    return [...document.querySelectorAll('[data-testid=stMain] *')]
        .filter(it => it.getBoundingClientRect().right > innerWidth + 2
            && getComputedStyle(it).position !== 'fixed')
        .filter(it => it.parentElement.clientWidth !== 1)  // for screen readers alone: a slider's input
        .filter(it => !inside(it.parentElement))
        .map(it => it.dataset.testid || it.className || it.tagName).slice(0, 5)
}"""


# Keeps what the policy on content has stopped.
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
RECORD = """
window.violations = []
addEventListener("securitypolicyviolation", event =>
    violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile} ${event.sample}`))
"""


class Tab:
    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.set_default_timeout(1000 * PATIENCE)
        self._watches = {
            "console": self._on_console,
            "pageerror": lambda error: self.errors.append(str(error)),
            "request": lambda request: self._check_host(request.url),
            "websocket": lambda opened: self._check_host(opened.url),
        }
        for event, watch in self._watches.items():
            page.on(event, watch)

    def go(self, name: str, **link: str) -> "Tab":
        """Open a page by its address, as from a bookmark; two underscores stand for a dot."""
        entry = next(entry for entry in PAGES if entry.name == name)
        query = "&".join(f"{key.replace('__', '.')}={value}" for key, value in link.items())
        path = "" if name == PAGES[0].name else entry.address
        self.page.goto(f"{self.address}/{path}?{query}", wait_until="domcontentloaded")
        return self

    def wake(self) -> "Tab":
        """Make the first visit to a fresh server."""
        self.go("home").heading("home")
        return self

    def heading(self, name: str, language: str = "en") -> None:
        """Wait for the title of this page in this language."""
        self.page.get_by_role("heading", name=words(name, language)("title"), exact=True, level=1).wait_for()

    def menu(self, name: str, language: str = "en") -> None:
        """Go to a page by the menu, as often as it takes.

        Streamlit forgets the click when a timer of the page being left speaks before the click is heard.
        """
        place = self.page.get_by_test_id("stSidebarNav").get_by_role(
            "link", name=text.load(language, "shared")[f"page.{name}"]
        )
        title = self.page.get_by_role("heading", name=words(name, language)("title"), exact=True, level=1)

        def arrived() -> bool:
            place.click()
            with suppress(Error):
                title.wait_for(timeout=10_000)
            return title.is_visible()

        self.until(arrived)

    def settle(self) -> None:
        """Wait until the script has run and nothing moves."""
        quiet = 0
        deadline = time.monotonic() + PATIENCE
        while quiet < 4:
            assert time.monotonic() < deadline, "the page is never done"
            state = self.page.get_attribute("[data-testid=stApp]", "data-test-script-state")
            waiting = self.page.locator("[data-testid=stSkeleton], [data-testid=stSpinner]").count()
            quiet = quiet + 1 if state == "notRunning" and not waiting else 0
            self.page.wait_for_timeout(100)

    def panels(self) -> Iterator[str]:
        """Open each tab of the page in turn and yield its name; an empty one for a page without tabs.

        Tabs within a tab come first: they go when another is opened.
        """
        handles = self.page.get_by_test_id("stMain").get_by_role("tab")
        seen: set[str] = set()
        while new := [name for name in handles.all_inner_texts() if name not in seen]:
            handles.get_by_text(new[-1], exact=True).first.click()
            self.settle()
            seen.add(new[-1])
            yield new[-1]
        if not seen:
            self.settle()
            yield ""

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def metric(self, label: str) -> str:
        found = (
            self.page.locator("[data-testid=stMetric]")
            .filter(has_text=label)
            .locator("[data-testid=stMetricValue]")
        )
        return found.inner_text()

    def until(self, condition: Callable[[], Any], every: float = 0.05) -> float:
        """Wait until the condition holds; return the seconds waited. Look at pictures less often."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < PATIENCE, f"waited in vain; the page says {self.text()[:3000]}"
            self.page.wait_for_timeout(1000 * every)
        return time.monotonic() - began

    def text(self) -> str:
        """All readable text of the page."""
        return self.page.locator("body").inner_text()

    def chart(self, key: str) -> "Picture":
        canvas = self.canvas(key)
        for _ in range(20):
            with suppress(Error):  # redrawn at this very moment, as happens when a run starts or ends
                return Picture(canvas.screenshot(timeout=5000))
            self.page.wait_for_timeout(100)
        raise AssertionError(f"the chart {key} never stands still")

    def canvas(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key.replace('.', '-')} canvas").first

    def selected(self, key: str) -> str:
        return self.page.locator(f".st-key-{key.replace('.', '-')} input").first.input_value()

    def step(self) -> int:
        """Step shown by the progress bar; 0 while there is no bar."""
        bar = self.page.locator("[data-testid=stProgress]")
        found = re.search(r"step ([\d,]+)", bar.first.inner_text()) if bar.count() else None
        return int(found[1].replace(",", "")) if found else 0

    def too_wide(self) -> list[str]:
        wide: list[str] = self.page.evaluate(WIDE)
        return wide

    def hard_to_tap(self, least: int = SMALLEST) -> list[str]:
        """Targets that are smaller than so many pixels each way."""
        small: list[str] = self.page.evaluate(SMALL, least)
        return small

    def require_health(self) -> None:
        assert not self.errors
        assert not self.foreign
        if not self.page.is_closed():
            assert not self.page.locator("[data-testid=stException]").count()

    def leave(self) -> None:
        """Forget all that this visit has stored, and leave the page empty for another."""
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        self.page.context.clear_cookies()
        self.page.mouse.move(0, 0)
        self.page.goto("about:blank")
        for event, watch in self._watches.items():
            self.page.remove_listener(event, watch)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not KNOWN.search(urlsplit(message.location["url"]).path):
            self.errors.append(f"{message.text} ({message.location['url']})")

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.foreign.append(url)


class Picture:
    """Pixels of a screenshot."""

    def __init__(self, png: bytes) -> None:
        self.pixels = np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)  # (H, W, 3)

    @property
    def colours(self) -> int:
        return len(np.unique(self.pixels.reshape(-1, 3), axis=0))

    def reach(self, colour: tuple[int, int, int], below: int = 0) -> int:
        """Last column with this colour, in the rows from `below` on; 0 if no column has it."""
        near = (np.abs(self.pixels[below:] - colour) < 40).all(axis=2)
        columns = np.flatnonzero(near.any(axis=0))
        return int(columns[-1]) if len(columns) else 0


def words(page: str, language: str = "en") -> Text:
    return text.load(language, page)
