"""The training side of Inside LeNet: from a slider to the redrawn panel, for gradients, epochs, robustness.

    python -m tests.benchmarks.inside_training [--moves 60] [--epochs 40]

A move runs the whole page through the entry point without a browser. In the app a slider of the way back or
of the epochs runs its panel alone, so the seconds of the panel's function are printed first, those of the
whole page beside them. The slider of the bench runs the whole page in the app too. "First" is the first visit
to each value, when nothing is cached; "again" is every later visit. Draws sketches of the full size and
trains a run first, of whose epochs about 40 are kept. Takes a minute.
"""

import argparse
import itertools
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from core.dataset import sketches
from core.files.locations import FOLDER
from core.jobs import JobService, JobSpec
from core.training.config import recipe
from core.training.snapshots import run_checkpoints
from pages.panels.inside import epochs, gradients, robustness
from tests.benchmarks.report import Row, facts, percentile, table
from tests.support.processes import wait
from tests.support.visit import healthy, visit


@dataclass(frozen=True)
class Move:
    """A slider, the values it goes through in turn, and the function that draws its panel."""

    tab: str
    slider: str
    values: tuple[Any, ...]
    panel: tuple[ModuleType, str]
    link: dict[str, str] = field(default_factory=dict)


def moves(folder: Path) -> Sequence[Move]:
    scrub = tuple(str(file.epoch) for file in run_checkpoints(folder, [], running=True))
    strengths = {"rotate": (5.0, 10.0), "scale": (0.8, 1.2), "blur": (0.5, 1.0)}
    bench = [
        Move(
            "robustness",
            f"inside.strength.{name}",
            values,
            (robustness, "robustness"),
            {"inside__change": name},
        )
        for name, values in strengths.items()
    ]
    return [
        Move("backward", "inside.patch", tuple(range(1, 17)), (gradients, "backward")),
        Move("checkpoints", f"inside.epoch.{folder.name}", scrub, (epochs, "checkpoints")),
        *bench,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=60, help="of a slider, once everything has been seen")
    parser.add_argument("--epochs", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = prepared(Path(folder), arguments.epochs)
        facts(epochs=arguments.epochs)
        rows = []
        for move in moves(Path(folder, "runs", run)):
            first, again = on_the_server(move, run, arguments.moves)
            for when, seconds, target in (("first", first, "300 ms"), ("again", again, "150 ms p95")):
                rows.append(
                    Row(f"{move.tab}, {move.slider.removesuffix(run)} {when}", summary(seconds), target)
                )
        table("panel p50 / p95 / max · whole page p50 / p95 / max", rows)


def prepared(folder: Path, epochs: int) -> str:
    """Make folders with the data set and one finished run; returns its id."""
    cache = folder / "cache"
    cache.mkdir()
    for _ in sketches.write(cache / "sketches-v1"):
        pass
    os.environ |= {
        "LENET_LAB_CACHE": str(cache),
        "LENET_LAB_RUNS": str(folder / "runs"),
        "LENET_LAB_SPARES": "0",
        "OMP_NUM_THREADS": "1",
    }
    os.environ.pop("LENET_LAB_DATA", None)
    config = recipe("fast", epochs=epochs, train_size=1000)
    params = {
        "config": config.to_json(),
        "data_set": "sketches",
        "root_dir": str(cache / "sketches-v1" / FOLDER),
    }
    with JobService(folder / "runs") as service:
        run = service.submit(JobSpec("train", params, "local"))
        wait(lambda: service.get(run.id).state not in ("queued", "running"), 600)
        assert service.get(run.id).state == "done", service.get(run.id).error
    return run.id


def on_the_server(
    move: Move, run: str, count: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Seconds of the panel's function and of the whole page, at the first visit to each value and later."""
    module, name = move.panel
    draw, spent = getattr(module, name), []

    def timed(*arguments: Any) -> None:
        began = time.perf_counter()
        draw(*arguments)
        spent.append(time.perf_counter() - began)

    setattr(module, name, timed)
    at = visit("inside", inside__run=run, inside__tab__open=move.tab, **move.link)
    found = []
    for value in itertools.islice(itertools.cycle(move.values), len(move.values) + count):
        at.get_by_key(move.slider).set_value(value)
        began = time.perf_counter()
        at.run()
        found.append((spent[-1], time.perf_counter() - began))
    healthy(at)
    setattr(module, name, draw)
    return found[: len(move.values)], found[len(move.values) :]


def summary(seconds: Sequence[tuple[float, float]]) -> str:
    panel, page = zip(*seconds, strict=True)
    return (
        " · ".join(
            " / ".join(f"{1000 * percentile(part, share):.0f}" for share in (0.5, 0.95, 1.0))
            for part in (panel, page)
        )
        + " ms"
    )


if __name__ == "__main__":
    main()
