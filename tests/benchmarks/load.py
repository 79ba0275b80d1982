"""The table of what one server holds: sessions on each page, alone and beside trainings, and first visits.

    python -m tests.benchmarks.load [CHECKOUT ...] [--seconds 20] [--pages optimizer-arena ...]

This checkout and others take turns, each row on a server of its own. Takes two minutes a page and checkout.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.memory import ROOT
from tests.benchmarks.report import Row, facts, percentile, table
from tests.benchmarks.sessions import Held, app, hold

HELD = 0.5  # seconds, p95
SESSIONS = {"shape-calculator": 120, "start": 100, "train-lenet": 50, "evaluate": 50, "optimizer-arena": 25}
FIRST, FIRST_TARGET = 50, 1.5  # visits at once, and their p95 in seconds
THINK = 2.0


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    page: str
    sessions: int
    jobs: int
    seconds: float
    think: float = THINK
    kinds: tuple[str, ...] = ("rerun", "change")
    target: float = HELD

    @property
    def name(self) -> str:
        """What the row says of itself."""
        what = "first visits at once" if self.kinds == ("first",) else "sessions"
        return f"{self.page}, {self.sessions} {what}{', 2 trainings' * bool(self.jobs)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkouts", type=Path, nargs="*")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--pages", nargs="*", choices=list(SESSIONS), default=list(SESSIONS))
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the server is ended too
    facts(think=f"{THINK:g} s", seconds=arguments.seconds)
    roots = [ROOT, *(checkout.resolve() for checkout in arguments.checkouts)]
    for case in cases(arguments.pages, arguments.seconds):
        rows = [Row(root.name, figures(case, held(case, root)), f"p95 {case.target:g} s") for root in roots]
        table(case.name, rows)


def cases(pages: Sequence[str], seconds: float) -> list[Case]:
    """Each page alone and with half the sessions beside two trainings; then the first visits."""
    table = [
        Case(page, SESSIONS[page] // (1 + jobs // 2), jobs, seconds) for page in pages for jobs in (0, 2)
    ]
    return [*table, Case("start", FIRST, 0, 2.0, think=0.2, kinds=("first",), target=FIRST_TARGET)]


def held(case: Case, root: Path) -> Held:
    """Measure a row on a server of its own."""
    arguments = argparse.Namespace(
        page=case.page,
        sessions=case.sessions,
        jobs=case.jobs,
        seconds=case.seconds,
        think=case.think,
        data=None,
    )
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,  # a worker may still write its end
        app(Path(folder), None, root) as (server, port),
    ):
        return asyncio.run(hold(arguments, Path(folder), server, port))


def figures(case: Case, found: Held) -> str:
    """p50, p95 and what went unanswered."""
    times = [sample.seconds for sample in found.samples if sample.kind in case.kinds]
    if not times:
        return f"nothing answered, {len(found.lost)} lost"
    middle, high = (1000 * percentile(times, share) for share in (0.5, 0.95))
    return f"p50 {middle:.0f} ms, p95 {high:.0f} ms, {len(times)} answered, {len(found.lost)} lost"


if __name__ == "__main__":
    main()
