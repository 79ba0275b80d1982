"""Many visitors at once: the real app on a free port of this machine, N WebSocket sessions, some trainings.

    python -m tests.benchmarks.sessions [--sessions 20] [--seconds 60] [--think 2]
                                        [--page PAGE] [--jobs 2] [--data DATA] [--root CHECKOUT]

Each session reruns the whole page, thinks for --think seconds (a quarter more or less), and so on; meanwhile
the fragments of the page that redraw themselves do so at the pace the app asks for. In the optimizer arena it
changes a number of one racer instead, each time to one that nobody has tried. A rerun is timed from the
request sent to `script_finished` received: the time of the server and the loopback, without the browser's
drawing. Every session asks one thing at a time. --root runs the app of another checkout.

The app runs hosted, so that each session is a separate learner, with its own runs folder and cache. The
trainings are started by pressing Train in further sessions, which stay open; on the training page the others
look at these runs through their link. The visitors live in this one process on the same processors as the
server and the workers: the times include that. They come once the server's background work is done. Nothing
but loopback is used. Takes --seconds and about half a minute.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from core.files import locations
from pages.app.page_table import PAGES
from tests.benchmarks.browser_session import BrowserSession, Sample, SessionError
from tests.benchmarks.memory import ROOT, bare, children, ended, memory, settle
from tests.benchmarks.report import Row, facts, percentile, table

MOST_SESSIONS, LONGEST = 300, 600
STARTING = 60.0  # seconds that the server may take, and the sketches, and a training
QUIET = 4.0  # seconds without work; the server rests 3 s between drawing sketches and importing torch
TARGETS = {"start": "150 ms (p95, 50 sessions)", "optimizer-arena": "500 ms (p95, 25 sessions)"}
CHANGED = {"optimizer-arena": ("optimizers.adam.beta1", "optimizers.rmsprop.alpha")}  # from 0 to 0.9
# Loads what the server has loaded once its pages have been seen: Streamlit's server, the pages' shared code,
# torch in the background.
SERVER = """
import importlib, logging, pkgutil
logging.disable(logging.CRITICAL)
import streamlit.web.bootstrap, streamlit.web.server.starlette.starlette_server
import uvicorn.protocols.websockets.auto, uvicorn.loops.auto
import pages.shared
for module in pkgutil.iter_modules(pages.shared.__path__):
    importlib.import_module("pages.shared." + module.name)
