"""A class that stays: sessions on all pages for a long time, and the memory of the server.

    python -m tests.benchmarks.soak [--sessions 30] [--minutes 15]

Each session reruns its page, thinks two seconds, and goes to another page each minute. Fails where a request
goes unanswered, or where the server has grown by more than 20 MB since the third minute.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from core.files import locations
from pages.app.page_table import PAGES
from tests.benchmarks.browser_session import BrowserSession, SessionError
from tests.benchmarks.memory import memory, settle
from tests.benchmarks.report import Row, facts, table
from tests.benchmarks.sessions import QUIET, app, until

THINK, STAY = 2.0, 60.0  # seconds
WARM = 180.0  # seconds after which the server may grow no more
MOST_GROWTH = 20.0  # MB
EVERY = 20.0  # seconds between two looks at the memory


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=15.0)
    arguments = parser.parse_args()
    if not (0 < arguments.sessions <= 100 and 0 < arguments.minutes <= 60):
        raise SystemExit("at most 100 sessions and 60 minutes")
    facts(sessions=arguments.sessions, minutes=arguments.minutes)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the server is ended too
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        app(Path(folder), None) as (server, port),
    ):
        answered, lost, weights = asyncio.run(soak(arguments, Path(folder), server, port))
    warm = [weight for at, weight in weights if at >= WARM] or [weights[-1][1]]
    third = sum(warm[:3]) / len(warm[:3])  # a few looks, since a garbage collection moves one
    last = sum(warm[-3:]) / len(warm[-3:])
    table(
        f"{arguments.sessions} sessions on {len(PAGES)} pages for {arguments.minutes:g} minutes",
        [
            Row("requests answered", str(answered)),
            Row("unanswered requests and exceptions", str(len(lost)), "0"),
            Row("server's rss after the third minute, at the end", f"{third:.0f} MB, {last:.0f} MB"),
            Row("growth", f"{last - third:+.1f} MB", f"under {MOST_GROWTH:g} MB"),
        ],
    )
    for problem in sorted(set(lost))[:5]:
        print(f"  {problem}")
    raise SystemExit(bool(lost) or last - third > MOST_GROWTH)


async def soak(
    arguments: argparse.Namespace, folder: Path, server: int, port: int
) -> tuple[int, list[str], list[tuple[float, float]]]:
    """Requests answered, what went wrong, and the server's memory in MB with the seconds since the start."""
    first = await BrowserSession.open(port, "")
    await first.close()
    await until(
        lambda: locations.is_complete(folder / "cache" / "sketches-v1" / locations.FOLDER), "no sketches"
    )
    await asyncio.to_thread(settle, server, QUIET)
    begun = time.perf_counter()
    stop = begun + 60 * arguments.minutes
    lost: list[str] = []
    weights: list[tuple[float, float]] = []

    async def weigh() -> None:
        while time.perf_counter() < stop:
            weights.append((time.perf_counter() - begun, memory(server).rss))
            await asyncio.sleep(min(EVERY, 60 * arguments.minutes / 5))

    learners = [learner(port, random.Random(number), stop, lost) for number in range(arguments.sessions)]
    watching = asyncio.create_task(weigh())
    answered = sum(await asyncio.gather(*learners))
    await watching
    return answered, lost, weights


async def learner(port: int, chance: random.Random, stop: float, lost: list[str]) -> int:
    """One learner after another of the same seat, each for a while on one page; gives the answers counted."""
    await asyncio.sleep(chance.uniform(0, STAY / 4))
    answered = 0
    while time.perf_counter() < stop:
        leaving = min(stop, time.perf_counter() + STAY * chance.uniform(0.5, 1.5))
        try:
            session = await BrowserSession.open(port, chance.choice(PAGES).address)
            while time.perf_counter() < leaving:
                await session.idle(THINK * chance.uniform(0.75, 1.25))
                await session.rerun()
            await session.close()
            answered += len(session.samples)
            lost += session.exceptions
        except SessionError as problem:
            lost.append(str(problem))
    return answered


if __name__ == "__main__":
    main()
