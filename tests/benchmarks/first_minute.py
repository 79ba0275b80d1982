"""The first minute in a browser, from `streamlit run` on: with nothing on the machine, and with everything.

python -m tests.benchmarks.first_minute [CHECKOUT ...] --tries 3    this checkout beside others, taking turns
"""

import argparse
import contextlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from core.dataset import sketches
from pages.app.page_table import PAGES
from tests.benchmarks.report import Row, facts, seconds, table
from tests.support import ROOT
from tests.support.server import FLAGS, Server, chromium_path

PATIENCE = 90_000  # milliseconds
TRAIN = ".st-key-training-train button:enabled"
USABLE = "[data-testid=stApp][data-test-script-state=notRunning] [data-testid=stMain] h1"
# The loss of the run, as soon as there is one.
NUMBER = "() => /\\d/.test(document.querySelector('[data-testid=stMetricValue]')?.textContent ?? '')"
TARGETS = {
    "fresh: something to read": "2 s",
    "fresh: Train can be pressed": "4 s",
    "fresh: first number, Train pressed at once": "12 s",
    "warm: Train pressed to first number": "1 s",
}

Figures = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkouts", type=Path, nargs="*")
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--fresh", action="store_true", help="leave out the warm pages")
    arguments = parser.parse_args()
    checkouts = [ROOT, *(checkout.resolve() for checkout in arguments.checkouts)]
    facts(tries=arguments.tries)
    found: dict[Path, Figures] = {checkout: defaultdict(list) for checkout in checkouts}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        drawn = Path(folder, "sketches")
        if not arguments.fresh:
            for _ in sketches.write(drawn):
                pass
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        for attempt in range(arguments.tries):
            for number, checkout in enumerate(checkouts):
                home = Path(folder, f"{attempt}-{number}")
                _fresh(browser, home, checkout, found[checkout])
                if not arguments.fresh:
                    _warm(browser, home, drawn, checkout, found[checkout])
    for checkout, figures in found.items():
        title = "here" if checkout == ROOT else checkout.name
        table(title, (Row(what, seconds(values), _target(what)) for what, values in figures.items()))


def _fresh(browser: Browser, home: Path, checkout: Path, figures: Figures) -> None:
    """Open home, then on a second fresh server the training page, and press Train as soon as it can be."""
    with _visit(browser, home / "fresh home", None, checkout, "") as (page, began):
        page.wait_for_selector("h1", timeout=PATIENCE)
        figures["fresh: something to read"].append(time.perf_counter() - began)
    with _visit(browser, home / "fresh training", None, checkout, "train-lenet") as (page, began):
        page.wait_for_selector("h1", timeout=PATIENCE)
        figures["fresh: something to read"].append(time.perf_counter() - began)
        page.locator(TRAIN).first.click(timeout=PATIENCE)
        figures["fresh: Train can be pressed"].append(time.perf_counter() - began)
        page.wait_for_function(NUMBER, timeout=PATIENCE)
        figures["fresh: first number, Train pressed at once"].append(time.perf_counter() - began)


def _warm(browser: Browser, home: Path, drawn: Path, checkout: Path, figures: Figures) -> None:
    """Open every page, each first on a server of its own, with the sketches drawn; then train."""
    for entry in PAGES:
        address = "" if entry.name == "home" else entry.address
        with _visit(browser, home / entry.name, drawn, checkout, address) as (page, began):
            page.wait_for_selector(USABLE, timeout=PATIENCE)
            figures[f"warm: {entry.name} usable"].append(time.perf_counter() - began)
            if entry.name == "training":
                page.wait_for_timeout(8000)  # the worker is ready by then
                began = time.perf_counter()
                page.locator(TRAIN).first.click()
                page.wait_for_function(NUMBER, timeout=PATIENCE)
                figures["warm: Train pressed to first number"].append(time.perf_counter() - began)


@contextlib.contextmanager
def _visit(
    browser: Browser, home: Path, drawn: Path | None, checkout: Path, address: str
) -> Iterator[tuple[Page, float]]:
    """A page on a server that starts at this moment, and that moment."""
    home.mkdir(parents=True)
    with contextlib.closing(browser.new_context(viewport={"width": 1280, "height": 800})) as context:
        page = context.new_page()
        began = time.perf_counter()
        server = Server(home, drawn, checkout)
        try:
            page.goto(f"{server.address}/{address}", wait_until="commit")
            yield page, began
        finally:
            server.stop()


def _target(what: str) -> str:
    return TARGETS.get(what, "4 s" if what.endswith("usable") else "")


if __name__ == "__main__":
    main()
