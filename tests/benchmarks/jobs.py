"""Speed of the job service when it answers and fails, and memory of a worker.

    python -m tests.benchmarks.jobs [DATA] [--rounds 5]

DATA is a CIFAR-10 folder; without it sketches are written first (12 s). Real workers train with the fast
recipe in a temporary runs folder. Not included: the page's poll, up to 0.25 s until the first number. Takes
about three minutes; Linux only (reads /proc).

first number   from `submit` until `events` returns a step; warm: a spare worker waits; cold: a new process,
               on a warm disk
stop           from `cancel` in mid-run until `get` says cancelled, last checkpoint written
kill           from SIGKILL until `get` says interrupted, or until the last worker process is gone
memory         a worker 3 s into training, over a process that imports the same wheels, the training split in
               memory included
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.dataset import sketches
from core.files import locations
from core.jobs import JobService, JobSpec, LocalBackend, Run
from core.training.config import recipe
from tests.benchmarks.memory import ROOT, bare, ended, memory, settle
from tests.benchmarks.report import Row, facts, seconds, table
from tests.support.processes import alive

PATIENCE = 60.0  # seconds
LANES = {"train": 2, "compute": 1}  # two trainings at once on any machine
# Loads what a worker has loaded after its first batch; torch loads a good deal at the first optimizer step.
WORKER = "import core.jobs.worker.__main__\nfrom core.jobs.tasks import train\ntrain.rehearse()\n"


@dataclass(frozen=True)
class Bench:
    """A service with real workers, and the parameters of a training that won't end by itself."""

    service: JobService
    backend: LocalBackend
    params: dict[str, object]

    def submit(self, owner: str = "ann") -> Run:
        return self.service.submit(JobSpec("train", self.params, owner))

    def step(self, run: Run) -> int:
        """The last step reported; 0 before the first."""
        return next(
            (event["step"] for event in reversed(self.service.events(run.id)) if event["type"] == "step"), 0
        )

    def until_step(self, run: Run, after: int = 0) -> float:
        return until(lambda: self.step(run) > after)

    def stop(self, run: Run, owner: str = "ann") -> float:
        """Cancel the run; the seconds until it has ended."""
        began = time.monotonic()
        self.service.cancel(run.id, owner)
        until(lambda: self.service.get(run.id).state == "cancelled")
        return time.monotonic() - began


def until(condition: Callable[[], object]) -> float:
    """Wait until the condition holds; the seconds that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE:
            raise SystemExit(f"nothing after {PATIENCE:g} s")
        time.sleep(0.005)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    facts(**{"threads of a worker": 1, "rounds": arguments.rounds})
    with tempfile.TemporaryDirectory() as folder:
        if arguments.data is None:
            for _ in sketches.write(folder):
                pass
        name, root = ("sketches", Path(folder)) if arguments.data is None else ("cifar-10", arguments.data)
        if not locations.is_complete(locations.batches_folder(root)):
            raise SystemExit(f"no data set in {root}")
        params = {
            "config": recipe("fast", epochs=1000).to_json(),
            "data_set": name,
            "root_dir": str(root.absolute()),
        }
        runs = Path(folder, "runs")
        rows = [
            *first_numbers(runs / "warm", params, arguments.rounds, spares=1),
            *first_numbers(runs / "cold", params, arguments.rounds, spares=0),
            Row(
                "kill -9 of a worker: its run says so, another goes on",
                seconds(kill_worker(runs / "worker", params, arguments.rounds)),
                "2 s",
            ),
            Row(
                "kill -9 of the server: two workers and the spare gone",
                seconds(kill_server(runs, params, arguments.rounds)),
                "3 s",
            ),
        ]
        table(f"Jobs on {name}: median (range)", rows)
        table(f"Memory of a LeNet worker on {name}, MB", weigh(runs / "weigh", params))


def first_numbers(folder: Path, params: dict[str, object], rounds: int, *, spares: int) -> list[Row]:
    """Rows of the seconds from submit to the first step, and from Stop to the end, one run after another."""
    started, stopped = [], []
    backend = LocalBackend(LANES, spares)
    with JobService(folder, backend) as service:
        bench = Bench(service, backend, params)
        for _ in range(rounds):
            service.warm_up()
            if spares:
                settle(backend.pids[""])
            began = time.monotonic()
            run = bench.submit()
            bench.until_step(run)
            started.append(time.monotonic() - began)
            bench.until_step(run, after=20)
            stopped.append(bench.stop(run))
    start, target = ("warm", "1 s") if spares else ("cold", "6 s")
    return [
        Row(f"submit to first step, {start}", seconds(started), target),
        Row(f"Stop to ended, {start}", seconds(stopped), "1 s"),
    ]


def kill_worker(folder: Path, params: dict[str, object], rounds: int) -> list[float]:
    taken = []
    backend = LocalBackend(LANES, spares=0)
    with JobService(folder, backend) as service:
        bench = Bench(service, backend, params)
        other = bench.submit("bob")
        for _ in range(rounds):
            run = bench.submit()
            bench.until_step(run, after=20)
            bench.until_step(other)
            os.kill(backend.pids[run.id], signal.SIGKILL)
            taken.append(until(lambda run=run: service.get(run.id).state == "interrupted"))
            # Ends the benchmark if the other run has stopped too.
            bench.until_step(other, after=bench.step(other))
            service.cancel(run.id, "ann")
    return taken


def kill_server(folder: Path, params: dict[str, object], rounds: int) -> list[float]:
    taken = []
    for number in range(rounds):
        arguments = [
            sys.executable,
            "-m",
            "tests.benchmarks.killed_server",
            folder / f"server-{number}",
            json.dumps(params),
        ]
        with ended(subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=ROOT)) as server:
            assert server.stdout is not None
            with closing(server.stdout):
                pids = json.loads(server.stdout.readline())
            time.sleep(number)  # the spare is importing in some rounds, waiting in others
            if not all(map(alive, pids)):
                raise SystemExit("a worker was gone before the server was killed")
            server.kill()
            taken.append(until(lambda pids=pids: not any(map(alive, pids))))
    return taken


def weigh(folder: Path, params: dict[str, object]) -> list[Row]:
    backend = LocalBackend(LANES, spares=0)
    with JobService(folder, backend) as service:
        bench = Bench(service, backend, params)
        run = bench.submit()
        bench.until_step(run)
        time.sleep(3.0)
        worker = memory(backend.pids[run.id])
        bench.stop(run)
    empty = bare(WORKER)
    return [
        Row("worker", str(worker)),
        Row("bare imports of the same wheels", str(empty)),
        *(Row(f"worker over the bare imports, {name}",
              f"{getattr(worker, name) - getattr(empty, name):+.0f} MB", target)
          for name, target in (("rss", "+350 MB"), ("pss", ""), ("uss", ""), ("peak", ""))),
        Row("of which image tensors, all three splits", f"{_images(Path(str(params['root_dir']))):.0f} MB"),
    ]  # fmt: skip


def _images(root: Path) -> float:
    """MiB of the data files, which hold little else than pixels."""
    folder = locations.batches_folder(root)
    return (
        sum((folder / name).stat().st_size for name in (*locations.TRAIN_FILES, *locations.TEST_FILES))
        / 2**20
    )


if __name__ == "__main__":
    main()
