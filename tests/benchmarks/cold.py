"""The first visit to a fresh server in a browser: when the page is usable, whether torch is there by then.

A server imports torch in the background once its first page is sent; a page that needs torch waits for it
first.

python -m tests.benchmarks.cold [CHECKOUT ...] --tries 5    this checkout beside others, taking turns
"""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from core.dataset import sketches
from tests.benchmarks.report import Row, facts, seconds, table
from tests.support import ROOT
from tests.support.server import FLAGS, Server, chromium_path

# The control that a learner uses first, by the address of the page.
PAGES = {
    "train-lenet": ".st-key-training-train button:enabled",
    "shape-calculator": ".st-key-shapes-kernel_size input[type=range]:enabled",
    "start": "[data-testid=stMain] button:enabled",
}


@dataclass(frozen=True)
class Visit:
    """Seconds from the address to title and first usable control; whether torch was in the server then."""

    title: float
    usable: float
    torch: bool


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkouts", type=Path, nargs="*")
    parser.add_argument("--tries", type=int, default=5)
    arguments = parser.parse_args()
    checkouts = [ROOT, *(checkout.resolve() for checkout in arguments.checkouts)]
    facts(tries=arguments.tries)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder, "sketches")
        for _ in sketches.write(data, 1000, 200):
            pass
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        for page in PAGES:
            found: dict[Path, list[Visit]] = {checkout: [] for checkout in checkouts}
            for attempt in range(arguments.tries):
                for checkout in checkouts:
                    home = Path(folder, f"{page}-{attempt}-{checkouts.index(checkout)}")
                    home.mkdir()
                    found[checkout].append(visit(browser, home, data, checkout, page))
            table(f"/{page}, the first visit", rows(found))


def visit(browser: Browser, home: Path, data: Path, checkout: Path, page: str) -> Visit:
    server = Server(home, data, checkout)
    try:
        with contextlib.closing(browser.new_context(viewport={"width": 1280, "height": 800})) as context:
            tab = context.new_page()
            began = time.perf_counter()
            tab.goto(f"{server.address}/{'' if page == 'start' else page}", wait_until="commit")
            tab.locator("h1").first.wait_for(timeout=60_000)
            title = time.perf_counter() - began
            tab.locator(PAGES[page]).first.wait_for(state="attached", timeout=60_000)
            return Visit(
                title, time.perf_counter() - began, "libtorch" in Path(f"/proc/{server.pid}/maps").read_text()
            )
    finally:
        server.stop()


def rows(found: dict[Path, list[Visit]]) -> Iterable[Row]:
    for checkout, visits in found.items():
        name = "here" if checkout == ROOT else checkout.name
        yield Row(f"{name}: title", seconds([visit.title for visit in visits]))
        yield Row(f"{name}: first control", seconds([visit.usable for visit in visits]))
        yield Row(
            f"{name}: torch in the server by then", f"{sum(visit.torch for visit in visits)} of {len(visits)}"
        )


if __name__ == "__main__":
    main()
