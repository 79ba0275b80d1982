"""The layer lab: from a slider to the redrawn panel, tab by tab.

    python -m tests.benchmarks.layers [--moves 60] [--browser]

On the server side a move runs the whole page through the entry point without a browser. In the app a slider
runs its panel alone, so the seconds of the panel's function are printed first, those of the whole page beside
them. With --browser a real Chromium presses an arrow key on the slider and waits for the text that depends on
it; those seconds hold everything, the slider's own delay too. Draws a small copy of the sketches first. Takes
a minute.
"""

import argparse
import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from playwright.sync_api import Locator, sync_playwright

from core import text
from core.dataset import sketches
from pages.panels.layers import activation, convolution, linear, pooling
from tests.benchmarks.report import Row, facts, percentile, table
from tests.browser.tab import Tab
from tests.support.server import FLAGS, Server, chromium_path
from tests.support.visit import open_tab, visit

WORDS = text.load("en", "layers")
OUTPUT = "figure:has(canvas[data-clickable=true]) figcaption"  # shows how large the map is


@dataclass(frozen=True)
class Move:
    """A slider, the values it goes through in turn, and the element that shows them.

    `sign` is the selector of that element, piercing shadow roots.
    """

    tab: str
    slider: str
    values: tuple[float, ...]
    sign: str
    panel: tuple[ModuleType, str]


MOVES = (
    Move(
        "convolution",
        "layers.stride",
        (1, 2, 3, 4),
        f".st-key-layers-convolution {OUTPUT}",
        (convolution, "convolution"),
    ),
    Move(
        "pooling",
        "layers.pool_stride",
        (2, 3, 4, 5),
        f".st-key-layers-pooling {OUTPUT}",
        (pooling, "_windows"),
    ),
    Move("pooling", "layers.shift", (1, 2, 3, 4, 5), "p:has-text('Shifted by')", (pooling, "_shift")),
    Move(
        "activation",
        "layers.offset",
        (0.5, 1.0, 1.5, 2.0),
        "[data-testid=stMetricValue] >> nth=0",
        (activation, "activation"),
    ),
    Move(
        "linear", "layers.unit", (3, 4, 5, 6), ".st-key-layers-linear figcaption >> nth=1", (linear, "linear")
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--browser", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for _ in sketches.write(Path(folder, "sketches"), train_size=1000, test_size=200):
            pass
        with environment(Path(folder)):
            facts()
            rows = []
            for move in MOVES:
                panel, page = on_the_server(move, arguments.moves)
                rows.append(
                    Row(
                        f"{move.tab}, {move.slider}",
                        f"{summary(panel)}, whole page {summary(page)}",
                        "60 ms p95",
                    )
                )
            table(f"server side, {arguments.moves} moves: p50 / p95 / max", rows)
        if arguments.browser:
            rows = [
                Row(f"{move.tab}, {move.slider}", summary(seconds), "150 ms p95")
                for move, seconds in in_a_browser(folder, arguments.moves)
            ]
            table(f"in Chromium, {arguments.moves} moves: p50 / p95 / max", rows)


def summary(seconds: list[float]) -> str:
    return " / ".join(f"{1000 * percentile(seconds, share):.0f}" for share in (0.5, 0.95, 1.0)) + " ms"


@contextlib.contextmanager
def environment(folder: Path) -> Iterator[None]:
    cache = folder / "cache"
    cache.mkdir()
    (cache / "sketches-v1").symlink_to(folder / "sketches")
    os.environ |= {
        "LENET_LAB_CACHE": str(cache),
        "LENET_LAB_RUNS": str(folder / "runs"),
        "LENET_LAB_SPARES": "0",
        "OMP_NUM_THREADS": "1",
    }
    os.environ.pop("LENET_LAB_DATA", None)
    yield


def on_the_server(move: Move, moves: int) -> tuple[list[float], list[float]]:
    """Seconds of the panel's function, and of the whole page."""
    module, name = move.panel
    draw, panel, page = getattr(module, name), [], []

    def timed(*arguments: Any) -> None:
        began = time.perf_counter()
        draw(*arguments)
        panel.append(time.perf_counter() - began)

    setattr(module, name, timed)
    at = open_tab(visit("layers"), "layers.tab", WORDS(f"tab.{move.tab}"))
    for value in itertools.islice(itertools.cycle(move.values), moves + 10):
        at.get_by_key(move.slider).set_value(value)
        began = time.perf_counter()
        at.run()
        page.append(time.perf_counter() - began)
    assert not at.exception
    setattr(module, name, draw)
    return panel[-moves:], page[-moves:]


def in_a_browser(folder: str, moves: int) -> Iterator[tuple[Move, list[float]]]:
    home = Path(folder, "browser")
    home.mkdir()
    server = Server(home, Path(folder, "sketches"), LENET_LAB_SPARES="0")
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            tab = Tab(chromium.new_page(viewport={"width": 1280, "height": 800}), server.address).wake()
            for move in MOVES:
                tab.go("layers").heading("layers")
                tab.settle()
                tab.page.get_by_role("tab", name=WORDS(f"tab.{move.tab}"), exact=True).click()
                sign = tab.page.locator(move.sign).first
                sign.wait_for()
                tab.settle()
                tab.page.locator(f".st-key-{move.slider.replace('.', '-')}").get_by_role("slider").focus()
                yield (
                    move,
                    [
                        pressed(tab, sign, key)
                        for key in itertools.islice(itertools.cycle(("ArrowRight", "ArrowLeft")), moves)
                    ],
                )
            chromium.close()
    finally:
        server.stop()


# Starts to watch; the time counts from the next key to the first frame that shows another text.
WATCH = """(it) => {
    const before = it.textContent
    window.waited = new Promise((done) => {
        const began = (event) => {
            const look = () =>
                it.textContent !== before
                    ? done(performance.now() - event.timeStamp)
                    : requestAnimationFrame(look)
            look()
        }
        window.addEventListener("keydown", began, { capture: true, once: true })
    })
}"""


def pressed(tab: Tab, sign: Locator, key: str) -> float:
    sign.evaluate(WATCH)
    tab.page.keyboard.press(key)
    milliseconds: float = tab.page.evaluate("window.waited")
    tab.page.wait_for_timeout(150)  # a learner looks
    return milliseconds / 1000


if __name__ == "__main__":
    main()
