"""What a rerun of each page costs the server, and the lines on which it goes.

    python -m tests.benchmarks.rerun [PAGE ...] [--reruns 30] [--runs 0] [--beside CHECKOUT]

PAGE is a page's name, such as home. The app runs hosted on a free port of this machine, once its background
work is done; one session over a WebSocket reruns the whole script, everything cached and no tab but the first
open. CPU is what the server's process has used of the processors, messages and bytes what the session was
sent. A second round of reruns is sampled: the five dearest lines, with everything that they call outside
this project, and their share of the CPU. --runs first puts that many finished runs of other learners into
the runs folder. --beside does the same with the app of another checkout before. Takes about four seconds a
page.
"""

import argparse
import asyncio
import json
import linecache
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.files import locations
from core.jobs import JobSpec, State
from core.jobs.folder import new_id
from core.jobs.store import RunStore
from core.training.config import recipe
from pages.app.page_table import PAGES, PageEntry
from tests.benchmarks.browser_session import BrowserSession
from tests.benchmarks.memory import ROOT, processor_seconds, settle
from tests.benchmarks.report import Row, facts, table
from tests.benchmarks.sessions import QUIET, app, until

WARM = 5  # reruns before any is counted
DEAREST = 5
TARGETS = {"home": 12}  # ms
TARGET = 20
LEARNERS = 100  # who share the runs that --runs makes
PARAMS = {"config": recipe("fast").to_json(), "data_set": "sketches", "root_dir": "/"}
SAMPLED = ROOT / "tests" / "benchmarks" / "sampled_server.py"


@dataclass(frozen=True)
class Cost:
    """Mean of one rerun: milliseconds of CPU, messages and bytes; and samples by line."""

    cpu: float
    messages: float
    size: float
    lines: Mapping[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="*", metavar="PAGE", default=[entry.name for entry in PAGES])
    parser.add_argument("--reruns", type=int, default=30)
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--beside", type=Path)
    arguments = parser.parse_args()
    entries = [entry for entry in PAGES if entry.name in arguments.pages]
    facts(reruns=arguments.reruns, **{"kept runs": arguments.runs})
    for root in filter(None, (arguments.beside, ROOT)):
        with tempfile.TemporaryDirectory() as folder:
            keep(Path(folder), arguments.runs)
            program = (str(SAMPLED), folder)
            with app(Path(folder), None, root, program) as (server, port):
                costs = asyncio.run(measure(Path(folder), server, port, entries, arguments.reruns))
        report(root, costs)


def keep(folder: Path, count: int) -> None:
    """Fill the runs folder with finished trainings of other learners, all copies of one."""
    store = RunStore(folder / "runs")
    store.acquire()
    run = store.create(JobSpec("train", PARAMS, "learner", "train"))
    store.save(replace(run, state=State.DONE))
    store.release()
    texts = {path.name: path.read_text(encoding="utf-8") for path in run.folder.glob("*.json")}
    for number in range(count):
        other = run.folder.with_name(new_id())
        other.mkdir()
        for name, text in texts.items():
            owned = text.replace('"learner"', f'"learner-{number % LEARNERS}"')
            (other / name).write_text(owned, encoding="utf-8")


async def measure(
    folder: Path, server: int, port: int, entries: list[PageEntry], reruns: int
) -> dict[str, Cost]:
    first = await BrowserSession.open(port, "")
    await first.close()
    await until(lambda: locations.is_complete(folder / "cache" / "sketches-v1" / locations.FOLDER), "none")
    await asyncio.to_thread(settle, server, QUIET)
    return {entry.name: await cost(folder, server, port, entry, reruns) for entry in entries}


async def cost(folder: Path, server: int, port: int, entry: PageEntry, reruns: int) -> Cost:
    session = await BrowserSession.open(port, entry.address)
    await rerun(session, WARM)
    messages, size, spent = session.messages, session.received, processor_seconds(server)
    await rerun(session, reruns)
    spent = processor_seconds(server) - spent
    messages, size = session.messages - messages, session.received - size
    (folder / "sampling").touch()
    await rerun(session, reruns)
    (folder / "sampling").unlink()
    await until(lambda: (folder / "lines.json").exists(), "no samples")
    lines = json.loads((folder / "lines.json").read_text(encoding="utf-8"))
    (folder / "lines.json").unlink()
    await session.close()
    if session.exceptions:
        raise SystemExit(session.exceptions[0])
    return Cost(1000 * spent / reruns, messages / reruns, size / reruns, lines)


async def rerun(session: BrowserSession, times: int) -> None:
    for _ in range(times):
        await session.rerun()


def report(root: Path, costs: Mapping[str, Cost]) -> None:
    table(
        f"A rerun, {root}",
        [
            Row(
                name,
                f"{cost.cpu:.1f} ms CPU, {cost.messages:.0f} messages, {cost.size / 1024:.0f} KB",
                f"{TARGETS.get(name, TARGET)} ms",
            )
            for name, cost in costs.items()
        ],
    )
    for name, cost in costs.items():
        print(f"\n{name}")
        for place, share in dearest(cost.lines):
            file, _, number = place.partition(":")
            text = linecache.getline(str(root / file), int(number or 0)).strip()[:80]
            print(f"  {share * cost.cpu:5.1f} ms  {place:<42}  {text}".rstrip(), flush=True)


def dearest(lines: Mapping[str, int]) -> list[tuple[str, float]]:
    """The dearest lines with their shares of all samples."""
    most = sorted(lines.items(), key=lambda item: -item[1])[:DEAREST]
    return [(place, count / sum(lines.values())) for place, count in most]


if __name__ == "__main__":
    main()
