"""How long a sweep takes: five learning rates x three seeds, five epochs of the sketches each.

    python -m tests.benchmarks.sweep [DATA] [--cells 1 2]

DATA is a data set's folder; without it the sketches are drawn first (12 s). Each figure is a sweep of 15
cells through the job service with a cold worker, with so many cells at once; at first as many as this
machine has cores. Takes up to four minutes a figure.

whole       from `submit` until the sweep is done
a cell      seconds of training a cell, as the cells report them
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from core.dataset import sketches
from core.files.locations import FOLDER
from core.jobs import JobService, JobSpec, Limits, LocalBackend
from core.jobs.cells import results
from core.sweeps.config import Axis, repeated
from core.sweeps.summary import spread
from core.training.config import recipe
from tests.benchmarks.report import Row, facts, table

SWEEP = repeated(recipe("fast", epochs=5), 3, [Axis("lr", (0.01, 0.02, 0.04, 0.08, 0.16))])
TARGET = "240 s on two cores"


def measured(data: Path, cells: int) -> list[Row]:
    """Train the sweep with so many cells at once."""
    params = {"config": SWEEP.to_json(), "data_set": "sketches", "root_dir": str(data)}
    with (
        tempfile.TemporaryDirectory() as folder,
        JobService(Path(folder), LocalBackend(spares=0), Limits(cells=cells)) as service,
    ):
        began = time.monotonic()
        run = service.submit(JobSpec("sweep", params, "ann"))
        while service.get(run.id).active:
            time.sleep(0.1)
        took, found = time.monotonic() - began, results(service.events(run.id))
        assert service.get(run.id).state == "done", service.get(run.id).error
    each = spread(result.seconds for result in found.values())
    assert each is not None and len(found) == len(SWEEP.cells)
    return [
        Row(f"{cells} at once: whole", f"{took:.0f} s", TARGET),
        Row(f"{cells} at once: a cell", f"{each.mean:.1f} s ({each.low:.1f} to {each.high:.1f})"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--cells", nargs="+", type=int, default=[os.cpu_count() or 1])
    options = parser.parse_args()
    facts(epochs=SWEEP.epochs, cells=len(SWEEP.cells))
    with tempfile.TemporaryDirectory() as folder:
        if options.data is None:
            for _ in sketches.write(Path(folder)):
                pass
        data = options.data or Path(folder, FOLDER)
        table("sweep", [row for cells in options.cells for row in measured(data, cells)])


if __name__ == "__main__":
    main()