import core.training.checkpoints, core.evaluation
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think", type=float, default=2.0)
    parser.add_argument("--page", choices=[entry.address for entry in PAGES], default="train-lenet")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--data", type=Path, help="train on the CIFAR-10 files here, not on the sketches")
    arguments = parser.parse_args()
    if not (
        0 < arguments.sessions <= MOST_SESSIONS
        and 0 < arguments.seconds <= LONGEST
        and 0 <= arguments.jobs <= 32
    ):
        raise SystemExit(f"at most {MOST_SESSIONS} sessions, {LONGEST} seconds and 32 jobs")
    facts(
        sessions=arguments.sessions, think=f"{arguments.think:g} s", jobs=arguments.jobs, page=arguments.page
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the server is ended too
    with (
        tempfile.TemporaryDirectory() as folder,
        app(Path(folder), arguments.data, arguments.root) as (server, port),
    ):
        print_result(arguments, Path(folder), asyncio.run(hold(arguments, Path(folder), server, port)))


@contextmanager
def app(
    folder: Path, data: Path | None, root: Path = ROOT, program: Sequence[str] = ("-m", "streamlit")
) -> Iterator[tuple[int, int]]:
    """Run the app of a checkout as `streamlit run` starts it; yields its process id and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "LENET_LAB_RUNS": str(folder / "runs"),
        "LENET_LAB_CACHE": str(folder / "cache"),
        "LENET_LAB_HOSTED": "1",
    }
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("LENET_LAB_")
    } | own
    if data is not None:
        environment["LENET_LAB_DATA"] = str(data.absolute())
    command = [sys.executable, *program, "run", "streamlit_app.py"]
    options = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options], cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    with ended(process):
        deadline = time.monotonic() + STARTING
        while not healthy(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the app does not start:\n{(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)
        try:
            yield process.pid, port
        finally:
            errors = [line for line in (folder / "log").read_text().splitlines() if "Error" in line]
            if errors:
                print(f"\n{len(errors)} errors in the server's log, the last: {errors[-1][:300]}")


def healthy(port: int) -> bool:
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer,
    ):
        return bool(answer.read() == b"ok")
    return False


@dataclass
class Held:
    """What a number of sessions met."""

    samples: list[Sample]
    lost: list[str]
    received: int  # bytes
    memory: list[Row]


async def hold(arguments: argparse.Namespace, folder: Path, server: int, port: int) -> Held:
    """Let the sessions come, click and go."""
    # The end of the first page starts the background work: imports, a warm worker, the sketches.
    first = await BrowserSession.open(port, "")
    await first.close()
    await until(
        lambda: locations.is_complete(folder / "cache" / "sketches-v1" / locations.FOLDER),
        f"no sketches; {first.exceptions}",
    )
    await asyncio.to_thread(settle, server, QUIET)
    data_set = "sketches" if arguments.data is None else "cifar-10"
    learners = [await train(port, data_set) for _ in range(arguments.jobs)]
    runs = await started(folder / "runs", arguments.jobs)
    queries = (
        [urlencode({"training.run": run}) for run in runs]
        if arguments.page == "train-lenet" and runs
        else [""]
    )
    stop = time.perf_counter() + arguments.seconds + arguments.think
    page, count = arguments.page, arguments.sessions
    visitors = [
        visitor(port, page, queries[k % len(queries)], stop, arguments.think, random.Random(k))
        for k in range(count)
    ]
    watching = [asyncio.create_task(watch(learner, stop)) for learner in learners]
    begun = time.perf_counter() + arguments.think  # all have come by then
    weights = asyncio.create_task(weigh(server, stop - min(5.0, arguments.seconds / 2)))
    answers = await asyncio.gather(*visitors)
    await asyncio.gather(*watching)
    samples = [
        sample
        for session, _ in answers
        for sample in session.samples
        if sample.kind == "first" or sample.at >= begun
    ]
    lost = [problem for session, problems in answers for problem in [*problems, *session.exceptions]]
    return Held(samples, lost, sum(session.received for session, _ in answers), await weights)


async def train(port: int, data_set: str) -> BrowserSession:
    """Open the session of a learner who presses Train, on a run too long to end meanwhile."""
    session = await BrowserSession.open(
        port, "train-lenet", urlencode({"training.epochs": 1000, "training.data_set": data_set})
    )
    await session.press("training.train")
    return session


async def started(folder: Path, jobs: int) -> list[str]:
    """The ids of the runs, once each has a first number."""

    def training() -> list[str]:
        return sorted(
            path.parent.name
            for path in folder.glob("*/events.jsonl")
            if b'"type": "step"' in path.read_bytes()
        )

    await until(lambda: len(training()) >= jobs, f"not all of {jobs} trainings have started")
    return training()


async def until(condition: Callable[[], object], complaint: str) -> None:
    deadline = time.monotonic() + STARTING
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(complaint)
        await asyncio.sleep(0.1)


async def visitor(
    port: int, page: str, query: str, stop: float, think: float, chance: random.Random
) -> tuple[BrowserSession, list[str]]:
    """One session from its arrival, at a random moment, until `stop`, and what went wrong in it."""
    await asyncio.sleep(chance.uniform(0, think))
    session, problems = await BrowserSession.open(port, page, query), []
    while time.perf_counter() < stop:
        try:
            await session.idle(think * chance.uniform(0.75, 1.25))
            if page in CHANGED:
                await session.change(chance.choice(CHANGED[page]), chance.uniform(0.0, 0.9))
            else:
                await session.rerun()
        except SessionError as problem:
            problems.append(str(problem))
    await session.close()
    return session, problems


async def watch(session: BrowserSession, stop: float) -> None:
    """Let the learner who started a training look on, uncounted."""
    with contextlib.suppress(SessionError):
        await session.idle(stop - time.perf_counter())
    await session.close()


async def weigh(server: int, moment: float) -> list[Row]:
    """Memory of server and workers at a moment near the end, over that of processes which only import.

    Those processes are started after the measurement.
    """
    await asyncio.sleep(max(0.0, moment - time.perf_counter()))
    here = memory(server)
    workers = {pid: memory(pid) for pid, line in children(server).items() if "core.jobs.worker" in line}
    await asyncio.sleep(max(0.0, moment + 6.0 - time.perf_counter()))
    empty = await asyncio.to_thread(bare, SERVER)
    rows = [
        Row("server", str(here)),
        Row("bare imports of the server's wheels", str(empty)),
        Row(
            "server over the bare imports, rss",
            f"{here.rss - empty.rss:+.0f} MB",
            "+150 MB and one copy of the data",
        ),
    ]
    return rows + [Row(f"worker {pid} (running or spare)", str(worker)) for pid, worker in workers.items()]


def pixels(folder: Path, data: Path | None) -> float:
    root = (
        locations.batches_folder(data)
        if data is not None
        else folder / "cache" / "sketches-v1" / locations.FOLDER
    )
    return (
        sum((root / name).stat().st_size for name in (*locations.TRAIN_FILES, *locations.TEST_FILES)) / 2**20
    )


def print_result(arguments: argparse.Namespace, folder: Path, held: Held) -> None:
    """The times of each kind of request, and the memory."""
    rows = []
    target = TARGETS.get(arguments.page, "")
    for kind, label in (
        ("change", "a number changed"),
        ("rerun", "rerun of the whole page"),
        ("fragment", "fragment that redraws itself"),
        ("first", "first page"),
    ):
        values = [1000 * sample.seconds for sample in held.samples if sample.kind == kind]
        if values:
            median, high, most = statistics.median(values), percentile(values, 0.95), max(values)
            rows.append(
                Row(
                    f"{label}, {len(values)}: p50 / p95 / max",
                    f"{median:.0f} / {high:.0f} / {most:.0f} ms",
                    target,
                )
            )
            target = ""
    rows.append(Row("unanswered requests and exceptions", f"{len(held.lost)}", "0"))
    rows.append(Row("sent to each session, mean", f"{held.received / arguments.sessions / 1024:.0f} KB"))
    table(
        f"{arguments.sessions} sessions, think time {arguments.think:g} s, {arguments.jobs} trainings, "
        f"page {arguments.page}",
        rows,
    )
    for problem in sorted(set(held.lost))[:5]:
        print(f"  {problem}")
    data = Row("data files on disk, in MB of pixels", f"{pixels(folder, arguments.data):.0f} MB")
    table("Memory, MB", [*held.memory, data])


if __name__ == "__main__":
    main()
