"""The optimizer arena: how fast paths are computed, pages answered, and a race played.

    python -m tests.benchmarks.arena [--no-browser] [--beside CHECKOUT]

A changed number costs what the server's process has used of the processors by the time the answer is out;
each number is new to the server, so nothing of it is cached. --beside measures the app of another checkout
too, right before this one.

Paths are computed in this process with one torch thread, uncached, after one warm-up. The page is requested
over a WebSocket from its own server, as in tests.benchmarks.sessions: the whole script, everything cached.
Frames are counted by the race itself in a headless Chromium while ten paths of 2,000 steps play at 600 steps
a second. Takes about half a minute.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import torch
from playwright.sync_api import sync_playwright

from core.optimizers import NAMES, OPTIMIZERS
from core.optimizers.rankings import rank
from core.optimizers.trajectories import SURFACES, trajectory
from tests.benchmarks.browser_session import BrowserSession
from tests.benchmarks.memory import processor_seconds, settle
from tests.benchmarks.report import Row, facts, percentile, seconds, table
from tests.benchmarks.sessions import QUIET, app
from tests.support.server import FLAGS, chromium_path

RERUNS = 60
NUMBERS = 20
LONGEST = [
    *(("optimizers.picked", name) for name in NAMES.values()),
    ("optimizers.steps", 2000),
    ("optimizers.y", 0.0),
    ("lang", "en"),
]
TEN = urlencode([*LONGEST[:-3], ("lang", "en")])
# Label, address, control, first value of the number, target.
CHANGES = (
    ("one of four racers: momentum", "", "optimizers.momentum.momentum", 0.5, "30 ms"),
    ("one of four racers: RMSprop", "", "optimizers.rmsprop.alpha", 0.9, "30 ms"),
    ("one of four racers: Adam", "", "optimizers.adam.beta1", 0.5, "30 ms"),
    ("a number that four share", "", "optimizers.lr", 0.01, "100 ms"),
    ("a number that ten share", TEN, "optimizers.lr", 0.02, "250 ms"),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--beside", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    facts(**{"torch threads": 1})
    if arguments.beside:
        with tempfile.TemporaryDirectory() as folder, app(Path(folder), None, arguments.beside) as server:
            table(f"A changed number, {arguments.beside}", asyncio.run(changes(*server)))
    with tempfile.TemporaryDirectory() as folder, app(Path(folder), None) as server:
        table("A changed number", asyncio.run(changes(*server)))
    table("Paths, uncached", paths())
    with tempfile.TemporaryDirectory() as folder, app(Path(folder), None) as (_, port):
        table("The page, cached", asyncio.run(page(port)))
        if not arguments.no_browser:
            table("The race in Chromium", race(port))


def paths() -> list[Row]:
    for name in OPTIMIZERS:
        trajectory(name, "saddle", SURFACES["saddle"].start, 2)
    rows = []
    for surface in ("saddle", "beale", "rastrigin"):
        found = [
            timed(
                lambda surface=surface: [
                    trajectory(name, surface, SURFACES[surface].start, 200) for name in OPTIMIZERS
                ]
            )
            for _ in range(5)
        ]
        rows.append(Row(f"ten optimizers x 200 steps, {surface}", seconds(found), "0.3 s"))
    for surface in ("saddle", "bounded-saddle", "beale"):
        rows.append(
            Row(
                f"who wins, {surface}: 10 x 10 rates x 16 starts x 200 steps",
                seconds([timed(lambda s=surface: list(rank(s)))]),
                "3 s",
            )
        )
    return rows


def timed(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began


async def changes(server: int, port: int) -> list[Row]:
    """CPU of the server for a number that nobody has tried, 400 steps."""
    rows = []
    for label, query, key, first, target in CHANGES:
        session = await BrowserSession.open(port, "optimizer-arena", query)
        await asyncio.to_thread(settle, server, QUIET)  # the first page starts the background work
        spent, waited = [], []
        for k in range(NUMBERS + 1):
            before = processor_seconds(server)
            await session.change(key, first + k * 1e-5)
            spent.append(1000 * (processor_seconds(server) - before))
            waited.append(1000 * session.samples[-1].seconds)
        await session.close()
        if session.exceptions:
            raise SystemExit(session.exceptions[0])
        mean, middle = statistics.mean(spent[1:]), statistics.median(waited[1:])
        rows.append(Row(f"{label}: CPU, p50 of the wait", f"{mean:.0f} ms, {middle:.0f} ms", target))
    return rows


async def page(port: int) -> list[Row]:
    rows = []
    for label, query in (("four, 400 steps", ""), ("ten, 2,000 steps", urlencode(LONGEST))):
        session = await BrowserSession.open(port, "optimizer-arena", query)
        await session.rest()  # a long race is computed outside the server
        received = session.received
        session.samples.clear()
        for _ in range(RERUNS):
            await session.rerun()
        values = [1000 * sample.seconds for sample in session.samples]
        rows.append(
            Row(
                f"rerun, {label}: p50 / p95",
                f"{statistics.median(values):.0f} / {percentile(values, 0.95):.0f} ms",
                "60 ms (p95)",
            )
        )
        rows.append(Row(f"first page, {label}: sent to the browser", f"{received / 1000:.0f} KB", "400 KB"))
        rows.append(
            Row(
                f"a rerun, {label}: sent to the browser",
                f"{(session.received - received) / RERUNS / 1000:.0f} KB",
            )
        )
        await session.close()
        if session.exceptions:
            raise SystemExit(session.exceptions[0])
    return rows


def race(port: int) -> list[Row]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 800})
        tab.goto(f"http://127.0.0.1:{port}/optimizer-arena?{urlencode(LONGEST)}")
        arena = tab.locator(".arena")
        arena.locator("tr").nth(10).wait_for()
        tab.wait_for_timeout(2000)
        arena.locator(".speed").select_option("600")
        arena.locator(".play").click()
        found = []
        while arena.get_attribute("data-playing") == "true":
            tab.wait_for_timeout(500)
            found.append(float(arena.get_attribute("data-fps") or 0))
        browser.close()
    counted = [fps for fps in found if fps]
    return [
        Row("frames a second: median, least", f"{statistics.median(counted):.0f}, {min(counted):.0f}", "50")
    ]


if __name__ == "__main__":
    main()
