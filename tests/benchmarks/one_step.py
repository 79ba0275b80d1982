"""Seconds that a learner waits for Pause and for One step, warm and cold side by side.

    python -m tests.benchmarks.one_step [DATA] [--rounds 5]

DATA is a CIFAR-10 folder; without it sketches are written first (12 s). Real workers train LeNet with the
fast recipe in a temporary runs folder. Takes about two minutes; Linux only (reads /proc).

warm      the worker of the paused run is still there, with the run in memory
cold      it is gone, as after a minute, and no spare waits: a new process, on a warm disk
service   from `pause` or `step` until `get` says paused, the checkpoint written and the step's event readable
browser   from the press until the page shows "Resume" again, and the step it was asked for
"""

import argparse
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from core import text
from core.dataset import sketches
from core.files import locations
from core.jobs import EventLog, JobService, JobSpec, LocalBackend, Run
from core.jobs.history import history
from core.training.config import recipe
from tests.benchmarks.jobs import until
from tests.benchmarks.report import Row, facts, seconds, table
from tests.support.server import FLAGS, Server, chromium_path

TEXT = text.load("en", "training")
LANES = {"train": 1, "compute": 1}
TARGET = "1 s"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    facts(**{"threads of a worker": 1, "rounds": arguments.rounds})
    with tempfile.TemporaryDirectory() as folder:
        drawn, home = Path(folder, "sketches"), Path(folder, "server")
        for _ in sketches.write(drawn, *((1000, 200) if arguments.data else (10_000, 2000))):
            pass
        name, root = ("cifar-10", arguments.data.absolute()) if arguments.data else ("sketches", drawn)
        if not locations.is_complete(locations.batches_folder(root)):
            raise SystemExit(f"no data set in {root}")
        table(f"The job service, on {name}", in_service(Path(folder, "runs"), name, root, arguments.rounds))
        home.mkdir()
        server = Server(home, drawn, LENET_LAB_SPARES="0", LENET_LAB_DATA=str(root))
        try:
            table(f"The page, on {name}", in_browser(server, name, arguments.rounds))
        finally:
            server.stop()


def rows(paused: list[float], taken: dict[str, list[float]]) -> Iterator[Row]:
    yield Row("Pause pressed to paused", seconds(paused), TARGET)
    for kind, values in taken.items():
        target = TARGET if kind == "warm" else ""
        yield Row(f"One step pressed to its result, {kind}", seconds(values), target)


def in_service(folder: Path, name: str, root: Path, rounds: int) -> Iterator[Row]:
    params = {"config": recipe("fast", epochs=1000).to_json(), "data_set": name, "root_dir": str(root)}
    backend = LocalBackend(LANES, spares=0)
    with JobService(folder, backend) as service:
        run = service.submit(JobSpec("train", params, "ann"))

        def steps() -> int:
            return sum(event["type"] == "step" for event in service.events(run.id))

        def measured(order: Callable[[str, str], Run]) -> float:
            began = time.monotonic()
            order(run.id, "ann")
            until(lambda: service.get(run.id).state == "paused")
            return time.monotonic() - began

        paused: list[float] = []
        taken: dict[str, list[float]] = {"warm": [], "cold": []}
        for _ in range(rounds):
            before = steps()
            until(lambda before=before: steps() > before + 5)
            paused.append(measured(service.pause))
            for kind, values in taken.items():
                if kind == "cold":
                    backend.hard_stop(run.id)
                before = steps()
                values.append(measured(service.step))
                if steps() != before + 1:
                    raise SystemExit("One step was not one step")
            service.resume(run.id, "ann")
    return rows(paused, taken)


def in_browser(server: Server, name: str, rounds: int) -> Iterator[Row]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        with closing(browser):
            return rows(*_pressed(browser, server, name, rounds))


def _pressed(
    browser: Browser, server: Server, name: str, rounds: int
) -> tuple[list[float], dict[str, list[float]]]:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-US")
    page.set_default_timeout(60_000)
    page.goto(f"{server.address}/train-lenet?training.epochs=1000&training.data_set={name}")
    _button(page, "train").click()
    paused: list[float] = []
    taken: dict[str, list[float]] = {"warm": [], "cold": []}
    for _ in range(rounds):
        _button(page, "pause").wait_for()
        page.wait_for_timeout(3000)
        began = time.monotonic()
        _button(page, "pause").click()
        _button(page, "resume").wait_for()
        paused.append(time.monotonic() - began)
        for kind, values in taken.items():
            page.wait_for_timeout(1000)
            run = server.newest_run()
            if kind == "cold":
                os.kill(server.worker(run, "log"), signal.SIGKILL)
                page.wait_for_timeout(1000)
            number = history(EventLog(server.runs / run / "events.jsonl").read()).step + 1
            heading = page.get_by_role("heading", name=TEXT("inspected", step=f"{number:,}"))
            began = time.monotonic()
            _button(page, "step").click()
            heading.wait_for()
            _button(page, "resume").wait_for()
            values.append(time.monotonic() - began)
        _button(page, "resume").click()
    _button(page, "stop").click()
    _button(page, "delete").wait_for()
    return paused, taken


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=TEXT(name), exact=True)


if __name__ == "__main__":
    main()
